//! The fields a read of a project asks for.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// Declares the builder's methods and the list of known names in one place.
macro_rules! project_fields {
    ($($(#[$attribute:meta])* $field:ident,)*) => {
        /// Every name a [`ProjectFields`] knows: the fields of a project (contract 1.2).
        const KNOWN: &[&str] = &[$(stringify!($field)),*];

        impl ProjectFields {
            $($(#[$attribute])*
            pub fn $field(self) -> Self {
                self.with(stringify!($field))
            })*
        }
    };
}

/// Which fields of a project to read: a filter for `ProjectApi::get_fields`.
///
/// Built by method, from an iterator of names, or from text. A field named twice is asked for once, the
/// order is kept, and an empty filter is refused before anything is sent, since the platform would take it
/// for the whole project. A name this version does not know needs [`other`](Self::other).
///
/// The answer may hold the whole project all the same (contract D1).
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
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[must_use = "a ProjectFields does nothing until it is passed to `get_fields`"]
pub struct ProjectFields {
    names: Vec<String>,
}

project_fields! {
    /// Asks for the project's identifier.
    project_id,
    /// Asks for the organization's identifier.
    org_id,
    /// Asks for the name.
    name,
    /// Asks for the description.
    description,
    /// Asks for the moment it was created.
    created_at,
    /// Asks for the moment it was last changed.
    updated_at,
    /// Asks for the members, with their e-mail addresses.
    members,
    /// Asks for the use case.
    usecase,
    /// Asks for how much is remembered.
    memory_depth,
    /// Asks for what is to be remembered.
    inclusion_prompt,
    /// Asks for what is not to be remembered.
    exclusion_prompt,
    /// Asks for the categories.
    custom_categories,
    /// Asks for the instructions for what users say.
    custom_instructions,
    /// Asks for the instructions for what agents say.
    agent_custom_instructions,
    /// Asks for the instructions for updates.
    update_custom_instructions,
    /// Asks for the instructions for summaries.
    summary_custom_instructions,
    /// Asks for how many memories one summary takes.
    summary_batch_size,
    /// Asks for how long a summary may become.
    summary_max_tokens,
    /// Asks for when its memories expire.
    expiration_date,
    /// Asks for whether a graph of entities is kept.
    enable_graph,
    /// Asks for whether memories stay in the language they came in.
    multilingual,
    /// Asks for the version of the memory pipeline.
    version,
    /// Asks for whether it is its organization's first one.
    is_default,
    /// Asks for the prompt profile in force.
    active_prompt_profile,
    /// Asks for whether searches favour what was used lately.
    decay,
    /// Asks for the caller's role.
    user_role,
}

impl ProjectFields {
    /// A filter that asks for nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A filter of the given names.
    ///
    /// # Errors
    /// [`Error::Invalid`] on a name that is empty or that this version does not know; give that one to
    /// [`other`](Self::other).
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
                "have an empty name among them; leave it out".to_owned()
            } else {
                format!("have no `{name}`; give a name this version does not know to `ProjectFields::other`")
            };
            Err(Error::invalid("fields", message))
        })
    }

    /// Asks for a field this version of the crate does not know. Read it from
    /// [`Project::extra`](crate::projects::Project::extra). An empty name is refused by the call.
    pub fn other(self, name: impl AsRef<str>) -> Self {
        self.with(name.as_ref())
    }

    /// The names in the order they will be sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether nothing is asked for.
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
                "are none; name at least one, or use `get` for the whole project",
            ));
        }
        if self.names.iter().any(|name| name.trim().is_empty()) {
            return Err(Error::invalid("fields", "have an empty name among them; leave it out"));
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

    /// Names separated by commas; blanks around them are ignored. The empty text is refused.
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
    fn names_are_checked_folded_and_kept_in_order() {
        let fields: ProjectFields = " decay,name ,decay".parse().unwrap();
        assert_eq!(fields.names().collect::<Vec<_>>(), ["decay", "name"]);
        for wrong in ["", ",", "name,", "name,,decay", "Name", "name decay"] {
            let error = wrong.parse::<ProjectFields>().unwrap_err();
            assert!(matches!(error, Error::Invalid { field: "fields", .. }), "{wrong}: {error}");
        }
    }
}
