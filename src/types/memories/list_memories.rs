//! Request to list memories.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::filter::check_date;
use crate::types::EntityRef;
use crate::types::body::{Body, FieldValue};
use crate::types::checks::check_no_ids;

/// Maximum page size.
const MAX_PAGE_SIZE: u32 = 200;

/// Filter and options of a list of memories.
///
/// A [`Filter`] and an [`EntityRef`] convert into it.
///
/// ```
/// use mem0::memories::ListMemories;
/// use mem0::Filter;
///
/// let list = ListMemories::new(Filter::user("alice")).page_size(50).categories(["food"]).show_expired(true);
/// # let _ = list;
/// ```
#[derive(Clone, Default, PartialEq)]
#[must_use = "a ListMemories does nothing until it is passed to `get_all`"]
pub struct ListMemories {
    pub(crate) filter: Filter,
    pub(crate) page: Option<u64>,
    pub(crate) page_size: Option<u32>,
    body: Body,
}

impl ListMemories {
    /// Creates a request for the memories that match a filter.
    pub fn new(filter: Filter) -> Self {
        let mut body = Body::default();
        body.set("filters".into(), FieldValue::Other(filter.to_value()));
        Self { filter, page: None, page_size: None, body }
    }

    /// Page to start at. The default is 1, the first page.
    pub fn page(self, page: u64) -> Self {
        Self { page: Some(page), ..self }
    }

    /// Number of memories per page, from 1 to 200. The platform's default is 100.
    pub fn page_size(self, size: u32) -> Self {
        Self { page_size: Some(size), ..self }
    }

    setters! {
        /// Whether to include expired memories. The default is `false`.
        show_expired: flag,

        /// First day on which the memories were created: `YYYY-MM-DD`.
        start_date: time,

        /// Last day on which the memories were created: `YYYY-MM-DD`.
        end_date: time,
    }

    /// Categories, of which a memory must have at least one.
    pub fn categories<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("categories", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Fields of each memory to return. The default is all fields.
    pub fn fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("fields", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    setters! {
        /// Words to look for in the texts.
        keywords: text,

        /// Whether to leave out memories that were replaced by newer ones.
        latest_only: flag,
    }

    set_any! {
        /// Sets a field that this version of the crate does not know. If a field is set twice, the last value wins.
    }
}

impl ListMemories {
    pub(crate) fn check(&self) -> Result<()> {
        self.filter.check()?;
        check_no_ids(&self.body)?;
        if self.page == Some(0) {
            return Err(Error::invalid("page", "is 0; the first page is 1"));
        }
        if self.page_size.is_some_and(|size| !(1..=MAX_PAGE_SIZE).contains(&size)) {
            return Err(Error::invalid("page_size", "is out of range; expected 1 to 200"));
        }
        for field in ["start_date", "end_date"] {
            if let Some(date) = self.body.value(field) {
                check_date(field, date.as_str().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }
}

impl From<Filter> for ListMemories {
    fn from(filter: Filter) -> Self {
        Self::new(filter)
    }
}

impl From<EntityRef> for ListMemories {
    fn from(entity: EntityRef) -> Self {
        Self::new(entity.into())
    }
}

impl Serialize for ListMemories {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = self.body.clone();
        for (name, value) in [("page", self.page), ("page_size", self.page_size.map(u64::from))] {
            if let Some(value) = value {
                body.set(name.into(), FieldValue::Other(value.into()));
            }
        }
        body.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ListMemories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut body = Body::deserialize(deserializer)?;
        let filter = body.value("filters").cloned().map(Filter::raw).unwrap_or_default();
        let [page, page_size] = ["page", "page_size"].map(|name| body.take(name).unwrap_or_default());
        let page = Option::<u64>::deserialize(page).map_err(D::Error::custom)?;
        let page_size = Option::<u32>::deserialize(page_size).map_err(D::Error::custom)?;
        Ok(Self { filter, page, page_size, body })
    }
}

impl fmt::Debug for ListMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListMemories")
            .field("filter", &self.filter)
            .field("set", &self.body.names())
            .finish_non_exhaustive()
    }
}
