//! Which memories an operation is about: a typed expression, and its JSON.

mod fields;
mod raw;

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub use self::fields::{CategoriesField, EntityField, KeywordsField, MetadataField, TimeField};
pub use crate::types::DateOrTimestamp;

use crate::error::{Error, Result};
use crate::redact::redact_all;

/// Which memories a search, a list, an export or a summary is about (contract 3.1).
///
/// Made of conditions on fields, joined by [`and`](Self::and), [`or`](Self::or) and [`not`](Self::not). Only the
/// operators that the platform has for a field are there as methods.
///
/// | field | by | operators |
/// |---|---|---|
/// | user, agent, app, run | [`user`](Self::user), [`any_user`](Self::any_user), [`user_id`](Self::user_id), … | `eq` `ne` `is_in` `any` |
/// | times | [`created_at`](Self::created_at), [`updated_at`](Self::updated_at), [`timestamp`](Self::timestamp), [`expiration_date`](Self::expiration_date) | `eq` `ne` `gt` `gte` `lt` `lte` `is_in` |
/// | categories | [`categories`](Self::categories) | `is_in` `contains` |
/// | metadata | [`metadata`](Self::metadata) | `eq` `ne` `contains` |
/// | words of the text | [`keywords`](Self::keywords), in lists | `contains` `icontains` |
/// | identifiers | [`memory_ids`](Self::memory_ids) | |
///
/// The platform wants to be told whose memories are meant: an expression that names no user, agent, app or run
/// other than in a negation is refused before anything is sent. [`any_user`](Self::any_user) and its like count.
///
/// A field that is not mentioned is not constrained. A memory without the field fits `ne`, and does not fit `any`;
/// [`other_than`](EntityField::other_than) is `ne` without those.
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
/// What this version can't express goes in as JSON, by [`raw`](Self::raw).
#[derive(Clone, PartialEq)]
#[must_use = "a Filter does nothing until it is given to a call"]
pub struct Filter(Node);

#[derive(Clone, PartialEq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Condition {
        /// The key, as the platform writes it.
        field: &'static str,
        value: Value,
        /// What is wrong with it, found when it was made; said when it would be sent.
        flaw: Option<&'static str>,
    },
    Raw(Value),
}

impl Filter {
    /// What is this user's.
    pub fn user(id: impl Into<String>) -> Self {
        Self::user_id().eq(id)
    }

    /// What is this agent's.
    pub fn agent(id: impl Into<String>) -> Self {
        Self::agent_id().eq(id)
    }

    /// What is this app's.
    pub fn app(id: impl Into<String>) -> Self {
        Self::app_id().eq(id)
    }

    /// What is of this run.
    pub fn run(id: impl Into<String>) -> Self {
        Self::run_id().eq(id)
    }

    /// What is some user's, whosever.
    pub fn any_user() -> Self {
        Self::user_id().any()
    }

    /// What is some agent's.
    pub fn any_agent() -> Self {
        Self::agent_id().any()
    }

    /// What is some app's.
    pub fn any_app() -> Self {
        Self::app_id().any()
    }

    /// What is of some run.
    pub fn any_run() -> Self {
        Self::run_id().any()
    }

    /// Conditions on the user.
    pub fn user_id() -> EntityField {
        EntityField::new("user_id")
    }

    /// Conditions on the agent.
    pub fn agent_id() -> EntityField {
        EntityField::new("agent_id")
    }

    /// Conditions on the app.
    pub fn app_id() -> EntityField {
        EntityField::new("app_id")
    }

    /// Conditions on the run.
    pub fn run_id() -> EntityField {
        EntityField::new("run_id")
    }

    /// Conditions on the moment a memory was made.
    pub fn created_at() -> TimeField {
        TimeField::new("created_at")
    }

    /// Conditions on the moment a memory was last changed.
    pub fn updated_at() -> TimeField {
        TimeField::new("updated_at")
    }

    /// Conditions on the moment a memory is about.
    pub fn timestamp() -> TimeField {
        TimeField::new("timestamp")
    }

    /// Conditions on the last day a memory is shown.
    pub fn expiration_date() -> TimeField {
        TimeField::new("expiration_date")
    }

    /// Conditions on the categories.
    pub fn categories() -> CategoriesField {
        CategoriesField::new()
    }

    /// Conditions on a key of the metadata. Keys inside an object of the metadata are out of reach, and capitals
    /// count.
    pub fn metadata(key: impl Into<String>) -> MetadataField {
        MetadataField::new(key.into())
    }

    /// Conditions on the memory's text; in lists only. A search is about words anyway, and refuses them.
    pub fn keywords() -> KeywordsField {
        KeywordsField::new()
    }

    /// The memories with these identifiers.
    pub fn memory_ids<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<crate::id::MemoryId>,
    {
        let ids: Vec<_> = ids.into_iter().map(|id| id.into().into_string()).collect();
        let flaw = fields::flaw_of_texts(&ids);
        Self::condition("memory_ids", ids.into(), flaw)
    }

    /// A filter in the platform's own JSON: an object. Its shape, its scope and its operators are looked at, not its
    /// values. An `OR` beside an `AND` in one object is refused: the platform would leave it out without a word. A
    /// field that this version does not know is left to the platform.
    pub fn raw(filter: Value) -> Self {
        Self(Node::Raw(filter))
    }

    /// What fits all of these.
    pub fn all_of(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self(Node::And(filters.into_iter().flat_map(Filter::into_conjuncts).collect()))
    }

    /// What fits at least one of these.
    pub fn any_of(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self(Node::Or(filters.into_iter().flat_map(Filter::into_alternatives).collect()))
    }

    /// What fits this and the other.
    pub fn and(self, other: Filter) -> Self {
        Self::all_of([self, other])
    }

    /// What fits this or the other.
    pub fn or(self, other: Filter) -> Self {
        Self::any_of([self, other])
    }

    /// What does not fit this.
    // An operator `!` would read as if it were computed here.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        match self.0 {
            Node::Not(inner) => Self(*inner),
            node => Self(Node::Not(Box::new(node))),
        }
    }

    /// The filter as the platform takes it.
    pub fn to_value(&self) -> Value {
        self.0.to_value()
    }

    /// The same with an `AND` around it, which exports want (memory semantics C5).
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

    fn condition(field: &'static str, value: Value, flaw: Option<&'static str>) -> Self {
        Self(Node::Condition { field, value, flaw })
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
    /// Refuses conditions that can't be meant, and an expression that does not say whose memories it is about.
    pub(crate) fn check(&self) -> Result<()> {
        self.0.check()?;
        if self.has_scope() {
            return Ok(());
        }
        Err(Error::invalid(
            "filters",
            "name no user, agent, app or run; add one, such as Filter::user(\"alice\"), or Filter::any_user() \
             for all users. A negation alone does not say whose memories are meant",
        ))
    }

    /// Whether it says whose memories are meant: it names a user, an agent, an app or a run other than in a negation.
    /// Every call that takes a filter refuses one that does not.
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

    /// Whether it has a condition on that field, other than in raw JSON.
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
            // The documentation also allows an array; each of its worked examples has an object.
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
                Err(Error::invalid("filters", "join no conditions; give at least one"))
            }
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().try_for_each(Node::check),
            Node::Not(node) => node.check(),
            Node::Condition { flaw: None, .. } => Ok(()),
            Node::Condition { field, flaw: Some(flaw), .. } => Err(Error::invalid(field, *flaw)),
            Node::Raw(filter) => raw::check(filter),
        }
    }

    /// Whether it names an entity other than in a negation.
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

/// Its JSON, with keys and e-mail addresses redacted, which identifiers of users often are.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({})", redact_all(&self.to_value().to_string()))
    }
}

#[cfg(test)]
mod tests;
