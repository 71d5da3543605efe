//! Request to create an export, and its response.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::error::DecodeError;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::ids::ExportId;
use crate::types::body::{Body, FieldValue};

/// An export to create: a JSON Schema of the result, and a filter that selects the memories to fill it from.
///
/// The result is one object that matches the schema, not a list of memories.
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
#[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[must_use = "a NewExport does nothing until it is passed to `create`"]
pub struct NewExport {
    schema: Value,
    #[serde(rename = "filters")]
    filter: Filter,
    #[serde(rename = "export_instructions", skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
}

impl NewExport {
    /// Creates a request for an export of the memories that match the filter. A schema that is not an object, and a
    /// filter without a user, agent, app or run, are refused before anything is sent.
    pub fn new(schema: impl Into<Value>, filter: Filter) -> Self {
        Self { schema: schema.into(), filter, instructions: None }
    }

    /// Instructions for filling the schema.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Body of the request, with `AND` at the root of the filter. The OpenAPI file rejects flat filters, although the
    /// samples send them: see `docs/platform-api.md`.
    pub(crate) fn into_body(self) -> Result<Body> {
        if !self.schema.is_object() {
            return Err(Error::invalid(
                "schema",
                "is not an object; pass a JSON Schema such as {\"properties\": {…}}",
            ));
        }
        self.filter.check()?;
        let mut body = Body::default();
        body.set("schema".into(), FieldValue::Other(self.schema));
        body.set("filters".into(), FieldValue::Other(self.filter.to_rooted_value()));
        if let Some(instructions) = self.instructions {
            body.set("export_instructions".into(), FieldValue::Other(instructions.into()));
        }
        Ok(body)
    }
}

/// Shows no fields: the filter names people.
impl std::fmt::Debug for NewExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewExport").finish_non_exhaustive()
    }
}

resource! {
    /// Response to creating an export.
    ///
    /// The platform creates the export in the background; read it by its id.
    pub struct ExportCreated {
        /// Message of the platform, to show to people.
        pub message: String,
        /// Id of the export.
        pub id: ExportId,
    }
}

impl ExportCreated {
    /// Returns the id of the export.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The export is in progress anyway: read the
    /// latest export of its filter.
    pub fn id(&self) -> crate::error::Result<&ExportId> {
        let message = "missing; the export is in progress: read the latest export of its filter";
        let missing =
            || DecodeError::missing(Method::POST, "/v1/exports/", StatusCode::CREATED, "id", message, self);
        self.id.as_ref().ok_or_else(missing)
    }
}
