//! Memories to be listed.

use std::fmt;

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::types::body::{Body, Setting};
use crate::types::check_day;
use crate::types::checks::check_no_ids;

/// How many memories a page may have (contract 3.1).
const LARGEST_PAGE: u32 = 200;

/// Which memories to list, and how (contract 3.1, "List"). A [`Filter`] alone is one.
///
/// ```
/// use mem0::memories::ListMemories;
/// use mem0::Filter;
///
/// let list = ListMemories::new(Filter::user("alice")).page_size(50).categories(["food"]).show_expired(true);
/// # let _ = list;
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "a ListMemories does nothing until it is passed to `get_all`"]
pub struct ListMemories {
    pub(crate) filter: Filter,
    pub(crate) page: Option<u64>,
    pub(crate) page_size: Option<u32>,
    body: Body,
}

impl ListMemories {
    /// The memories that fit.
    pub fn new(filter: Filter) -> Self {
        let mut body = Body::default();
        body.set("filters".into(), Setting::Other(filter.to_value()));
        Self { filter, page: None, page_size: None, body }
    }

    /// The page to start at; the first one, 1, unless set.
    pub fn page(self, page: u64) -> Self {
        Self { page: Some(page), ..self }
    }

    /// How many memories a page has: 1 to 200; the platform gives 100 unless set.
    pub fn page_size(self, size: u32) -> Self {
        Self { page_size: Some(size), ..self }
    }

    setters! {
        /// Whether memories are listed that have expired.
        show_expired: flag,

        /// The first day they may have been made on: `YYYY-MM-DD`.
        start_date: moment,

        /// The last day they may have been made on: `YYYY-MM-DD`.
        end_date: moment,
    }

    /// The categories of which they have at least one.
    pub fn categories<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("categories", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// The fields to send of each memory; all of them unless set.
    pub fn fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with("fields", names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    setters! {
        /// Words to look for in their texts.
        keywords: text,

        /// Whether memories are left out that others have taken the place of.
        latest_only: flag,
    }

    set_any! {
        /// A field this version of the crate does not know. Naming a field twice keeps the last value.
    }
}

impl ListMemories {
    pub(crate) fn check(&self) -> Result<()> {
        self.filter.check()?;
        check_no_ids(&self.body)?;
        if self.page == Some(0) {
            return Err(Error::invalid("page", "is 0; the first page is 1"));
        }
        if self.page_size.is_some_and(|size| !(1..=LARGEST_PAGE).contains(&size)) {
            return Err(Error::invalid("page_size", "is out of range; expected 1 to 200"));
        }
        for field in ["start_date", "end_date"] {
            if let Some(day) = self.body.value(field) {
                check_day(field, day.as_str().unwrap_or_default())?;
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

impl fmt::Debug for ListMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListMemories")
            .field("filter", &self.filter)
            .field("set", &self.body.names())
            .finish_non_exhaustive()
    }
}
