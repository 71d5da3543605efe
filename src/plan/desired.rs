//! The desired state: what a file says.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::visible;
use super::{Email, refusal};
use crate::error::Result;
use crate::ids::{OrgId, ProjectId, WebhookId};
use crate::redact::{Redacted, redact_all};
use crate::types::{CustomCategory, Role, UsecaseSetting, WebhookEventType, WebhookUrl};

/// How an organization should be. Keys it does not know are refused.
///
/// `None` is what is not mentioned, and is left alone. See the [module](super) for the format as a file. `Debug` shows
/// no member and no words of a setting.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredOrganization {
    /// Which organization it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<DesiredIdentity>,
    /// Its members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<DesiredMembers>,
    /// Its projects, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<BTreeMap<String, DesiredProject>>,
}

/// Which organization a desired state is about. Nothing renames an organization: what is said here has to be so.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredIdentity {
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<OrgId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How a project should be. `None` is what is not mentioned, and is left alone; `""` and an empty list put a setting
/// back to what it is when it was never set.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredProject {
    /// Which project it is. Without it, the one of this name, which is made if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ProjectId>,
    /// Its name, where that is not the key it stands under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to extract from what users say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_instructions: Option<String>,
    /// What to extract from what agents say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_custom_instructions: Option<String>,
    /// What is to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inclusion_prompt: Option<String>,
    /// What is not to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusion_prompt: Option<String>,
    /// How much is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_depth: Option<String>,
    /// The use case: a name or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usecase_setting: Option<UsecaseSetting>,
    /// Whether memories stay in the language they came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multilingual: Option<bool>,
    /// Whether searches favour what was used lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<bool>,
    /// The version of its memory pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its categories, in place of those it has; their order means nothing. Written as a table of names and
    /// descriptions, or as a list in which names may stand alone.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "categories")]
    pub custom_categories: Option<Vec<CustomCategory>>,
    /// Its members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<DesiredMembers>,
    /// Its webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<Vec<DesiredWebhook>>,
}

/// How a webhook should be.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DesiredWebhook {
    /// Which webhook it is. Without it, the one of this name, which is made if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<WebhookId>,
    /// Its name.
    pub name: String,
    /// Where it delivers to.
    pub url: WebhookUrl,
    /// What it is told of, in any case; the order means nothing. At least one, but for a webhook that is there without
    /// any. One that this version does not know is refused unless the webhook has it already.
    #[serde(deserialize_with = "event_types")]
    pub event_types: Vec<WebhookEventType>,
    /// Whether it delivers at all. `None` leaves that alone; a new one delivers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// Members and their roles: `READER` or `OWNER`, at least one of them an OWNER. Nobody may be in it twice, in capitals
/// or not. `Debug` shows the roles only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DesiredMembers(BTreeMap<Email, Role>);

impl DesiredMembers {
    /// Members, the last role of each.
    pub fn new(members: impl IntoIterator<Item = (Email, Role)>) -> Self {
        Self(members.into_iter().collect())
    }

    /// The role of a member, if they are one.
    pub fn role(&self, email: &Email) -> Option<&Role> {
        self.0.get(email)
    }

    /// The members, by e-mail address.
    pub fn iter(&self) -> impl Iterator<Item = (&Email, &Role)> {
        self.0.iter()
    }

    pub(super) fn has_owner(&self) -> bool {
        self.0.values().any(|role| *role == Role::Owner)
    }
}

impl DesiredOrganization {
    /// Refuses what contradicts itself, without a look at the platform: no OWNER among members, a project twice, names
    /// that are empty.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid), with the place.
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
            return Err(refusal("members", "of the organization have no OWNER among them; name one"));
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (key, project) in self.projects.iter().flatten() {
            project.check(key)?;
            if let Some(id) = &project.id {
                if !ids.insert(id) {
                    let message = format!("have the id {} twice; leave one of the two out", id.as_str());
                    return Err(refusal("projects", message));
                }
            } else if !names.insert(visible(project.name(key))) {
                let message =
                    format!("have the name {:?} twice; give each of them its id", project.name(key));
                return Err(refusal("projects", message));
            }
        }
        Ok(())
    }
}

impl DesiredProject {
    /// The name it should have, under that key.
    pub fn name<'a>(&'a self, key: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(key)
    }

    fn check(&self, key: &str) -> Result<()> {
        let refused = |field, what: &str| Err(refusal(field, format!("of the project {key:?} {what}")));
        if self.name(key).trim().is_empty() {
            return refused("name", "is empty; give it one");
        }
        if self.id.as_ref().is_some_and(|id| id.as_str().trim().is_empty()) {
            return refused("id", "is empty; leave it out for a project of that name");
        }
        if self.version.as_ref().is_some_and(|version| version.trim().is_empty()) {
            return refused("version", "is empty; leave it out to leave it alone");
        }
        let categories = self.custom_categories.iter().flatten();
        if categories.into_iter().any(|category| category.name().trim().is_empty()) {
            return refused("custom_categories", "have one with an empty name");
        }
        if self.members.as_ref().is_some_and(|members| !members.has_owner()) {
            return refused("members", "have no OWNER among them; name one, or leave the members out");
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for webhook in self.webhooks.iter().flatten() {
            if webhook.name.trim().is_empty() {
                return refused("webhooks", "have one with an empty name");
            }
            // One that is there may have none, which only a comparison can tell.
            if webhook.event_types.is_empty() && webhook.id.is_none() {
                let what = format!("have one, {:?}, without event types; name at least one", webhook.name);
                return refused("webhooks", &what);
            }
            let types: BTreeSet<&str> = webhook.event_types.iter().map(WebhookEventType::as_str).collect();
            if types.len() < webhook.event_types.len() {
                return refused(
                    "webhooks",
                    &format!("have one, {:?}, with an event type twice", webhook.name),
                );
            }
            if webhook.url.check().is_err() {
                let what = format!(
                    "have one, {:?}, whose url is none; expected something like https://example.com/hook",
                    webhook.name
                );
                return refused("webhooks", &what);
            }
            let is_new = match &webhook.id {
                Some(id) => ids.insert(id),
                None => names.insert(visible(&webhook.name)),
            };
            if !is_new {
                let what = format!("have {:?} twice; give each of them its id", webhook.name);
                return refused("webhooks", &what);
            }
        }
        Ok(())
    }

    /// The settings that are mentioned but for the name, as they are written: the name to write, the name to read, and
    /// the value.
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
        // What is no text of the user's own is put back by null: there is no depth and no use case of that name.
        let word = |text: &String| if text.is_empty() { Value::Null } else { Value::from(text.as_str()) };
        settings
            .extend(self.memory_depth.as_ref().map(|depth| ("memory_depth", "memory_depth", word(depth))));
        let usecase = self.usecase_setting.as_ref().map(|usecase| match usecase {
            UsecaseSetting::Name(name) => word(name),
            UsecaseSetting::Number(number) => Value::Number(number.clone()),
        });
        settings.extend(usecase.map(|usecase| ("usecase_setting", "usecase", usecase)));
        let switches = [("multilingual", self.multilingual), ("decay", self.decay)];
        settings.extend(switches.into_iter().filter_map(|(name, on)| Some((name, name, Value::from(on?)))));
        settings.extend(self.version.as_ref().map(|version| ("version", "version", word(version))));
        settings.extend(self.custom_categories.as_ref().map(|categories| {
            ("custom_categories", "custom_categories", categories.iter().map(category).collect())
        }));
        settings
    }
}

/// A category as it is written.
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
                        return Err(de::Error::custom("a member is named twice, with other capitals"));
                    }
                }
                Ok(DesiredMembers(members))
            }
        }

        deserializer.deserialize_map(Roles)
    }
}

/// A role that is to be given, and so has to be one.
struct KnownRole(Role);

impl<'de> Deserialize<'de> for KnownRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom("the role is unknown; expected READER or OWNER"))
    }
}

/// Event types in any spelling. Whether an unknown one is refused depends on the webhook that is there.
fn event_types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WebhookEventType>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let kind = |text: &String| text.parse().unwrap_or_else(|_| WebhookEventType::from_wire(text));
    Ok(texts.iter().map(kind).collect())
}

/// A table of names and descriptions, or a list.
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
