//! Fields of a filter, with the operators that the platform accepts for each: see `docs/platform-api.md`.

use std::fmt;

use serde_json::Value;

use super::{Filter, keyed};
use crate::filter::date_or_timestamp::DateOrTimestamp;
use crate::redact::Redacted;

const EMPTY: &str = "is empty in the filters; pass a value or leave the condition out";
const EMPTY_LIST: &str = "has an empty list in the filters; pass at least one value";

/// Problem of a list of texts.
pub(super) fn problem_of_texts(texts: &[String]) -> Option<&'static str> {
    match texts {
        [] => Some(EMPTY_LIST),
        texts => texts.iter().find_map(|text| problem_of_text(text)),
    }
}

fn problem_of_text(text: &str) -> Option<&'static str> {
    text.trim().is_empty().then_some(EMPTY)
}

fn texts<I>(texts: I) -> Vec<String>
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    texts.into_iter().map(Into::into).collect()
}

/// Field with the id of a user, an agent, an app or a run.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing until one of its conditions is used"]
pub struct EntityField {
    field: &'static str,
}

impl EntityField {
    pub(super) fn new(field: &'static str) -> Self {
        Self { field }
    }

    /// Matches this id. `"*"` matches any id, like [`any`](Self::any).
    pub fn eq(self, id: impl Into<String>) -> Filter {
        let id: String = id.into();
        let problem = problem_of_text(&id);
        Filter::condition(self.field, id.into(), problem)
    }

    /// Matches any other id, and memories without an id in this field.
    pub fn ne(self, id: impl Into<String>) -> Filter {
        let id: String = id.into();
        let problem = problem_of_text(&id);
        Filter::condition(self.field, keyed("ne", id.into()), problem)
    }

    /// Matches any other id, but not memories without an id in this field.
    pub fn other_than(self, id: impl Into<String>) -> Filter {
        self.clone().any().and(self.ne(id))
    }

    /// Matches one of these ids.
    pub fn is_in<I>(self, ids: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let ids = texts(ids);
        let problem = problem_of_texts(&ids);
        Filter::condition(self.field, keyed("in", ids.into()), problem)
    }

    /// Matches any id.
    pub fn any(self) -> Filter {
        Filter::condition(self.field, "*".into(), None)
    }
}

/// Field with a time.
///
/// Conditions take a date, such as `2026-01-31`, or a timestamp, such as `2026-01-31T09:30:00Z`.
///
/// The platform does not document whether `gt` and `lte` compare a date with its beginning or its end: prefer `gte` and
/// `lt`, as [`within`](Self::within) does.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing until one of its conditions is used"]
pub struct TimeField {
    field: &'static str,
}

impl TimeField {
    pub(super) fn new(field: &'static str) -> Self {
        Self { field }
    }

    /// Matches this time.
    pub fn eq(self, time: impl Into<DateOrTimestamp>) -> Filter {
        let time = time.into();
        let problem = problem_of_time(&time);
        Filter::condition(self.field, time.into_value(), problem)
    }

    /// Matches any other time, and memories without a time in this field.
    pub fn ne(self, time: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("ne", time.into())
    }

    /// Matches later times.
    pub fn gt(self, time: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("gt", time.into())
    }

    /// Matches this time and later ones.
    pub fn gte(self, time: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("gte", time.into())
    }

    /// Matches earlier times.
    pub fn lt(self, time: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("lt", time.into())
    }

    /// Matches this time and earlier ones.
    pub fn lte(self, time: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("lte", time.into())
    }

    /// Matches times from `from`, inclusive, until `until`, exclusive.
    pub fn within(self, from: impl Into<DateOrTimestamp>, until: impl Into<DateOrTimestamp>) -> Filter {
        let (from, until) = (from.into(), until.into());
        let problem = problem_of_time(&from).or_else(|| problem_of_time(&until));
        let bounds = [("gte".to_owned(), from.into_value()), ("lt".to_owned(), until.into_value())];
        Filter::condition(self.field, Value::Object(bounds.into_iter().collect()), problem)
    }

    /// Matches one of these times.
    pub fn is_in<I>(self, times: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<DateOrTimestamp>,
    {
        let times: Vec<DateOrTimestamp> = times.into_iter().map(Into::into).collect();
        let problem = match times.as_slice() {
            [] => Some(EMPTY_LIST),
            times => times.iter().find_map(problem_of_time),
        };
        let times = times.into_iter().map(DateOrTimestamp::into_value).collect();
        Filter::condition(self.field, keyed("in", Value::Array(times)), problem)
    }

    fn compare(self, operator: &str, time: DateOrTimestamp) -> Filter {
        let problem = problem_of_time(&time);
        Filter::condition(self.field, keyed(operator, time.into_value()), problem)
    }
}

/// Problem of a time. The documentation of the platform has only text, no numbers.
fn problem_of_time(time: &DateOrTimestamp) -> Option<&'static str> {
    (!time.is_valid_text())
        .then_some("is not a date or timestamp in the filters; expected 2026-01-31 or 2026-01-31T09:30:00Z")
}

/// Field with the categories.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing until one of its conditions is used"]
pub struct CategoriesField(());

impl CategoriesField {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Matches memories with at least one of these categories, given by their full names.
    pub fn is_in<I>(self, names: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let names = texts(names);
        let problem = problem_of_texts(&names);
        Filter::condition("categories", keyed("in", names.into()), problem)
    }

    /// Matches memories with a category whose name contains this text. Case-insensitive.
    pub fn contains(self, part: impl Into<String>) -> Filter {
        let part: String = part.into();
        let problem = problem_of_text(&part);
        Filter::condition("categories", keyed("contains", part.into()), problem)
    }
}

/// Field with a top-level key of the metadata.
#[derive(Clone)]
#[must_use = "a field does nothing until one of its conditions is used"]
pub struct MetadataField {
    key: String,
}

impl MetadataField {
    pub(super) fn new(key: String) -> Self {
        Self { key }
    }

    /// Matches this value. To match one of several values, join conditions with [`Filter::or`]: the platform has no
    /// `in` operator for metadata.
    pub fn eq(self, value: impl Into<Value>) -> Filter {
        let value = value.into();
        // The platform would read the keys of an object as operators.
        self.filter(if value.is_object() { keyed("eq", value) } else { value })
    }

    /// Matches any other value, and memories without this key.
    pub fn ne(self, value: impl Into<Value>) -> Filter {
        self.filter(keyed("ne", value.into()))
    }

    /// Matches values that contain this value.
    pub fn contains(self, part: impl Into<Value>) -> Filter {
        self.filter(keyed("contains", part.into()))
    }

    fn filter(self, condition: Value) -> Filter {
        let problem = self.key.is_empty().then_some("has an empty key in the filters; pass a key");
        Filter::condition("metadata", keyed(&self.key, condition), problem)
    }
}

impl fmt::Debug for MetadataField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataField").field("key", &Redacted(&self.key)).finish()
    }
}

/// Field with the text of the memory.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing until one of its conditions is used"]
pub struct KeywordsField(());

impl KeywordsField {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Matches texts that contain this text. Case-sensitive.
    pub fn contains(self, part: impl Into<String>) -> Filter {
        Self::filter("contains", part.into())
    }

    /// Matches texts that contain this text. Case-insensitive.
    pub fn icontains(self, part: impl Into<String>) -> Filter {
        Self::filter("icontains", part.into())
    }

    fn filter(operator: &str, part: String) -> Filter {
        let problem = problem_of_text(&part);
        Filter::condition("keywords", keyed(operator, part.into()), problem)
    }
}
