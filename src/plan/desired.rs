//! Desired state of an organization.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::normalize;
use super::{Email, refusal};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId, WebhookId};
use crate::redact::{Redacted, redact_all};
use crate::types::{CustomCategory, Role, UsecaseSetting, WebhookEventType, WebhookUrl};

/// Desired state of an organization.
///
/// `None` means unmanaged: a plan does not change it. See the [module](super) for the file format. Deserialization
/// refuses unknown keys. `Debug` shows no e-mail addresses and no values of settings.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredOrganization {
    /// Id and name of the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<DesiredIdentity>,
    /// Members and their roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<DesiredMembers>,
    /// Projects, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<BTreeMap<String, DesiredProject>>,
}

/// Id and name of the organization.
///
/// An organization can't be renamed: a plan for an organization with another id or name fails.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredIdentity {
    /// Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<OrgId>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Desired state of a project.
///
/// `None` means unmanaged: a plan does not change it. `""` and an empty list reset a setting to its default.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredProject {
    /// Id of an existing project. Without it, the project is found by name, or created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ProjectId>,
    /// Name, if it differs from the key in [`DesiredOrganization::projects`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Instructions for extracting memories from messages of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_instructions: Option<String>,
    /// Instructions for extracting memories from messages of agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_custom_instructions: Option<String>,
    /// Description of what to remember.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inclusion_prompt: Option<String>,
    /// Description of what to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusion_prompt: Option<String>,
    /// Depth of memory. The platform does not document the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_depth: Option<String>,
    /// Use case: a name or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usecase_setting: Option<UsecaseSetting>,
    /// Whether memories keep the language of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multilingual: Option<bool>,
    /// Whether searches rank recently accessed memories higher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<bool>,
    /// Version of the memory pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Categories, which replace the current ones. Their order is ignored. In a file, they are a table of names and
    /// descriptions, or a list whose items can be names without a description.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "categories")]
    pub custom_categories: Option<Vec<CustomCategory>>,
    /// Members and their roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<DesiredMembers>,
    /// Webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<Vec<DesiredWebhook>>,
}

/// Desired state of a webhook.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredWebhook {
    /// Id of an existing webhook. Without it, the webhook is found by name, or created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<WebhookId>,
    /// Name.
    pub name: String,
    /// Target URL.
    pub url: WebhookUrl,
    /// Subscribed event types, at least one; case and order are ignored. A list can be empty, or have an unknown event
    /// type, only if the existing webhook has the same.
    #[serde(deserialize_with = "event_types")]
    pub event_types: Vec<WebhookEventType>,
    /// Whether the webhook is active. With `None`, an existing webhook is not changed and a new one is active. The
    /// platform does not document that an existing webhook can be activated or deactivated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// Members and their roles, `READER` or `OWNER`, with at least one OWNER.
///
/// Each address occurs once; addresses that differ only in case are the same. `Debug` shows only the roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DesiredMembers(BTreeMap<Email, Role>);

impl DesiredMembers {
    /// Creates a list of members. If an address is repeated, its last role is used.
    pub fn new(members: impl IntoIterator<Item = (Email, Role)>) -> Self {
        Self(members.into_iter().collect())
    }

    /// Returns the role of a member; `None` if the address is not in the list.
    pub fn role(&self, email: &Email) -> Option<&Role> {
        self.0.get(email)
    }

    /// Iterates over the members, sorted by e-mail address.
    pub fn iter(&self) -> impl Iterator<Item = (&Email, &Role)> {
        self.0.iter()
    }

    pub(super) fn has_owner(&self) -> bool {
        self.0.values().any(|role| *role == Role::Owner)
    }
}

impl DesiredOrganization {
    /// Checks the state for contradictions, such as a member list without an OWNER, duplicate projects and empty names.
    /// Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid), which names the project or webhook.
    ///
    /// ```
    /// use mem0::plan::DesiredOrganization;
    ///
    /// let desired: DesiredOrganization = serde_json::from_str(r#"{"members": {"ann@example.com": "READER"}}"#)?;
    /// assert!(desired.check().unwrap_err().to_string().contains("no OWNER"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        if self.members.as_ref().is_some_and(|members| !members.has_owner()) {
            return Err(refusal("members", "no OWNER in the organization; name at least one"));
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (key, project) in self.projects.iter().flatten() {
            project.check(key)?;
            if let Some(id) = &project.id {
                if !ids.insert(id) {
                    let message = format!("duplicate id `{}`; remove one of the two projects", id.as_str());
                    return Err(refusal("projects", message));
                }
            } else if !names.insert(normalize(project.name(key))) {
                let message = format!("duplicate name {:?}; set the id of each project", project.name(key));
                return Err(refusal("projects", message));
            }
        }
        Ok(())
    }
}

impl DesiredProject {
    /// Returns the desired name: [`name`](Self::name), or else the key of the project.
    pub fn name<'a>(&'a self, key: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(key)
    }

    fn check(&self, key: &str) -> Result<()> {
        let refused = |field, message: &str| Err(refusal(field, format!("project {key:?}: {message}")));
        if self.name(key).trim().is_empty() {
            return refused("name", "the name must not be empty");
        }
        if self.id.as_ref().is_some_and(|id| id.as_str().trim().is_empty()) {
            return refused("id", "the id must not be empty; omit it to find the project by name");
        }
        if self.version.as_ref().is_some_and(|version| version.trim().is_empty()) {
            return refused("version", "the version must not be empty; omit it to keep the current one");
        }
        let categories = self.custom_categories.iter().flatten();
        if categories.into_iter().any(|category| category.name().trim().is_empty()) {
            return refused("custom_categories", "a category has an empty name");
        }
        if self.members.as_ref().is_some_and(|members| !members.has_owner()) {
            return refused("members", "no OWNER among the members; name at least one, or omit the members");
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for webhook in self.webhooks.iter().flatten() {
            if webhook.name.trim().is_empty() {
                return refused("webhooks", "a webhook has an empty name");
            }
            // An existing webhook may have none; this is checked when it is compared.
            if webhook.event_types.is_empty() && webhook.id.is_none() {
                let message = format!("webhook {:?} has no event types; name at least one", webhook.name);
                return refused("webhooks", &message);
            }
            let types: BTreeSet<&str> = webhook.event_types.iter().map(WebhookEventType::as_str).collect();
            if types.len() < webhook.event_types.len() {
                return refused(
                    "webhooks",
                    &format!("webhook {:?} has a duplicate event type", webhook.name),
                );
            }
            if webhook.url.check().is_err() {
                let message = format!(
                    "webhook {:?} has an invalid url; expected something like https://example.com/hook",
                    webhook.name
                );
                return refused("webhooks", &message);
            }
            let is_new = match &webhook.id {
                Some(id) => ids.insert(id),
                None => names.insert(normalize(&webhook.name)),
            };
            if !is_new {
                let message = format!("duplicate webhook {:?}; set the id of each", webhook.name);
                return refused("webhooks", &message);
            }
        }
        Ok(())
    }

    /// Managed settings without the name: field name in a request, field name in a response, and value.
    pub(super) fn settings(&self) -> Vec<(&'static str, &'static str, Value)> {
        let texts = [
            ("description", &self.description),
            ("custom_instructions", &self.custom_instructions),
            ("agent_custom_instructions", &self.agent_custom_instructions),
            ("inclusion_prompt", &self.inclusion_prompt),
            ("exclusion_prompt", &self.exclusion_prompt),
        ];
        let mut settings: Vec<_> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, name, Value::from(text.clone()?))))
            .collect();
        // Settings with fixed values are reset by null: the platform has no value with an empty name.
        let keyword = |text: &String| if text.is_empty() { Value::Null } else { Value::from(text.as_str()) };
        settings
            .extend(self.memory_depth.as_ref().map(|depth| ("memory_depth", "memory_depth", keyword(depth))));
        let usecase = self.usecase_setting.as_ref().map(|usecase| match usecase {
            UsecaseSetting::Name(name) => keyword(name),
            UsecaseSetting::Number(number) => Value::Number(number.clone()),
        });
        settings.extend(usecase.map(|usecase| ("usecase_setting", "usecase", usecase)));
        let flags = [("multilingual", self.multilingual), ("decay", self.decay)];
        settings.extend(flags.into_iter().filter_map(|(name, on)| Some((name, name, Value::from(on?)))));
        settings.extend(self.version.as_ref().map(|version| ("version", "version", keyword(version))));
        settings.extend(self.custom_categories.as_ref().map(|categories| {
            ("custom_categories", "custom_categories", categories.iter().map(category).collect())
        }));
        settings
    }
}

/// JSON of a category in a request.
pub(super) fn category(category: &CustomCategory) -> Value {
    match category.description() {
        Some(description) => serde_json::json!({ category.name(): description }),
        None => category.name().into(),
    }
}

impl<'de> Deserialize<'de> for DesiredMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Roles;

        impl<'de> Visitor<'de> for Roles {
            type Value = DesiredMembers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("e-mail addresses with their roles, READER or OWNER")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DesiredMembers, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((email, role)) = map.next_entry::<Email, KnownRole>()? {
                    if members.insert(email, role.0).is_some() {
                        return Err(de::Error::custom(
                            "duplicate member; addresses that differ only in case are the same",
                        ));
                    }
                }
                Ok(DesiredMembers(members))
            }
        }

        deserializer.deserialize_map(Roles)
    }
}

/// Role that is not unknown, because the platform has to accept it.
struct KnownRole(Role);

impl<'de> Deserialize<'de> for KnownRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom("unknown role; expected READER or OWNER"))
    }
}

/// Reads event types in any case. Unknown ones are checked later, against the existing webhook.
fn event_types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WebhookEventType>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let kind = |text: &String| text.parse().unwrap_or_else(|_| WebhookEventType::from_wire(text));
    Ok(texts.iter().map(kind).collect())
}

/// Reads categories from a table of names and descriptions, or from a list.
fn categories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<CustomCategory>>, D::Error> {
    struct Categories;

    impl<'de> Visitor<'de> for Categories {
        type Value = Vec<CustomCategory>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table of names and descriptions, or a list of names")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut categories = Vec::new();
            while let Some((name, description)) = map.next_entry::<String, String>()? {
                categories.push(CustomCategory::new(name, description));
            }
            Ok(categories)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut categories = Vec::new();
            while let Some(category) = list.next_element()? {
                categories.push(category);
            }
            Ok(categories)
        }
    }

    deserializer.deserialize_any(Categories).map(Some)
}

impl fmt::Debug for DesiredOrganization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let projects: Vec<_> =
            self.projects.iter().flatten().map(|(key, project)| (redact_all(key), project)).collect();
        f.debug_struct("DesiredOrganization")
            .field("organization", &self.organization)
            .field("members", &self.members)
            .field("projects", &projects)
            .finish()
    }
}

impl fmt::Debug for DesiredIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DesiredIdentity")
            .field("id", &self.id)
            .field("name", &self.name.as_ref().map(Redacted))
            .finish()
    }
}

impl fmt::Debug for DesiredProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<&str> = self.settings().into_iter().map(|(name, ..)| name).collect();
        f.debug_struct("DesiredProject")
            .field("id", &self.id)
            .field("name", &self.name.as_deref().map(redact_all))
            .field("settings", &settings)
            .field("members", &self.members)
            .field("webhooks", &self.webhooks)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DesiredWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DesiredWebhook")
            .field("id", &self.id)
            .field("name", &redact_all(&self.name))
            .field("url", &self.url)
            .field("event_types", &self.event_types)
            .field("is_active", &self.is_active)
            .finish()
    }
}
