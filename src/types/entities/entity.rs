//! Users, agents, apps and runs: whom memories belong to.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::id::EntityId;
use crate::redact::Redacted;
use crate::types::body::{Body, Setting};
use crate::types::{EntityKind, Page, Timestamp};

resource! {
    /// A user, an agent, an app or a run (contract 4). Its [`name`](Self::name) is the identifier its memories
    /// were added with, which is what the calls that take an entity want.
    ///
    /// `Debug` masks e-mail addresses, which names may be, and hides the metadata.
    pub struct Entity {
        /// The platform's own identifier, not the caller's.
        pub id: EntityId,
        /// The identifier its memories were added with.
        pub name: String,
        /// What it is.
        pub kind = "type": EntityKind,
        /// When it was first seen.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Whose it is.
        pub owner: String,
        /// How many memories it has; most answers leave it out.
        pub total_memories = "totalMemories": i64,
        private {
            /// What its creator noted about it.
            pub metadata: Map<String, Value>,
        }
    }
}

/// How many entities a project has of each kind, as a page of their list tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityTotals {
    /// How many users.
    pub users: Option<u64>,
    /// How many agents.
    pub agents: Option<u64>,
    /// How many apps.
    pub apps: Option<u64>,
    /// How many runs.
    pub runs: Option<u64>,
}

impl Page<Entity> {
    /// How many entities the project has of each kind; `None` where the page does not tell.
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
    /// What lists of entities and of events can be narrowed by (contract 4), as the platform's own pages
    /// offer it.
    pub struct EntityFilters {
        /// The kinds of events.
        pub event_type: Vec<String>,
        /// The categories in use.
        pub categories: Vec<String>,
        /// The parameters, with what to offer for each.
        pub parameters: Vec<EntityFilterParameter>,
        private {
            /// The users there are.
            pub users: Vec<Value>,
        }
    }
}

resource! {
    /// A parameter to narrow a list by.
    pub struct EntityFilterParameter {
        /// Its name in a request.
        pub name: String,
        /// Its name for people.
        pub label: String,
        /// What kind of input it is.
        pub kind = "type": String,
        /// What to show while it is empty.
        pub placeholder: String,
        /// What to choose from.
        pub options: Vec<EntityFilterOption>,
    }
}

resource! {
    /// A value to choose for a parameter.
    pub struct EntityFilterOption {
        /// The value in a request.
        pub value: Value,
        /// The value for people.
        pub label: String,
    }
}

resource! {
    /// The answer to creating an entity (contract 4). Which of the four identifiers is set tells its kind.
    pub struct EntityCreated {
        /// The platform's own identifier, not the caller's.
        pub id: EntityId,
        /// The identifier of a user.
        pub user_id: String,
        /// The identifier of an agent.
        pub agent_id: String,
        /// The identifier of an app.
        pub app_id: String,
        /// The identifier of a run.
        pub run_id: String,
        /// The name for people; users have none.
        pub name: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Whether it has been deleted.
        pub is_deleted: bool,
        /// The platform's number of the project, which is not its identifier.
        pub project: Value,
        private {
            /// What its creator noted about it.
            pub metadata: Map<String, Value>,
            /// The entities of its graph. What an entry holds is not documented.
            pub graph_entities: Value,
        }
    }
}

/// A user, an agent, an app or a run to be created before it has memories: its identifier, and what else is
/// known. Adding memories creates entities too, so there is seldom a need for it.
///
/// ```
/// use mem0::entities::NewEntity;
///
/// let agent = NewEntity::new("support-bot").name("Support bot").metadata("team", "support");
/// # let _ = agent;
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "a NewEntity does nothing until it is passed to one of the `create_` methods"]
pub struct NewEntity {
    id: String,
    name: Option<String>,
    metadata: Option<Map<String, Value>>,
}

impl NewEntity {
    /// An entity of that identifier. An empty one is refused before anything is sent.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, metadata: None }
    }

    /// The name for people of an agent, an app or a run, which is the identifier unless it is set here. A user
    /// has none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Notes something about it.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// The body of the call that creates one of that kind.
    pub(crate) fn into_body(self, kind: NewKind) -> Result<Body> {
        if self.id.trim().is_empty() {
            return Err(Error::invalid(kind.id_field, "is empty; give it an identifier"));
        }
        let name = match self.name {
            Some(_) if !kind.has_name => {
                let message = "is given to a user, who has none; leave it out, or note it as metadata";
                return Err(Error::invalid("name", message));
            }
            Some(name) if name.trim().is_empty() => {
                return Err(Error::invalid("name", "is empty; give one, or leave it out for the identifier"));
            }
            name => name.or_else(|| kind.has_name.then(|| self.id.clone())),
        };
        let mut body = Body::default();
        body.set(kind.id_field.into(), Setting::Other(self.id.into()));
        if let Some(name) = name {
            body.set("name".into(), Setting::Other(name.into()));
        }
        if let Some(metadata) = self.metadata {
            body.set("metadata".into(), Setting::Other(metadata.into()));
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

/// How entities of a kind are created.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewKind {
    /// The word in the path.
    pub(crate) path: &'static str,
    /// The field of the identifier.
    pub(crate) id_field: &'static str,
    /// Whether the platform wants a name as well.
    pub(crate) has_name: bool,
}

impl NewKind {
    pub(crate) const USER: Self = Self { path: "users", id_field: "user_id", has_name: false };
    pub(crate) const AGENT: Self = Self { path: "agents", id_field: "agent_id", has_name: true };
    pub(crate) const APP: Self = Self { path: "apps", id_field: "app_id", has_name: true };
    pub(crate) const RUN: Self = Self { path: "runs", id_field: "run_id", has_name: true };
}
