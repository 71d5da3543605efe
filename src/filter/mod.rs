//! Filters: typed expressions that select memories.
//!
//! [`Filter`] is the expression. The other types are its fields, whose methods return conditions. Searches, lists, exports
//! and summaries take a filter.

mod date_or_timestamp;
mod fields;
mod raw;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use self::date_or_timestamp::DateOrTimestamp;
pub(crate) use self::date_or_timestamp::check_date;
pub use self::fields::{CategoriesField, EntityField, KeywordsField, MetadataField, TimeField};

use crate::error::{Error, Result};
use crate::redact::redact_all;

/// Filter expression for memories, in searches, lists, exports and summaries.
///
/// A filter is a condition on a field, or conditions joined with [`and`](Self::and), [`or`](Self::or) and
/// [`not`](Self::not). Each field has methods only for the operators that the platform accepts.
///
/// | field | constructor | operators |
/// |---|---|---|
/// | user, agent, app, run | [`user`](Self::user), [`any_user`](Self::any_user), [`user_id`](Self::user_id), … | `eq` `ne` `is_in` `any` |
/// | times | [`created_at`](Self::created_at), [`updated_at`](Self::updated_at), [`timestamp`](Self::timestamp), [`expiration_date`](Self::expiration_date) | `eq` `ne` `gt` `gte` `lt` `lte` `is_in` |
/// | categories | [`categories`](Self::categories) | `is_in` `contains` |
/// | metadata | [`metadata`](Self::metadata) | `eq` `ne` `contains` |
/// | text, in lists only | [`keywords`](Self::keywords) | `contains` `icontains` |
/// | ids | [`memory_ids`](Self::memory_ids) | |
///
/// The platform requires a user, an agent, an app or a run outside of negations: a filter without one is refused before
/// anything is sent. [`any_user`](Self::any_user), [`any_agent`](Self::any_agent), [`any_app`](Self::any_app) and
/// [`any_run`](Self::any_run) satisfy the requirement.
///
/// A memory without a value in a field matches `ne`, but not `any`. [`other_than`](EntityField::other_than) is like
/// `ne`, but does not match these memories.
///
/// ```
/// use mem0::Filter;
///
/// let filter = Filter::user("alice")
///     .and(Filter::created_at().gte("2026-01-01"))
///     .and(Filter::categories().is_in(["food", "travel"]).or(Filter::metadata("pinned").eq(true)))
///     .and(Filter::app("kiosk").not());
/// assert_eq!(
///     filter.to_value(),
///     serde_json::json!({"AND": [
///         {"user_id": "alice"},
///         {"created_at": {"gte": "2026-01-01"}},
///         {"OR": [{"categories": {"in": ["food", "travel"]}}, {"metadata": {"pinned": true}}]},
///         {"NOT": {"app_id": "kiosk"}},
///     ]})
/// );
/// ```
///
/// For anything that this version of the crate cannot express, use [`raw`](Self::raw) with JSON.
#[derive(Clone)]
#[must_use = "a Filter does nothing until it is passed to a call"]
pub struct Filter(Node);

#[derive(Clone)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Condition {
        /// Key of the platform.
        field: &'static str,
        value: Value,
        /// Problem that was found when the condition was created. It is reported when the filter would be sent.
        problem: Option<&'static str>,
    },
    Raw(Value),
}

impl Filter {
    /// Matches memories of this user.
    pub fn user(id: impl Into<String>) -> Self {
        Self::user_id().eq(id)
    }

    /// Matches memories of this agent.
    pub fn agent(id: impl Into<String>) -> Self {
        Self::agent_id().eq(id)
    }

    /// Matches memories of this app.
    pub fn app(id: impl Into<String>) -> Self {
        Self::app_id().eq(id)
    }

    /// Matches memories of this run.
    pub fn run(id: impl Into<String>) -> Self {
        Self::run_id().eq(id)
    }

    /// Matches memories of any user.
    pub fn any_user() -> Self {
        Self::user_id().any()
    }

    /// Matches memories of any agent.
    pub fn any_agent() -> Self {
        Self::agent_id().any()
    }

    /// Matches memories of any app.
    pub fn any_app() -> Self {
        Self::app_id().any()
    }

    /// Matches memories of any run.
    pub fn any_run() -> Self {
        Self::run_id().any()
    }

    /// Field with the user.
    pub fn user_id() -> EntityField {
        EntityField::new("user_id")
    }

    /// Field with the agent.
    pub fn agent_id() -> EntityField {
        EntityField::new("agent_id")
    }

    /// Field with the app.
    pub fn app_id() -> EntityField {
        EntityField::new("app_id")
    }

    /// Field with the run.
    pub fn run_id() -> EntityField {
        EntityField::new("run_id")
    }

    /// Field with the time of creation.
    pub fn created_at() -> TimeField {
        TimeField::new("created_at")
    }

    /// Field with the time of the last change.
    pub fn updated_at() -> TimeField {
        TimeField::new("updated_at")
    }

    /// Field with the time that a memory is about.
    pub fn timestamp() -> TimeField {
        TimeField::new("timestamp")
    }

    /// Field with the last day on which lists and searches return a memory.
    pub fn expiration_date() -> TimeField {
        TimeField::new("expiration_date")
    }

    /// Field with the categories.
    pub fn categories() -> CategoriesField {
        CategoriesField::new()
    }

    /// Field with a top-level key of the metadata. The key is case-sensitive; nested keys are not supported.
    pub fn metadata(key: impl Into<String>) -> MetadataField {
        MetadataField::new(key.into())
    }

    /// Field with the text of a memory, for lists only. A search with this field is refused: use the query instead.
    pub fn keywords() -> KeywordsField {
        KeywordsField::new()
    }

    /// Matches the memories with these ids.
    pub fn memory_ids<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<crate::ids::MemoryId>,
    {
        let ids: Vec<_> = ids.into_iter().map(|id| id.into().into_string()).collect();
        let problem = fields::problem_of_texts(&ids);
        Self::condition("memory_ids", ids.into(), problem)
    }

    /// Creates a filter from JSON in the platform's format: an object.
    ///
    /// Before it is sent, the structure, the operators and the required user, agent, app or run are checked, but not
    /// the values. An `OR` beside an `AND` in one object is refused, because the platform silently ignores the `OR`.
    /// Unknown fields are not checked.
    pub fn raw(filter: Value) -> Self {
        Self(Node::Raw(filter))
    }

    /// Matches memories that match all of these filters.
    pub fn all_of(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self(Node::And(filters.into_iter().flat_map(Filter::into_conjuncts).collect()))
    }

    /// Matches memories that match at least one of these filters.
    pub fn any_of(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self(Node::Or(filters.into_iter().flat_map(Filter::into_alternatives).collect()))
    }

    /// Matches memories that match both filters.
    pub fn and(self, other: Filter) -> Self {
        Self::all_of([self, other])
    }

    /// Matches memories that match at least one of the two filters.
    pub fn or(self, other: Filter) -> Self {
        Self::any_of([self, other])
    }

    /// Matches memories that do not match this filter.
    // An operator `!` would suggest that the result is computed here.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        match self.0 {
            Node::Not(inner) => Self(*inner),
            node => Self(Node::Not(Box::new(node))),
        }
    }

    /// Returns the filter as JSON in the platform's format.
    pub fn to_value(&self) -> Value {
        self.0.to_value()
    }

    /// Returns the filter as JSON with `AND` at its root, as exports require.
    ///
    /// ```
    /// let rooted = mem0::Filter::user("alice").to_rooted_value();
    /// assert_eq!(rooted, serde_json::json!({"AND": [{"user_id": "alice"}]}));
    /// ```
    pub fn to_rooted_value(&self) -> Value {
        match &self.0 {
            Node::And(_) => self.to_value(),
            Node::Raw(Value::Object(object)) if object.contains_key("AND") => self.to_value(),
            node => keyed("AND", Value::Array(vec![node.to_value()])),
        }
    }

    fn condition(field: &'static str, value: Value, problem: Option<&'static str>) -> Self {
        Self(Node::Condition { field, value, problem })
    }

    fn into_conjuncts(self) -> Vec<Node> {
        match self.0 {
            Node::And(nodes) => nodes,
            node => vec![node],
        }
    }

    fn into_alternatives(self) -> Vec<Node> {
        match self.0 {
            Node::Or(nodes) => nodes,
            node => vec![node],
        }
    }
}

impl Filter {
    /// Refuses invalid conditions, and a filter without a user, agent, app or run.
    pub(crate) fn check(&self) -> Result<()> {
        self.0.check()?;
        if self.has_scope() {
            return Ok(());
        }
        Err(Error::invalid(
            "filters",
            "is missing a user, agent, app or run outside of negations; add one, such as Filter::user(\"alice\"), or \
             Filter::any_user() for all users",
        ))
    }

    /// Whether the filter has a user, an agent, an app or a run outside of negations.
    ///
    /// Every call that takes a filter refuses one without this scope.
    ///
    /// ```
    /// use mem0::Filter;
    ///
    /// assert!(Filter::user("alice").and(Filter::metadata("plan").eq("pro")).has_scope());
    /// assert!(!Filter::user("alice").not().has_scope());
    /// assert!(Filter::raw(serde_json::json!({"OR": [{"app_id": "*"}]})).has_scope());
    /// ```
    pub fn has_scope(&self) -> bool {
        self.0.has_scope()
    }

    /// Whether the filter has a condition on that field, outside of raw JSON.
    pub(crate) fn mentions(&self, field: &str) -> bool {
        self.0.mentions(field)
    }
}

impl Node {
    fn to_value(&self) -> Value {
        let array = |nodes: &[Node]| Value::Array(nodes.iter().map(Node::to_value).collect());
        match self {
            Node::And(nodes) => keyed("AND", array(nodes)),
            Node::Or(nodes) => keyed("OR", array(nodes)),
            // The documentation also allows an array, but all of its examples have an object.
            Node::Not(node) => keyed("NOT", node.to_value()),
            Node::Condition { field, value, .. } => keyed(field, value.clone()),
            Node::Raw(value) => value.clone(),
        }
    }
}

impl Node {
    fn check(&self) -> Result<()> {
        match self {
            Node::And(nodes) | Node::Or(nodes) if nodes.is_empty() => {
                Err(Error::invalid("filters", "has an empty AND or OR; pass at least one condition"))
            }
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().try_for_each(Node::check),
            Node::Not(node) => node.check(),
            Node::Condition { problem: None, .. } => Ok(()),
            Node::Condition { field, problem: Some(problem), .. } => Err(Error::invalid(field, *problem)),
            Node::Raw(filter) => raw::check(filter),
        }
    }

    /// Whether there is an entity outside of negations.
    fn has_scope(&self) -> bool {
        match self {
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(Node::has_scope),
            Node::Not(_) => false,
            Node::Condition { field, value, .. } => raw::is_scope(field, value),
            Node::Raw(value) => raw::has_scope(value),
        }
    }

    fn mentions(&self, name: &str) -> bool {
        match self {
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| node.mentions(name)),
            Node::Not(node) => node.mentions(name),
            Node::Condition { field, .. } => *field == name,
            Node::Raw(_) => false,
        }
    }
}

fn keyed(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

/// Reads a filter in the platform's format, like [`Filter::raw`].
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::raw)
    }
}

/// Filters are equal if they are sent as the same JSON.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.to_value() == other.to_value()
    }
}

/// A filter without conditions, which is refused before anything is sent.
impl Default for Filter {
    fn default() -> Self {
        Self::raw(Value::Object(Map::new()))
    }
}

/// Shows the JSON with keys and e-mail addresses redacted; ids of users often are e-mail addresses.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({})", redact_all(&self.to_value().to_string()))
    }
}

#[cfg(test)]
mod tests;
