//! Exports of memories into a form of the caller's.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::error::DecodeError;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::id::ExportId;
use crate::types::body::{Body, Setting};

/// An export to be made: a JSON Schema of what it is to be, and which memories it is made of (contract 5).
///
/// The result is one object that fits the schema, not a list of memories.
///
/// ```
/// use mem0::exports::NewExport;
/// use mem0::Filter;
/// use serde_json::json;
///
/// let schema = json!({"type": "object", "properties": {"full_name": {"type": "string"}}});
/// let export = NewExport::new(schema, Filter::user("alice")).instructions("Leave out nicknames.");
/// # let _ = export;
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "a NewExport does nothing until it is passed to `create`"]
pub struct NewExport {
    schema: Value,
    filter: Filter,
    instructions: Option<String>,
}

impl NewExport {
    /// An export of the memories the filter matches. A schema that is no object and a filter that names no entity are
    /// refused before anything is sent.
    pub fn new(schema: impl Into<Value>, filter: Filter) -> Self {
        Self { schema: schema.into(), filter, instructions: None }
    }

    /// What to heed when the memories are put into that form.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// The body, with `AND` at the root of the filter: the platform's own description refuses a flat one, while
    /// its examples send one (contract 5).
    pub(crate) fn into_body(self) -> Result<Body> {
        if !self.schema.is_object() {
            return Err(Error::invalid(
                "schema",
                "is no object; give a JSON Schema such as {\"properties\": {…}}",
            ));
        }
        self.filter.check()?;
        let mut body = Body::default();
        body.set("schema".into(), Setting::Other(self.schema));
        body.set("filters".into(), Setting::Other(self.filter.to_rooted_value()));
        if let Some(instructions) = self.instructions {
            body.set("export_instructions".into(), Setting::Other(instructions.into()));
        }
        Ok(body)
    }
}

/// Shows nothing of the filter: it names people.
impl std::fmt::Debug for NewExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewExport").finish_non_exhaustive()
    }
}

resource! {
    /// The answer to asking for an export: it is made after this, and read by its identifier.
    pub struct ExportCreated {
        /// The platform's words.
        pub message: String,
        /// The export's identifier.
        pub id: ExportId,
    }
}

impl ExportCreated {
    /// The export's identifier, as a result.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the platform left it out. The export is being made all the
    /// same: read the latest one of its filter.
    pub fn id(&self) -> crate::error::Result<&ExportId> {
        let message = "missing; the export is being made: read the latest of its filter";
        let missing =
            || DecodeError::missing(Method::POST, "/v1/exports/", StatusCode::CREATED, "id", message, self);
        self.id.as_ref().ok_or_else(missing)
    }
}
