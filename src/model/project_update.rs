//! Projects and their settings, as they are written.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

#[cfg(any(feature = "blocking", feature = "async"))]
use crate::error::{Error, Result};
use crate::model::CustomCategory;
use crate::model::body::{Body, Setting};

/// A project to be created: a name, and a description if there is one (contract D4).
///
/// ```
/// use mem0::NewProject;
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

    /// What it is for. `""` is sent as it is.
    pub fn description(self, description: impl Into<String>) -> Self {
        let description: String = description.into();
        self.with("description", description)
    }

    /// A setting this version of the crate does not know.
    pub fn set(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(name.into(), value)
    }

    fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.body.set(name.into(), Setting::Other(value.into()));
        self
    }

    #[cfg(any(feature = "blocking", feature = "async"))]
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

    /// The project's name. An empty one is refused before anything is sent.
    pub fn name(self, name: impl Into<String>) -> Self {
        let name: String = name.into();
        self.with("name", name)
    }

    /// What the project is for.
    pub fn description(self, description: impl Into<String>) -> Self {
        let description: String = description.into();
        self.with("description", description)
    }

    /// What to extract from what users say. `""` clears it.
    pub fn custom_instructions(self, instructions: impl Into<String>) -> Self {
        let instructions: String = instructions.into();
        self.with("custom_instructions", instructions)
    }

    /// What to extract from what agents say. `""` clears it, and `custom_instructions` hold for agents too.
    pub fn agent_custom_instructions(self, instructions: impl Into<String>) -> Self {
        let instructions: String = instructions.into();
        self.with("agent_custom_instructions", instructions)
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

    /// Whether memories stay in the language they came in.
    pub fn multilingual(self, multilingual: bool) -> Self {
        self.with("multilingual", multilingual)
    }

    /// Whether searches favour what was used lately (contract 8).
    pub fn decay(self, decay: bool) -> Self {
        self.with("decay", decay)
    }

    /// How much is remembered. The values are not documented.
    pub fn memory_depth(self, depth: impl Into<String>) -> Self {
        let depth: String = depth.into();
        self.with("memory_depth", depth)
    }

    /// The use case: a name or a number. Read back as [`Project::usecase`](crate::Project::usecase)
    /// (contract D8).
    pub fn usecase_setting(self, setting: impl Into<UsecaseSetting>) -> Self {
        let value = match setting.into() {
            UsecaseSetting::Name(name) => Value::String(name),
            UsecaseSetting::Number(number) => Value::Number(number),
        };
        self.with("usecase_setting", value)
    }

    /// What is to be remembered.
    pub fn inclusion_prompt(self, prompt: impl Into<String>) -> Self {
        let prompt: String = prompt.into();
        self.with("inclusion_prompt", prompt)
    }

    /// What is not to be remembered.
    pub fn exclusion_prompt(self, prompt: impl Into<String>) -> Self {
        let prompt: String = prompt.into();
        self.with("exclusion_prompt", prompt)
    }

    /// Whether a graph of entities is kept.
    #[deprecated(note = "the platform always keeps the graph and ignores this setting")]
    pub fn enable_graph(self, enable: bool) -> Self {
        self.with("enable_graph", enable)
    }

    /// The version of the project's memory pipeline.
    pub fn version(self, version: impl Into<String>) -> Self {
        let version: String = version.into();
        self.with("version", version)
    }

    /// A setting this version of the crate does not know. Naming a setting twice keeps the last value.
    pub fn set(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(name.into(), value)
    }

    fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.body.set(name.into(), Setting::Other(value.into()));
        self
    }

    /// Sets a setting to `null`.
    pub fn clear(self, name: impl Into<String>) -> Self {
        self.set(name, Value::Null)
    }

    /// Whether nothing is named yet.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    #[cfg(any(feature = "blocking", feature = "async"))]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum UsecaseSetting {
    /// A name.
    Name(String),
    /// A number.
    Number(Number),
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

#[cfg(any(feature = "blocking", feature = "async"))]
fn check_name(body: &Body) -> Result<()> {
    match body.get("name") {
        Some(Setting::Other(Value::String(name))) if !name.trim().is_empty() => Ok(()),
        _ => Err(Error::invalid("name", "is empty; give the project a name")),
    }
}
