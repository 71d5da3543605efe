//! Field selection for reads of a project.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// Declares the builder's methods and the list of known names in one place.
macro_rules! project_fields {
    ($($(#[$attribute:meta])* $field:ident,)*) => {
        /// Names of the known fields.
        const KNOWN: &[&str] = &[$(stringify!($field)),*];

        impl ProjectFields {
            $($(#[$attribute])*
            pub fn $field(self) -> Self {
                self.with(stringify!($field))
            })*
        }
    };
}

/// Fields of a project to read with `ProjectApi::get_fields`.
///
/// Select fields by method, from an iterator of names, or by parsing text. Duplicates are removed and the order is
/// kept. An empty selection is refused before anything is sent, because the platform would return the whole project.
/// For a name that this version does not know, use [`other`](Self::other).
///
/// Even so, the platform may return the whole project.
///
/// ```
/// use mem0::ProjectFields;
///
/// let built = ProjectFields::new().name().decay().name();
/// assert_eq!(built, "name, decay".parse()?);
/// assert_eq!(built, ProjectFields::from_names(["name", "decay"])?);
/// assert_eq!(built.names().collect::<Vec<_>>(), ["name", "decay"]);
/// assert!("name,colour".parse::<ProjectFields>().is_err());
/// assert_eq!(ProjectFields::new().name().other("colour").names().count(), 2);
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[must_use = "a ProjectFields does nothing until it is passed to `get_fields`"]
pub struct ProjectFields {
    names: Vec<String>,
}

project_fields! {
    /// Requests the project's id.
    project_id,
    /// Requests the organization's id.
    org_id,
    /// Requests the name.
    name,
    /// Requests the description.
    description,
    /// Requests the time of creation.
    created_at,
    /// Requests the time of the last change.
    updated_at,
    /// Requests the members with their e-mail addresses.
    members,
    /// Requests the use case.
    usecase,
    /// Requests the depth of memory.
    memory_depth,
    /// Requests the description of what to remember.
    inclusion_prompt,
    /// Requests the description of what to leave out.
    exclusion_prompt,
    /// Requests the categories.
    custom_categories,
    /// Requests the instructions for messages of users.
    custom_instructions,
    /// Requests the instructions for messages of agents.
    agent_custom_instructions,
    /// Requests the instructions for updates.
    update_custom_instructions,
    /// Requests the instructions for summaries.
    summary_custom_instructions,
    /// Requests the number of memories per summary.
    summary_batch_size,
    /// Requests the maximum length of a summary.
    summary_max_tokens,
    /// Requests the default expiration date of memories.
    expiration_date,
    /// Requests the setting of the entity graph.
    enable_graph,
    /// Requests whether memories keep the language of the messages.
    multilingual,
    /// Requests the version of the memory pipeline.
    version,
    /// Requests whether this is the default project of its organization.
    is_default,
    /// Requests the active prompt profile.
    active_prompt_profile,
    /// Requests whether searches rank recently accessed memories higher.
    decay,
    /// Requests the role of the caller.
    user_role,
}

impl ProjectFields {
    /// Creates an empty selection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects fields by name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty or unknown name. To request an unknown field, use [`other`](Self::other).
    pub fn from_names<I>(names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        names.into_iter().try_fold(Self::new(), |fields, name| {
            let name = name.as_ref();
            if KNOWN.contains(&name) {
                return Ok(fields.with(name));
            }
            let message = if name.is_empty() {
                "has an empty name; leave it out".to_owned()
            } else {
                format!("has an unknown name: `{name}`; to request it anyway, use `ProjectFields::other`")
            };
            Err(Error::invalid("fields", message))
        })
    }

    /// Requests a field that this version of the crate does not know. Read it from
    /// [`Project::extra`](crate::projects::Project::extra). An empty name is refused by the call.
    pub fn other(self, name: impl AsRef<str>) -> Self {
        self.with(name.as_ref())
    }

    /// Iterates over the names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether no field is selected.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn with(mut self, name: &str) -> Self {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.names.is_empty() {
            return Err(Error::invalid(
                "fields",
                "is empty; select at least one, or use `get` for the whole project",
            ));
        }
        if self.names.iter().any(|name| name.trim().is_empty()) {
            return Err(Error::invalid("fields", "has an empty name; leave it out"));
        }
        Ok(())
    }
}

impl fmt::Debug for ProjectFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectFields").field("names", &Redacted(&self.names)).finish()
    }
}

impl FromStr for ProjectFields {
    type Err = Error;

    /// Parses names separated by commas. Spaces around names are ignored; empty text is refused.
    fn from_str(text: &str) -> Result<Self> {
        Self::from_names(text.split(',').map(str::trim))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_known_field_has_a_method_and_is_a_field_of_a_project() {
        let object = KNOWN.iter().map(|name| ((*name).to_owned(), serde_json::Value::Null)).collect();
        let project: crate::projects::Project =
            serde_json::from_value(serde_json::Value::Object(object)).unwrap();
        assert!(project.extra.is_empty(), "{project:?}");
    }

    #[test]
    fn names_are_checked_deduplicated_and_kept_in_order() {
        let fields: ProjectFields = " decay,name ,decay".parse().unwrap();
        assert_eq!(fields.names().collect::<Vec<_>>(), ["decay", "name"]);
        for wrong in ["", ",", "name,", "name,,decay", "Name", "name decay"] {
            let error = wrong.parse::<ProjectFields>().unwrap_err();
            assert!(matches!(error, Error::Invalid { field: "fields", .. }), "{wrong}: {error}");
        }
    }
}
