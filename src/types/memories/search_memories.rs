//! Memories to be searched for.

use std::fmt;

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::types::body::{Body, Setting};
use crate::types::checks::{check_moment, check_no_ids, check_object, check_range};

/// What to search for, and among which memories (contract 3.1, "Search"). A query and a [`Filter`] are one.
///
/// What is not set is not sent, and the platform's own defaults hold.
///
/// ```
/// use mem0::{Filter, SearchMemories};
///
/// let search = SearchMemories::new("what does she drink?", Filter::user("alice")).top_k(3).rerank(true);
/// # let _ = search;
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "a SearchMemories does nothing until it is passed to `search`"]
pub struct SearchMemories {
    filter: Filter,
    body: Body,
}

impl SearchMemories {
    /// A search for `query`, which is trimmed, among the memories that fit. An empty query is refused before
    /// anything is sent.
    pub fn new(query: impl AsRef<str>, filter: Filter) -> Self {
        let mut body = Body::default();
        body.set("query".into(), Setting::Other(query.as_ref().trim().into()));
        body.set("filters".into(), Setting::Other(filter.to_value()));
        Self { filter, body }
    }

    /// How many memories to find at most: 1 to 1000; the platform finds 10 unless set.
    pub fn top_k(self, number: u32) -> Self {
        self.with("top_k", number)
    }

    /// The score a memory needs: 0 to 1; the platform takes 0.1 unless set, and 0 switches it off. It is applied
    /// before decay, so that a result may have less (contract 8).
    pub fn threshold(self, score: f64) -> Self {
        self.with("threshold", score)
    }

    setters! {
        /// Whether the order is looked at a second time, which takes longer.
        rerank: flag,

        /// What words such as "yesterday" are relative to, in place of now.
        reference_date: moment,
    }

    /// The fields to send of each memory; all of them unless set.
    pub fn fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("fields", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// The categories of which they have at least one.
    pub fn categories<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("categories", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    setters! {
        /// What their metadata have to hold: an object.
        metadata: json,

        /// Whether memories are found that have expired.
        show_expired: flag,

        /// Whether memories are left out that others have taken the place of.
        latest_only: flag,

        /// Whether words are looked for rather than meanings.
        keyword_search: flag,
    }

    set_any! {
        /// A field this version of the crate does not know. Naming a field twice keeps the last value.
    }
}

impl SearchMemories {
    pub(crate) fn check(&self) -> Result<()> {
        if self.body.text("query").is_none_or(|query| query.trim().is_empty()) {
            return Err(Error::invalid(
                "query",
                "is empty; say what to search for, or list memories by `get_all`",
            ));
        }
        self.filter.check()?;
        if self.filter.mentions("keywords") {
            let message = "are for lists: a search with such a filter fails on the platform; put the words into the \
                           query, or use `get_all`";
            return Err(Error::invalid("keywords", message));
        }
        check_no_ids(&self.body)?;
        check_range(&self.body, "top_k", 1.0, 1000.0)?;
        check_range(&self.body, "threshold", 0.0, 1.0)?;
        check_object(&self.body, "metadata")?;
        check_moment(&self.body, "reference_date")
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

impl fmt::Debug for SearchMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchMemories")
            .field("filter", &self.filter)
            .field("set", &self.body.names())
            .finish_non_exhaustive()
    }
}
