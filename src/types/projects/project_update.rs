//! Projects and their settings, as they are written.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::error::{Error, Result};
use crate::redact::Redacted;
use crate::types::CustomCategory;
use crate::types::body::{Body, Setting};

/// A project to be created: a name, and a description if there is one (contract D4).
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
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use = "a NewProject does nothing until it is passed to `create`"]
pub struct NewProject {
    body: Body,
}

impl NewProject {
    /// A project of that name. Creating one with an empty name is refused before anything is sent.
    pub fn new(name: impl Into<String>) -> Self {
        let mut body = Body::default();
        body.set("name".into(), Setting::Other(Value::String(name.into())));
        Self { body }
    }

    setters! {
        /// What it is for. `""` is sent as it is.
        description: text,
    }

    set_any! {
        /// A setting this version of the crate does not know.
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

/// A change of a project's settings. What is not named stays as it is.
///
/// `""`, `[]` and `false` are values and are sent; [`clear`](Self::clear) sends `null`. An update that names
/// nothing is refused before anything is sent.
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
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use = "a ProjectUpdate does nothing until it is passed to `update`"]
pub struct ProjectUpdate {
    body: Body,
}

impl ProjectUpdate {
    /// An update that names nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The project's name. An empty one is refused before anything is sent.
        name: text,

        /// What the project is for.
        description: text,

        /// What to extract from what users say. `""` clears it.
        custom_instructions: text,

        /// What to extract from what agents say. `""` clears it, and `custom_instructions` hold for agents too.
        agent_custom_instructions: text,
    }

    /// The project's categories, in place of those it has. An empty list goes back to the platform's own
    /// catalogue. Names and names with descriptions may be mixed.
    pub fn custom_categories<I>(mut self, categories: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<CustomCategory>,
    {
        let categories = categories.into_iter().map(Into::into).collect();
        self.body.set("custom_categories".into(), Setting::Categories(categories));
        self
    }

    setters! {
        /// Whether memories stay in the language they came in.
        multilingual: flag,

        /// Whether searches favour what was used lately (contract 8).
        decay: flag,

        /// How much is remembered. The values are not documented.
        memory_depth: text,
    }

    /// The use case: a name or a number. Read back as [`Project::usecase`](crate::projects::Project::usecase)
    /// (contract D8).
    pub fn usecase_setting(self, setting: impl Into<UsecaseSetting>) -> Self {
        let value = match setting.into() {
            UsecaseSetting::Name(name) => Value::String(name),
            UsecaseSetting::Number(number) => Value::Number(number),
        };
        self.with("usecase_setting", value)
    }

    setters! {
        /// What is to be remembered.
        inclusion_prompt: text,

        /// What is not to be remembered.
        exclusion_prompt: text,
    }

    /// Whether a graph of entities is kept.
    #[deprecated(note = "the platform always keeps the graph and ignores this setting")]
    pub fn enable_graph(self, enable: bool) -> Self {
        self.with("enable_graph", enable)
    }

    setters! {
        /// The version of the project's memory pipeline.
        version: text,
    }

    set_any! {
        /// A setting this version of the crate does not know. Naming a setting twice keeps the last value.
    }

    /// Sets a setting to `null`.
    pub fn clear(self, name: impl Into<String>) -> Self {
        self.set(name, Value::Null)
    }

    /// Whether nothing is named yet.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.body.is_empty() {
            return Err(Error::invalid("update", "names no setting; name at least one"));
        }
        if self.body.get("").is_some() {
            return Err(Error::invalid("update", "names a setting with an empty name"));
        }
        let empty = |category: &Value| match category {
            Value::String(name) => name.trim().is_empty(),
            Value::Object(object) => object.keys().any(|name| name.trim().is_empty()),
            _ => false,
        };
        let has_empty = match self.body.get("custom_categories") {
            Some(Setting::Categories(categories)) => {
                categories.iter().any(|category| category.name().trim().is_empty())
            }
            Some(Setting::Other(Value::Array(categories))) => categories.iter().any(empty),
            _ => false,
        };
        if has_empty {
            return Err(Error::invalid("custom_categories", "has a category with an empty name"));
        }
        if self.body.get("name").is_some() { check_name(&self.body) } else { Ok(()) }
    }
}

/// The use case of a project as it is written: a name, or a number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum UsecaseSetting {
    /// A name.
    Name(String),
    /// A number.
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
        Some(Setting::Other(Value::String(name))) if !name.trim().is_empty() => Ok(()),
        _ => Err(Error::invalid("name", "is empty; give the project a name")),
    }
}
