//! Users, agents, apps and runs.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::ids::EntityId;
use crate::redact::Redacted;
use crate::types::body::{Body, FieldValue};
use crate::types::{EntityKind, Page, Timestamp};

resource! {
    /// A user, an agent, an app or a run.
    ///
    /// Its [`name`](Self::name) is the id that memories are added with, and the id that other calls take.
    ///
    /// `Debug` redacts e-mail addresses, which names may be, and hides the metadata.
    pub struct Entity {
        /// Id that the platform assigned. It is not the id that memories are added with.
        pub id: EntityId,
        /// Id that memories are added with, as `user_id`, `agent_id`, `app_id` or `run_id`.
        pub name: String,
        /// Kind of entity.
        pub kind = "type": EntityKind,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Owner of the entity.
        pub owner: String,
        /// Number of memories. Most responses leave it out.
        pub total_memories = "totalMemories": i64,
        private {
            /// Metadata of the entity.
            pub metadata: Map<String, Value>,
        }
    }
}

/// Number of entities of a project per kind, from a page of the list of entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct EntityTotals {
    /// Number of users. `None` if the page does not say.
    pub users: Option<u64>,
    /// Number of agents. `None` if the page does not say.
    pub agents: Option<u64>,
    /// Number of apps. `None` if the page does not say.
    pub apps: Option<u64>,
    /// Number of runs. `None` if the page does not say.
    pub runs: Option<u64>,
}

impl Page<Entity> {
    /// Returns the number of entities of the project per kind, as far as the page has them.
    pub fn totals(&self) -> EntityTotals {
        let total = |key: &str| self.extra.get(key).and_then(Value::as_u64);
        EntityTotals {
            users: total("total_users"),
            agents: total("total_agents"),
            apps: total("total_apps"),
            runs: total("total_runs"),
        }
    }
}

resource! {
    /// Filter options for lists of entities and events, as the dashboard of the platform offers them.
    pub struct EntityFilters {
        /// Types of events.
        pub event_type: Vec<String>,
        /// Categories in use.
        pub categories: Vec<String>,
        /// Parameters with their options.
        pub parameters: Vec<EntityFilterParameter>,
        private {
            /// Users of the project.
            pub users: Vec<Value>,
        }
    }
}

resource! {
    /// Parameter that filters a list.
    pub struct EntityFilterParameter {
        /// Name in a request.
        pub name: String,
        /// Display name.
        pub label: String,
        /// Kind of input.
        pub kind = "type": String,
        /// Text to show while the input is empty.
        pub placeholder: String,
        /// Options to choose from.
        pub options: Vec<EntityFilterOption>,
    }
}

resource! {
    /// Option of a parameter.
    pub struct EntityFilterOption {
        /// Value in a request.
        pub value: Value,
        /// Display text.
        pub label: String,
    }
}

resource! {
    /// Response to creating an entity.
    ///
    /// Exactly one of the four ids is set, depending on the kind of the entity.
    pub struct EntityCreated {
        /// Id that the platform assigned. It is not the id that memories are added with.
        pub id: EntityId,
        /// Id of a user.
        pub user_id: String,
        /// Id of an agent.
        pub agent_id: String,
        /// Id of an app.
        pub app_id: String,
        /// Id of a run.
        pub run_id: String,
        /// Display name. Users have none.
        pub name: String,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Whether the entity is deleted.
        pub is_deleted: bool,
        /// Internal number of the project. It is not the project's id.
        pub project: Value,
        private {
            /// Metadata of the entity.
            pub metadata: Map<String, Value>,
            /// Data of the entity graph. The platform does not document it.
            pub graph_entities: Value,
        }
    }
}

/// A user, an agent, an app or a run to create: id, display name and metadata.
///
/// This is rarely needed, because adding memories creates entities too.
///
/// ```
/// use mem0::entities::NewEntity;
///
/// let agent = NewEntity::new("support-bot").name("Support bot").metadata("team", "support");
/// # let _ = agent;
/// ```
#[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[must_use = "a NewEntity does nothing until it is passed to one of the `create_` methods"]
pub struct NewEntity {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Map<String, Value>>,
}

impl NewEntity {
    /// Creates a request for an entity with this id, which memories are added with. An empty id is refused before
    /// anything is sent.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, metadata: None }
    }

    /// Display name of an agent, an app or a run. The default is the id. A display name for a user is refused.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a key to the metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// Body of the call that creates an entity of that kind.
    pub(crate) fn into_body(self, kind: EntityEndpoint) -> Result<Body> {
        if self.id.trim().is_empty() {
            return Err(Error::invalid(kind.id_field, "is empty; pass a non-empty id"));
        }
        let name = match self.name {
            Some(_) if !kind.has_name => {
                let message = "is not supported for users; leave it out, or store it as metadata";
                return Err(Error::invalid("name", message));
            }
            Some(name) if name.trim().is_empty() => {
                return Err(Error::invalid("name", "is empty; set a name, or leave it out to use the id"));
            }
            name => name.or_else(|| kind.has_name.then(|| self.id.clone())),
        };
        let mut body = Body::default();
        body.set(kind.id_field.into(), FieldValue::Other(self.id.into()));
        if let Some(name) = name {
            body.set("name".into(), FieldValue::Other(name.into()));
        }
        if let Some(metadata) = self.metadata {
            body.set("metadata".into(), FieldValue::Other(metadata.into()));
        }
        Ok(body)
    }
}

impl<I: Into<String>> From<I> for NewEntity {
    fn from(id: I) -> Self {
        Self::new(id)
    }
}

impl std::fmt::Debug for NewEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewEntity")
            .field("id", &Redacted(&self.id))
            .field("name", &Redacted(&self.name))
            .finish_non_exhaustive()
    }
}

/// Endpoint that creates entities of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntityEndpoint {
    /// Last segment of the path.
    pub(crate) path: &'static str,
    /// Field for the id.
    pub(crate) id_field: &'static str,
    /// Whether the platform requires a display name.
    pub(crate) has_name: bool,
}

impl EntityEndpoint {
    pub(crate) const USER: Self = Self { path: "users", id_field: "user_id", has_name: false };
    pub(crate) const AGENT: Self = Self { path: "agents", id_field: "agent_id", has_name: true };
    pub(crate) const APP: Self = Self { path: "apps", id_field: "app_id", has_name: true };
    pub(crate) const RUN: Self = Self { path: "runs", id_field: "run_id", has_name: true };
}
