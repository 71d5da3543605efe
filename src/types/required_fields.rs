//! Methods that read a field which the platform sends in practice, although it guarantees none.

use http::{Method, StatusCode};

use super::{
    AddedMemory, DeletionStarted, Entity, Event, HistoryEntry, Identity, Member, Memory, Organization,
    ProfileJob, Project, Role, Webhook, WebhookUrl,
};
use crate::error::{DecodeError, Error, Result};
use crate::ids::{EntityId, EventId, MemoryId, OrgId, ProfileJobId, ProjectId, UserId, WebhookId};

/// Declares methods that return a field, or an error that names the field, the object and the operation that reads it.
macro_rules! required_fields {
    ($name:ident, $noun:literal, $http_method:ident $path:literal {
        $($(#[$attribute:meta])* $method:ident -> $type:ty = $field:ident;)*
    }) => {
        impl $name {
            $(
                $(#[$attribute])*
                ///
                /// # Errors
                /// [`Error::Decode`](crate::Error::Decode) if the platform did not send it.
                pub fn $method(&self) -> Result<&$type> {
                    let message = concat!("missing from ", $noun);
                    let missing = || missing(Method::$http_method, $path, stringify!($field), message);
                    let value: &$type = self.$field.as_ref().ok_or_else(missing)?;
                    Ok(value)
                }
            )*
        }
    };
}

/// Error for a missing field. It shows no other field, because most objects have private ones.
fn missing(method: Method, path: &str, field: &str, message: &str) -> Error {
    DecodeError::missing(method, path, StatusCode::OK, field, message, &())
}

required_fields! {
    Project, "a project", GET "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/" {
        /// Returns the id of the project.
        id -> ProjectId = project_id;
        /// Returns the name.
        name -> str = name;
        /// Returns the members with their e-mail addresses.
        members -> [Member] = members;
    }
}

required_fields! {
    AddedMemory, "an added memory", POST "/v3/memories/add/" {
        /// Returns the id of the memory.
        id -> MemoryId = id;
    }
}

impl AddedMemory {
    /// Returns the text, which responses have in `data` or in `memory`.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the platform did not send it.
    pub fn text(&self) -> Result<&str> {
        let text = self.data.as_ref().and_then(|data| data.memory.as_deref()).or(self.memory.as_deref());
        text.ok_or_else(|| {
            missing(Method::POST, "/v3/memories/add/", "data.memory", "missing from an added memory")
        })
    }
}

required_fields! {
    Organization, "an organization", GET "/api/v1/orgs/organizations/{org_id}/" {
        /// Returns the id of the organization.
        id -> OrgId = org_id;
        /// Returns the name.
        name -> str = name;
        /// Returns the members with their e-mail addresses.
        members -> [Member] = members;
    }
}

required_fields! {
    Identity, "the identity of the API key", GET "/v1/ping/" {
        /// Returns the organization of the key.
        org_id -> OrgId = org_id;
        /// Returns the project of the key.
        project_id -> ProjectId = project_id;
        /// Returns the e-mail address of the user of the key.
        user_email -> str = user_email;
    }
}

required_fields! {
    Member, "a member (each call returns some of the fields of a member; `get` returns the e-mail addresses)", GET "/api/v1/orgs/organizations/{org_id}/…" {
        /// Returns the role.
        role -> Role = role;
        /// Returns the e-mail address. Only the members of a project or an organization have one: `get_members` returns
        /// none.
        email -> str = email;
        /// Returns the user name. The members that `OrganizationApi::get_members` returns have none.
        username -> str = username;
        /// Returns the id of the user. Only the members that `OrganizationApi::get_members` returns have one.
        user_id -> UserId = user_id;
    }
}

required_fields! {
    Memory, "a memory", GET "/v1/memories/{memory_id}/" {
        /// Returns the id of the memory.
        id -> MemoryId = id;
        /// Returns the text of the memory.
        text -> str = memory;
    }
}

required_fields! {
    HistoryEntry, "an entry of the history", GET "/v1/memories/{memory_id}/history/" {
        /// Returns the id of the entry.
        id -> str = id;
        /// Returns the id of the memory.
        memory_id -> MemoryId = memory_id;
    }
}

required_fields! {
    DeletionStarted, "the response to a deletion", DELETE "/v1/memories/" {
        /// Returns the event of the deletion, to wait for.
        event_id -> EventId = event_id;
    }
}

required_fields! {
    Event, "an event", GET "/v1/event/{event_id}/" {
        /// Returns the id of the event.
        id -> EventId = id;
    }
}

required_fields! {
    Entity, "an entity", GET "/v1/entities/" {
        /// Returns the id that the platform assigned. It is not the id that memories are added with.
        id -> EntityId = id;
        /// Returns the id that memories are added with, and that other calls take.
        name -> str = name;
    }
}

required_fields! {
    ProfileJob, "a profile job", GET "/v2/profiles/jobs/{job_id}/" {
        /// Returns the id of the job.
        id -> ProfileJobId = id;
    }
}

required_fields! {
    Webhook, "a webhook", GET "/api/v1/webhooks/projects/{project_id}/" {
        /// Returns the id of the webhook.
        id -> WebhookId = webhook_id;
        /// Returns the name.
        name -> str = name;
        /// Returns the URL that the webhook delivers to.
        url -> WebhookUrl = url;
    }
}

/// Declares `name_or_id`, from the fields with the name and the id.
macro_rules! name_or_id {
    ($($(#[$attribute:meta])* $name:ident: $label:ident, $id:ident;)*) => {
        $(
            impl $name {
                $(#[$attribute])*
                pub fn name_or_id(&self) -> &str {
                    first_text([self.$label.as_deref(), self.$id.as_ref().map(AsRef::as_ref)])
                }
            }
        )*
    };
}

name_or_id! {
    /// Returns the name for display, or else the id, or else `unnamed`.
    Project: name, project_id;
    /// Returns the name for display, or else the id, or else `unnamed`.
    Organization: name, org_id;
    /// Returns the name for display, or else the id, or else `unnamed`.
    Webhook: name, webhook_id;
    /// Returns the user name for display, or else the user id, or else `unnamed`; never the e-mail address.
    Member: username, user_id;
}

/// First text that is not blank.
fn first_text(texts: [Option<&str>; 2]) -> &str {
    texts.into_iter().flatten().find(|text| !text.trim().is_empty()).unwrap_or("unnamed")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Error;

    fn read<V: DeserializeOwned>(value: Value) -> V {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn fields_are_returned() {
        let project: Project = read(json!({
            "project_id": "p", "name": "Bot",
            "members": [{"email": "ann@x.io", "role": "OWNER", "username": "ann", "user_id": 7}],
        }));
        assert_eq!((project.id().unwrap().as_str(), project.name().unwrap()), ("p", "Bot"));
        let member = &project.members().unwrap()[0];
        assert_eq!((member.email().unwrap(), member.role().unwrap()), ("ann@x.io", &Role::Owner));
        assert_eq!((member.username().unwrap(), member.user_id().unwrap().as_str()), ("ann", "7"));
        let memory: Memory = read(json!({"id": "m", "memory": ""}));
        assert_eq!((memory.id().unwrap().as_str(), memory.text().unwrap()), ("m", ""));
        let identity: Identity = read(json!({"org_id": "o", "project_id": "p", "user_email": "ann@x.io"}));
        let ids = (identity.org_id().unwrap().as_str(), identity.project_id().unwrap().as_str());
        assert_eq!((ids, identity.user_email().unwrap()), (("o", "p"), "ann@x.io"));
    }

    #[test]
    fn an_error_names_the_missing_field_and_shows_no_other() {
        let leaky = json!({
            "memory": "eats plants", "metadata": {"a": "eats plants"}, "username": "ann@x.io", "extra": "m0-secret",
            "description": "eats plants", "url": "https://x.io/secret",
        });
        let project: Project = read(leaky.clone());
        let organization: Organization = read(leaky.clone());
        let member: Member = read(leaky.clone());
        let memory: Memory = read(leaky.clone());
        let webhook: Webhook = read(leaky.clone());
        let event: Event = read(leaky);
        for (error, field, text) in [
            (project.id().unwrap_err(), "project_id", "missing from a project"),
            (
                project.name().unwrap_err(),
                "name",
                "GET /api/v1/orgs/organizations/{org_id}/projects/{project_id}/: ",
            ),
            (organization.id().unwrap_err(), "org_id", "missing from an organization"),
            (organization.members().unwrap_err(), "members", "missing from an organization"),
            (member.email().unwrap_err(), "email", "missing from a member"),
            (member.role().unwrap_err(), "role", "missing from a member"),
            (memory.id().unwrap_err(), "id", "GET /v1/memories/{memory_id}/: "),
            (webhook.id().unwrap_err(), "webhook_id", "missing from a webhook"),
            (event.id().unwrap_err(), "id", "missing from an event"),
        ] {
            let shown = format!("{error} {error:?}");
            let Error::Decode(decode) = error else { panic!("{shown}") };
            assert_eq!((decode.field.as_str(), decode.excerpt.as_str()), (field, ""));
            assert!(shown.contains(text) && shown.contains(&format!("at `{field}`")), "{shown}");
            assert!(!["plants", "x.io", "secret"].iter().any(|private| shown.contains(private)), "{shown}");
        }
    }

    #[test]
    fn a_name_for_display_is_never_blank_and_no_address() {
        for (fields, shown) in [
            (json!({"name": "Bot", "project_id": "p"}), "Bot"),
            (json!({"name": " ", "project_id": "p"}), "p"),
            (json!({"name": null, "project_id": "p"}), "p"),
            (json!({"project_id": ""}), "unnamed"),
        ] {
            assert_eq!(read::<Project>(fields.clone()).name_or_id(), shown, "{fields}");
        }
        assert_eq!(read::<Organization>(json!({"org_id": "o"})).name_or_id(), "o");
        assert_eq!(read::<Member>(json!({"email": "ann@x.io", "user_id": 7})).name_or_id(), "7");
        assert_eq!(read::<Member>(json!({"email": "ann@x.io"})).name_or_id(), "unnamed");
    }
}
