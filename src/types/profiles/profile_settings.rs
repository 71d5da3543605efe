//! Requests to start profile jobs and to change profile settings.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::idempotency_key::IdempotencyKey;
use crate::redact::Redacted;
use crate::types::resource::KeysOf;

/// Request to generate the profile of one user: user id and idempotency key.
///
/// ```
/// use mem0::profiles::ProfileTrigger;
///
/// let trigger = ProfileTrigger::new("alice").idempotency_key("nightly-2026-03-01-alice");
/// # let _ = trigger;
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a ProfileTrigger does nothing until it is passed to `trigger`"]
pub struct ProfileTrigger {
    pub(crate) user_id: String,
    #[serde(rename = "idempotency_key", skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<IdempotencyKey>,
}

impl ProfileTrigger {
    /// Creates a request for the profile of this user. An empty id is refused before anything is sent.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), key: None }
    }

    /// Idempotency key: requests with the same key start one job. The default is a random key.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn body(&self) -> Result<TriggerBody<'_>> {
        if self.user_id.trim().is_empty() {
            return Err(Error::invalid("user_id", "is empty; pass the id of a user"));
        }
        Ok(TriggerBody { operation: "trigger", entity_type: "user", entity_id: &self.user_id })
    }
}

impl<U: Into<String>> From<U> for ProfileTrigger {
    fn from(user_id: U) -> Self {
        Self::new(user_id)
    }
}

impl std::fmt::Debug for ProfileTrigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileTrigger").field("user_id", &Redacted(&self.user_id)).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
pub(crate) struct TriggerBody<'a> {
    operation: &'static str,
    entity_type: &'static str,
    entity_id: &'a str,
}

/// Request to generate the profiles of a few users, as a preview: number of users and idempotency key.
///
/// ```
/// use mem0::profiles::ProfileSample;
///
/// let sample = ProfileSample::new().limit(3);
/// # let _ = sample;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a ProfileSample does nothing until it is passed to `sample`"]
pub struct ProfileSample {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    #[serde(rename = "idempotency_key", skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<IdempotencyKey>,
}

impl ProfileSample {
    /// Creates a request for as many profiles as the platform chooses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of users, from 1 to 10. Any other number is refused before anything is sent.
    pub fn limit(mut self, limit: u8) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Idempotency key: requests with the same key start one job. The default is a random key.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn body(&self) -> Result<SampleBody> {
        if self.limit.is_some_and(|limit| !(1..=10).contains(&limit)) {
            return Err(Error::invalid("limit", "is out of range; expected 1 to 10"));
        }
        Ok(SampleBody { limit: self.limit, operation: "sample", entity_type: "user" })
    }
}

impl From<u8> for ProfileSample {
    fn from(limit: u8) -> Self {
        Self::new().limit(limit)
    }
}

#[derive(Serialize)]
pub(crate) struct SampleBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    operation: &'static str,
    entity_type: &'static str,
}

/// Changes to the profile settings of a project.
///
/// Settings that are not set stay unchanged. Cleared settings are sent as `null` and return to the platform's default.
/// An update without settings is refused before anything is sent.
///
/// ```
/// use mem0::profiles::ProfileSettingsUpdate;
/// use serde_json::json;
///
/// let update = ProfileSettingsUpdate::new()
///     .enabled(true)
///     .schema(json!({"properties": {"diet": {"type": "string", "description": "What they eat"}}}))
///     .clear_custom_instructions();
/// assert_eq!(
///     serde_json::to_value(&update)?,
///     json!({
///         "enabled": true,
///         "entities": {"user": {
///             "schema": {"properties": {"diet": {"type": "string", "description": "What they eat"}}},
///             "custom_instructions": null,
///         }},
///     })
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "a ProfileSettingsUpdate does nothing until it is passed to `update_settings`"]
pub struct ProfileSettingsUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Entities::is_empty")]
    entities: Entities,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Entities {
    #[serde(default)]
    user: UserSettings,
}

/// Each field has three states: not set (`None`), cleared (`null`) and set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct UserSettings {
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    custom_instructions: Option<Value>,
}

/// Reads a value that is present, which `null` is too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl std::fmt::Debug for ProfileSettingsUpdate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileSettingsUpdate")
            .field("enabled", &self.enabled)
            .field("entities", &Redacted(&self.entities))
            .field("extra", &KeysOf(&self.extra))
            .finish()
    }
}

impl Entities {
    fn is_empty(&self) -> bool {
        self.user.schema.is_none() && self.user.custom_instructions.is_none()
    }
}

impl ProfileSettingsUpdate {
    /// Creates an update without settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether profiles are enabled.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// JSON Schema of a user's profile: a JSON object; `null` clears it.
    ///
    /// Each property, including nested ones, needs a `description`, from which the platform knows what to put there. A
    /// property without a description is refused before anything is sent.
    pub fn schema(mut self, schema: impl Into<Value>) -> Self {
        self.entities.user.schema = Some(schema.into());
        self
    }

    /// Returns to the platform's default schema.
    pub fn clear_schema(mut self) -> Self {
        self.entities.user.schema = Some(Value::Null);
        self
    }

    /// Instructions for generating profiles.
    pub fn custom_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.entities.user.custom_instructions = Some(Value::String(instructions.into()));
        self
    }

    /// Removes the instructions.
    pub fn clear_custom_instructions(mut self) -> Self {
        self.entities.user.custom_instructions = Some(Value::Null);
        self
    }

    /// Sets a top-level setting that this version of the crate does not know. Known settings are refused.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Whether no setting is set.
    pub fn is_empty(&self) -> bool {
        self.enabled.is_none() && self.entities.is_empty() && self.extra.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid("update", "has no settings; set at least one"));
        }
        // The platform rejects the flat form, and a duplicate key would be sent twice.
        let own = ["", "enabled", "entities", "schema", "custom_instructions"];
        if let Some(name) = self.extra.keys().find(|name| own.contains(&name.as_str())) {
            let message = format!("has the known setting `{name}`; use its own method");
            return Err(Error::invalid("set", message));
        }
        match &self.entities.user.schema {
            None | Some(Value::Null) => Ok(()),
            Some(schema @ Value::Object(_)) => check_descriptions(schema, "schema"),
            Some(_) => {
                Err(Error::invalid("schema", "is not an object; pass a JSON Schema, or use `clear_schema`"))
            }
        }
    }
}

/// Refuses a schema with a property that has no description.
fn check_descriptions(schema: &Value, place: &str) -> Result<()> {
    let mut left = vec![(schema, place.to_owned())];
    while let Some((schema, place)) = left.pop() {
        if let Some(items) = schema.get("items") {
            left.push((items, format!("{place}.items")));
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { continue };
        for (name, property) in properties {
            let place = format!("{place}.properties.{name}");
            let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
            if description.trim().is_empty() {
                let message = format!("has no `description` at {place}; describe what belongs there");
                return Err(Error::invalid("schema", crate::redact::one_line(&message)));
            }
            left.push((property, place));
        }
    }
    Ok(())
}
