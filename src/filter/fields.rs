//! The fields of a filter, each with the operators the platform has for it (memory semantics 1.2).

use std::fmt;

use serde_json::Value;

use super::{Filter, keyed};
use crate::redact::Redacted;
use crate::types::DateOrTimestamp;

const EMPTY: &str = "is empty in the filters; name one, or leave the condition out";
const EMPTY_LIST: &str = "has an empty list in the filters; name at least one";

/// What is wrong with a list of texts.
pub(super) fn flaw_of_texts(texts: &[String]) -> Option<&'static str> {
    match texts {
        [] => Some(EMPTY_LIST),
        texts => texts.iter().find_map(|text| flaw_of_text(text)),
    }
}

fn flaw_of_text(text: &str) -> Option<&'static str> {
    text.trim().is_empty().then_some(EMPTY)
}

fn texts<I>(texts: I) -> Vec<String>
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    texts.into_iter().map(Into::into).collect()
}

/// Conditions on the user, the agent, the app or the run.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing without a condition"]
pub struct EntityField {
    field: &'static str,
}

impl EntityField {
    pub(super) fn new(field: &'static str) -> Self {
        Self { field }
    }

    /// It is this one. `"*"` stands for any, as [`any`](Self::any).
    pub fn eq(self, id: impl Into<String>) -> Filter {
        let id: String = id.into();
        let flaw = flaw_of_text(&id);
        Filter::condition(self.field, id.into(), flaw)
    }

    /// It is another one, or there is none at all.
    pub fn ne(self, id: impl Into<String>) -> Filter {
        let id: String = id.into();
        let flaw = flaw_of_text(&id);
        Filter::condition(self.field, keyed("ne", id.into()), flaw)
    }

    /// There is one, and it is another one.
    pub fn other_than(self, id: impl Into<String>) -> Filter {
        self.clone().any().and(self.ne(id))
    }

    /// It is one of these.
    pub fn is_in<I>(self, ids: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let ids = texts(ids);
        let flaw = flaw_of_texts(&ids);
        Filter::condition(self.field, keyed("in", ids.into()), flaw)
    }

    /// There is one.
    pub fn any(self) -> Filter {
        Filter::condition(self.field, "*".into(), None)
    }
}

/// Conditions on a moment: a day such as `2026-01-31`, or a moment such as `2026-01-31T09:30:00Z`.
///
/// Which instant of a day `gt` and `lte` mean is not documented: prefer `gte` and `lt`, as
/// [`within`](Self::within) does.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing without a condition"]
pub struct TimeField {
    field: &'static str,
}

impl TimeField {
    pub(super) fn new(field: &'static str) -> Self {
        Self { field }
    }

    /// It is this one.
    pub fn eq(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        let moment = moment.into();
        let flaw = flaw_of_moment(&moment);
        Filter::condition(self.field, moment.into_value(), flaw)
    }

    /// It is another one, or there is none at all.
    pub fn ne(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("ne", moment.into())
    }

    /// It is later.
    pub fn gt(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("gt", moment.into())
    }

    /// It is this one or later.
    pub fn gte(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("gte", moment.into())
    }

    /// It is earlier.
    pub fn lt(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("lt", moment.into())
    }

    /// It is this one or earlier.
    pub fn lte(self, moment: impl Into<DateOrTimestamp>) -> Filter {
        self.compare("lte", moment.into())
    }

    /// It is `from` or later, and earlier than `until`.
    pub fn within(self, from: impl Into<DateOrTimestamp>, until: impl Into<DateOrTimestamp>) -> Filter {
        let (from, until) = (from.into(), until.into());
        let flaw = flaw_of_moment(&from).or_else(|| flaw_of_moment(&until));
        let bounds = [("gte".to_owned(), from.into_value()), ("lt".to_owned(), until.into_value())];
        Filter::condition(self.field, Value::Object(bounds.into_iter().collect()), flaw)
    }

    /// It is one of these.
    pub fn is_in<I>(self, moments: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<DateOrTimestamp>,
    {
        let moments: Vec<DateOrTimestamp> = moments.into_iter().map(Into::into).collect();
        let flaw = match moments.as_slice() {
            [] => Some(EMPTY_LIST),
            moments => moments.iter().find_map(flaw_of_moment),
        };
        let moments = moments.into_iter().map(DateOrTimestamp::into_value).collect();
        Filter::condition(self.field, keyed("in", Value::Array(moments)), flaw)
    }

    fn compare(self, operator: &str, moment: DateOrTimestamp) -> Filter {
        let flaw = flaw_of_moment(&moment);
        Filter::condition(self.field, keyed(operator, moment.into_value()), flaw)
    }
}

/// What is wrong with a moment: the documentation knows text only.
fn flaw_of_moment(moment: &DateOrTimestamp) -> Option<&'static str> {
    (!moment.is_dated()).then_some(
        "is no date in the filters; expected a day such as 2026-01-31, or a moment such as 2026-01-31T09:30:00Z",
    )
}

/// Conditions on the categories.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing without a condition"]
pub struct CategoriesField(());

impl CategoriesField {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// One of them is one of these, by its whole name.
    pub fn is_in<I>(self, names: I) -> Filter
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let names = texts(names);
        let flaw = flaw_of_texts(&names);
        Filter::condition("categories", keyed("in", names.into()), flaw)
    }

    /// One of them has this in its name; capitals do not count.
    pub fn contains(self, part: impl Into<String>) -> Filter {
        let part: String = part.into();
        let flaw = flaw_of_text(&part);
        Filter::condition("categories", keyed("contains", part.into()), flaw)
    }
}

/// Conditions on a key of the metadata.
#[derive(Clone)]
#[must_use = "a field does nothing without a condition"]
pub struct MetadataField {
    key: String,
}

impl MetadataField {
    pub(super) fn new(key: String) -> Self {
        Self { key }
    }

    /// Its value is this one. For several values, join several conditions by [`Filter::or`]: the platform has
    /// no `in` here.
    pub fn eq(self, value: impl Into<Value>) -> Filter {
        let value = value.into();
        // The platform would look for operators in an object.
        self.filter(if value.is_object() { keyed("eq", value) } else { value })
    }

    /// Its value is another one, or there is no such key.
    pub fn ne(self, value: impl Into<Value>) -> Filter {
        self.filter(keyed("ne", value.into()))
    }

    /// Its value contains this one.
    pub fn contains(self, part: impl Into<Value>) -> Filter {
        self.filter(keyed("contains", part.into()))
    }

    fn filter(self, condition: Value) -> Filter {
        let flaw = self.key.is_empty().then_some("has an empty key in the filters; name one");
        Filter::condition("metadata", keyed(&self.key, condition), flaw)
    }
}

impl fmt::Debug for MetadataField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataField").field("key", &Redacted(&self.key)).finish()
    }
}

/// Conditions on the memory's text.
#[derive(Debug, Clone)]
#[must_use = "a field does nothing without a condition"]
pub struct KeywordsField(());

impl KeywordsField {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// It contains this; capitals count.
    pub fn contains(self, part: impl Into<String>) -> Filter {
        Self::filter("contains", part.into())
    }

    /// It contains this; capitals do not count.
    pub fn icontains(self, part: impl Into<String>) -> Filter {
        Self::filter("icontains", part.into())
    }

    fn filter(operator: &str, part: String) -> Filter {
        let flaw = flaw_of_text(&part);
        Filter::condition("keywords", keyed(operator, part.into()), flaw)
    }
}
