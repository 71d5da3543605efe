//! The body of a request, read field by field.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::check;
use crate::json;
use crate::protocol::error_shape::ErrorShape;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;
use mem0::Role;

/// A JSON object that fields are taken out of. What is wrong with them is gathered for one
/// [`refusal`](Self::refusal); what remains at the end is unknown to the operation.
pub(crate) struct BodyReader {
    shape: ErrorShape,
    fields: Map<String, Value>,
    errors: Map<String, Value>,
}

impl BodyReader {
    /// Reads a body. An empty one counts as an object without fields.
    pub(crate) fn read(shape: ErrorShape, request: &Request) -> Result<Self, HttpReply> {
        let value = if request.body.is_empty() {
            Value::Object(Map::new())
        } else {
            json::read(&request.body).map_err(|error| {
                HttpReply::detail(StatusCode::BAD_REQUEST, &format!("JSON parse error - {error}"))
            })?
        };
        let mut body = Self { shape, fields: Map::new(), errors: Map::new() };
        let kind = match value {
            Value::Object(fields) => {
                body.fields = fields;
                return Ok(body);
            }
            Value::Array(_) => "list",
            Value::String(_) => "str",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::Null => "null",
        };
        let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
        body.add_error("non_field_errors", &text);
        Err(body.refusal())
    }

    /// Of fields that were read already.
    pub(crate) fn from_fields(shape: ErrorShape, fields: Map<String, Value>) -> Self {
        Self { shape, fields, errors: Map::new() }
    }

    /// What nothing took so far.
    pub(crate) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// All fields as they are now.
    pub(crate) fn copy(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field)
    }

    pub(crate) fn name(&mut self) -> Option<String> {
        self.required("name", |value| check::name(value).map(str::to_owned).map_err(str::to_owned))
    }

    pub(crate) fn email(&mut self) -> Option<String> {
        self.required("email", |value| check::email(value).map(str::to_owned).map_err(str::to_owned))
    }

    pub(crate) fn role(&mut self) -> Option<Role> {
        self.required("role", check::role)
    }

    /// The e-mail address and the role of a member.
    pub(crate) fn member(&mut self) -> Result<(String, Role), HttpReply> {
        match (self.email(), self.role()) {
            (Some(email), Some(role)) => Ok((email, role)),
            _ => Err(self.refusal()),
        }
    }

    pub(crate) fn required<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let read = match self.take(field) {
            Some(value) => read(&value),
            None => Err(check::REQUIRED.to_owned()),
        };
        read.map_err(|text| self.add_error(field, &text)).ok()
    }

    /// A field that may be left out.
    pub(crate) fn optional<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let read = read(&self.take(field)?);
        read.map_err(|text| self.add_error(field, &text)).ok()
    }

    pub(crate) fn add_error(&mut self, field: &str, text: &str) {
        self.errors.insert(field.to_owned(), json!([text]));
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// 400 with the errors, in the shape of the operation.
    pub(crate) fn refusal(&self) -> HttpReply {
        self.shape.reply(&self.errors)
    }

    /// The names of the fields that nothing took, sorted.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// All fields, taken out.
    pub(crate) fn take_all(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.fields)
    }
}
