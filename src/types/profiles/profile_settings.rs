//! What is asked of profiles: jobs, and settings.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::idempotency_key::IdempotencyKey;
use crate::redact::Redacted;
use crate::types::resource::KeysOf;

/// A profile to be made now: whose, and under which idempotency key.
///
/// ```
/// use mem0::profiles::ProfileTrigger;
///
/// let trigger = ProfileTrigger::new("alice").idempotency_key("nightly-2026-03-01-alice");
/// # let _ = trigger;
/// ```
#[derive(Clone)]
#[must_use = "a ProfileTrigger does nothing until it is passed to `trigger`"]
pub struct ProfileTrigger {
    pub(crate) user_id: String,
    pub(crate) key: Option<IdempotencyKey>,
}

impl ProfileTrigger {
    /// The profile of that user. An empty identifier is refused before anything is sent.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), key: None }
    }

    /// The key that makes it one job however often it is asked for. One is made up unless it is set here.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn body(&self) -> Result<TriggerBody<'_>> {
        if self.user_id.trim().is_empty() {
            return Err(Error::invalid("user_id", "is empty; name the user"));
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

/// Profiles of some users to be made, to see what they look like: of how many, and under which idempotency key.
///
/// ```
/// use mem0::profiles::ProfileSample;
///
/// let sample = ProfileSample::new().limit(3);
/// # let _ = sample;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a ProfileSample does nothing until it is passed to `sample`"]
pub struct ProfileSample {
    limit: Option<u8>,
    pub(crate) key: Option<IdempotencyKey>,
}

impl ProfileSample {
    /// As many users as the platform chooses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of how many users: 1 to 10. Any other number is refused before anything is sent.
    pub fn limit(mut self, limit: u8) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The key that makes it one job however often it is asked for. One is made up unless it is set here.
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

/// A change of how a project makes profiles. What is not named stays as it is; what is cleared is sent as `null`
/// and goes back to the platform's own. An update that names nothing is refused before anything is sent.
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
#[derive(Clone, Default, PartialEq, Serialize)]
#[must_use = "a ProfileSettingsUpdate does nothing until it is passed to `update_settings`"]
pub struct ProfileSettingsUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Entities::is_empty")]
    entities: Entities,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Entities {
    user: UserForm,
}

/// Three states each: not named, cleared (`null`), set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct UserForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_instructions: Option<Value>,
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
    /// An update that names nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the project makes profiles.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// The JSON Schema of a user's profile: an object; `null` clears it. Each of its properties, also those of properties, needs
    /// a `description`, by which the platform knows what belongs there; one without is refused before anything
    /// is sent.
    pub fn schema(mut self, schema: impl Into<Value>) -> Self {
        self.entities.user.schema = Some(schema.into());
        self
    }

    /// Goes back to the platform's own schema.
    pub fn clear_schema(mut self) -> Self {
        self.entities.user.schema = Some(Value::Null);
        self
    }

    /// What to heed when profiles are made.
    pub fn custom_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.entities.user.custom_instructions = Some(Value::String(instructions.into()));
        self
    }

    /// Takes the instructions away.
    pub fn clear_custom_instructions(mut self) -> Self {
        self.entities.user.custom_instructions = Some(Value::Null);
        self
    }

    /// A setting beside `enabled` that this version of the crate does not know.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Whether nothing is named yet.
    pub fn is_empty(&self) -> bool {
        self.enabled.is_none() && self.entities.is_empty() && self.extra.is_empty()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid("update", "names no setting; name at least one"));
        }
        // The platform refuses the flat form, and a key given twice is two keys in the body.
        let own = ["", "enabled", "entities", "schema", "custom_instructions"];
        if let Some(name) = self.extra.keys().find(|name| own.contains(&name.as_str())) {
            let message =
                format!("names `{name}`, which has a method of its own or belongs below `entities`");
            return Err(Error::invalid("set", message));
        }
        match &self.entities.user.schema {
            None | Some(Value::Null) => Ok(()),
            Some(schema @ Value::Object(_)) => check_descriptions(schema, "schema"),
            Some(_) => Err(Error::invalid("schema", "is no object; give a JSON Schema, or `clear_schema`")),
        }
    }
}

/// Refuses a schema with a property that no description says the meaning of.
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
                let message = format!("has no `description` at {place}; say there what belongs into it");
                return Err(Error::invalid("schema", crate::redact::one_line(&message)));
            }
            left.push((property, place));
        }
    }
    Ok(())
}
