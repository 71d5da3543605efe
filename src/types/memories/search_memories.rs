//! Request to search memories.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::types::EntityRef;
use crate::types::body::{Body, FieldValue};
use crate::types::checks::{check_date_or_timestamp, check_no_ids, check_object, check_range};

/// Query and options of a search, with the filter that selects the memories.
///
/// A tuple of a query and a [`Filter`] or an [`EntityRef`] converts into it.
///
/// Options that are not set are not sent; the platform's defaults apply.
///
/// ```
/// use mem0::{Filter, SearchMemories};
///
/// let search = SearchMemories::new("what does she drink?", Filter::user("alice")).top_k(3).rerank(true);
/// # let _ = search;
/// ```
#[derive(Clone, Default, PartialEq)]
#[must_use = "a SearchMemories does nothing until it is passed to `search`"]
pub struct SearchMemories {
    filter: Filter,
    body: Body,
}

impl SearchMemories {
    /// Creates a request for a search in the memories that match the filter. Whitespace around the query is trimmed. An
    /// empty query is refused before anything is sent.
    pub fn new(query: impl AsRef<str>, filter: Filter) -> Self {
        let mut body = Body::default();
        body.set("query".into(), FieldValue::Other(query.as_ref().trim().into()));
        body.set("filters".into(), FieldValue::Other(filter.to_value()));
        Self { filter, body }
    }

    /// Maximum number of results, from 1 to 1000. The platform's default is 10.
    pub fn top_k(self, number: u32) -> Self {
        self.with("top_k", number)
    }

    /// Minimum score, from 0 to 1. The platform's default is 0.1; 0 disables the limit. The limit applies before decay, so
    /// results may have lower scores.
    pub fn threshold(self, score: f64) -> Self {
        self.with("threshold", score)
    }

    setters! {
        /// Whether to rerank the results, which takes longer. The default is `false`.
        rerank: flag,

        /// Date that words such as "yesterday" refer to. The default is the time of the request.
        reference_date: time,
    }

    /// Fields of each memory to return. The default is all fields.
    pub fn fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("fields", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Categories, of which a memory must have at least one.
    pub fn categories<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("categories", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    setters! {
        /// Metadata that the memories must have: a JSON object.
        metadata: json,

        /// Whether to include expired memories. The default is `false`.
        show_expired: flag,

        /// Whether to leave out memories that were replaced by newer ones.
        latest_only: flag,

        /// Whether to match words instead of meanings.
        keyword_search: flag,
    }

    set_any! {
        /// Sets a field that this version of the crate does not know. If a field is set twice, the last value wins.
    }
}

impl SearchMemories {
    pub(crate) fn check(&self) -> Result<()> {
        if self.body.text("query").is_none_or(|query| query.trim().is_empty()) {
            return Err(Error::invalid("query", "is empty; pass a query, or list memories with `get_all`"));
        }
        self.filter.check()?;
        if self.filter.mentions("keywords") {
            let message = "is a filter for lists only; put the words into the query, or use `get_all`";
            return Err(Error::invalid("keywords", message));
        }
        check_no_ids(&self.body)?;
        check_range(&self.body, "top_k", 1.0, 1000.0)?;
        check_range(&self.body, "threshold", 0.0, 1.0)?;
        check_object(&self.body, "metadata")?;
        check_date_or_timestamp(&self.body, "reference_date")
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }
}

impl<Q: AsRef<str>> From<(Q, Filter)> for SearchMemories {
    fn from((query, filter): (Q, Filter)) -> Self {
        Self::new(query, filter)
    }
}

impl<Q: AsRef<str>> From<(Q, EntityRef)> for SearchMemories {
    fn from((query, entity): (Q, EntityRef)) -> Self {
        Self::new(query, entity.into())
    }
}

impl Serialize for SearchMemories {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.body.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SearchMemories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let body = Body::deserialize(deserializer)?;
        Ok(Self { filter: body.value("filters").cloned().map(Filter::raw).unwrap_or_default(), body })
    }
}

impl fmt::Debug for SearchMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchMemories")
            .field("filter", &self.filter)
            .field("set", &self.body.names())
            .finish_non_exhaustive()
    }
}
