//! Requests to create and update projects.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::error::{Error, Result};
use crate::redact::Redacted;
use crate::types::CustomCategory;
use crate::types::body::{Body, FieldValue};

/// A project to create: a name and an optional description.
///
/// ```
/// use mem0::projects::NewProject;
///
/// let project = NewProject::new("Support bot").description("Answers customers");
/// assert_eq!(
///     serde_json::to_value(&project)?,
///     serde_json::json!({"name": "Support bot", "description": "Answers customers"})
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a NewProject does nothing until it is passed to `create`"]
pub struct NewProject {
    body: Body,
}

impl NewProject {
    /// Creates a request for a project with this name. An empty name is refused before anything is sent.
    pub fn new(name: impl Into<String>) -> Self {
        let mut body = Body::default();
        body.set("name".into(), FieldValue::Other(Value::String(name.into())));
        Self { body }
    }

    setters! {
        /// Description of the purpose.
        description: text,
    }

    set_any! {
        /// Sets a setting that this version of the crate does not know.
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name(&self.body)
    }
}

impl<N: Into<String>> From<N> for NewProject {
    fn from(name: N) -> Self {
        Self::new(name)
    }
}

/// Changes to the settings of a project.
///
/// Settings that are not set stay unchanged.
///
/// `""`, `[]` and `false` are sent as values; [`clear`](Self::clear) sends `null`. An update without settings is refused
/// before anything is sent.
///
/// ```
/// use mem0::{CustomCategory, ProjectUpdate};
///
/// let update = ProjectUpdate::new()
///     .custom_categories([CustomCategory::new("billing", "Invoices"), "support".into()])
///     .decay(true)
///     .clear("memory_depth")
///     .set("what_comes_next", 7);
/// assert_eq!(
///     serde_json::to_value(&update)?,
///     serde_json::json!({
///         "custom_categories": [{"billing": "Invoices"}, "support"],
///         "decay": true, "memory_depth": null, "what_comes_next": 7,
///     })
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a ProjectUpdate does nothing until it is passed to `update`"]
pub struct ProjectUpdate {
    body: Body,
}

impl ProjectUpdate {
    /// Creates an update without settings.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Name. An empty name is refused before anything is sent.
        name: text,

        /// Description of the purpose.
        description: text,

        /// Instructions for extracting memories from messages of users. `""` clears them.
        custom_instructions: text,

        /// Instructions for extracting memories from messages of agents. `""` clears them; then `custom_instructions` apply.
        agent_custom_instructions: text,
    }

    /// Categories, which replace all old ones. An empty list returns to the platform's default categories. Categories with
    /// and without descriptions may be mixed.
    pub fn custom_categories<I>(mut self, categories: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<CustomCategory>,
    {
        let categories = categories.into_iter().map(Into::into).collect();
        self.body.set("custom_categories".into(), FieldValue::Categories(categories));
        self
    }

    setters! {
        /// Whether memories keep the language of the messages.
        multilingual: flag,

        /// Whether searches rank recently accessed memories higher.
        decay: flag,

        /// Depth of memory. The platform does not document the values.
        memory_depth: text,
    }

    /// Use case: a name or a number. Responses have it as [`Project::usecase`](crate::projects::Project::usecase).
    pub fn usecase_setting(self, setting: impl Into<UsecaseSetting>) -> Self {
        let value = match setting.into() {
            UsecaseSetting::Name(name) => Value::String(name),
            UsecaseSetting::Number(number) => Value::Number(number),
        };
        self.with("usecase_setting", value)
    }

    setters! {
        /// Description of what to remember.
        inclusion_prompt: text,

        /// Description of what to leave out.
        exclusion_prompt: text,
    }

    /// Setting of the entity graph, which the platform ignores: the graph is always on.
    #[deprecated(note = "the platform always keeps the graph and ignores this setting")]
    pub fn enable_graph(self, enable: bool) -> Self {
        self.with("enable_graph", enable)
    }

    setters! {
        /// Version of the memory pipeline.
        version: text,
    }

    set_any! {
        /// Sets a setting that this version of the crate does not know. If a setting is set twice, the last value wins.
    }

    /// Clears a setting by sending `null`.
    pub fn clear(self, name: impl Into<String>) -> Self {
        self.set(name, Value::Null)
    }

    /// Whether no setting is set.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.is_empty() {
            return Err(Error::invalid("update", "has no settings; set at least one"));
        }
        if self.body.get("").is_some() {
            return Err(Error::invalid("update", "has a setting with an empty name; leave it out"));
        }
        let empty = |category: &Value| match category {
            Value::String(name) => name.trim().is_empty(),
            Value::Object(object) => object.keys().any(|name| name.trim().is_empty()),
            _ => false,
        };
        let has_empty = match self.body.get("custom_categories") {
            Some(FieldValue::Categories(categories)) => {
                categories.iter().any(|category| category.name().trim().is_empty())
            }
            Some(FieldValue::Other(Value::Array(categories))) => categories.iter().any(empty),
            _ => false,
        };
        if has_empty {
            return Err(Error::invalid(
                "custom_categories",
                "has a category with an empty name; leave it out",
            ));
        }
        if self.body.get("name").is_some() { check_name(&self.body) } else { Ok(()) }
    }
}

/// Use case in a [`ProjectUpdate`]: a name or a number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum UsecaseSetting {
    /// Name of the use case.
    Name(String),
    /// Number of the use case.
    Number(Number),
}

impl fmt::Debug for UsecaseSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.debug_tuple("Name").field(&Redacted(name)).finish(),
            Self::Number(number) => f.debug_tuple("Number").field(number).finish(),
        }
    }
}

impl From<&str> for UsecaseSetting {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for UsecaseSetting {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<i64> for UsecaseSetting {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

fn check_name(body: &Body) -> Result<()> {
    match body.get("name") {
        Some(FieldValue::Other(Value::String(name))) if !name.trim().is_empty() => Ok(()),
        _ => Err(Error::invalid("name", "is empty; pass a name for the project")),
    }
}
