//! Request to delete the memories of a user, an agent, an app or a run.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::types::EntityRef;
use crate::types::body::{Body, FieldValue};
use crate::types::checks::{ENTITY_IDS, check_object, check_text};

/// Memories to delete, selected by user, agent, app or run.
///
/// `"*"` as the id matches every memory that has an id of this kind.
///
/// Set exactly one id. A request without an id is refused before anything is sent. With several ids, the platform
/// guarantees to apply only one of them, and may delete more than intended: see `docs/platform-api.md`. To delete all
/// memories of a project, use [`everything`](Self::everything).
///
/// ```
/// use mem0::memories::DeleteMemories;
///
/// let deletion = DeleteMemories::of_user("alice");
/// # let _ = deletion;
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a DeleteMemories does nothing until it is passed to `delete_all`"]
pub struct DeleteMemories {
    body: Body,
}

impl DeleteMemories {
    /// Creates a request without an id. It is refused unless one is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects the memories of a user.
    pub fn of_user(id: impl Into<String>) -> Self {
        Self::new().user_id(id)
    }

    /// Selects the memories of an agent.
    pub fn of_agent(id: impl Into<String>) -> Self {
        Self::new().agent_id(id)
    }

    /// Selects the memories of an app.
    pub fn of_app(id: impl Into<String>) -> Self {
        Self::new().app_id(id)
    }

    /// Selects the memories of a run.
    pub fn of_run(id: impl Into<String>) -> Self {
        Self::new().run_id(id)
    }

    /// Selects all memories of the project.
    pub fn everything() -> Self {
        Self::new().user_id("*").agent_id("*").app_id("*").run_id("*")
    }

    /// User whose memories are deleted.
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.with("user_id", id.into().into())
    }

    /// Agent whose memories are deleted.
    pub fn agent_id(self, id: impl Into<String>) -> Self {
        self.with("agent_id", id.into().into())
    }

    /// App whose memories are deleted.
    pub fn app_id(self, id: impl Into<String>) -> Self {
        self.with("app_id", id.into().into())
    }

    /// Run whose memories are deleted.
    pub fn run_id(self, id: impl Into<String>) -> Self {
        self.with("run_id", id.into().into())
    }

    /// Metadata that the memories must have: a JSON object.
    pub fn metadata(self, metadata: impl Into<Value>) -> Self {
        self.with("metadata", metadata.into())
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.body.set(name.into(), FieldValue::Other(value));
        self
    }
}

impl DeleteMemories {
    /// Checks the request and returns its query parameters.
    pub(crate) fn query(&self) -> Result<Vec<(&'static str, String)>> {
        let mut query = Vec::new();
        for field in ENTITY_IDS {
            check_text(&self.body, field)?;
            if let Some(id) = self.body.text(field) {
                query.push((field, id.to_owned()));
            }
        }
        if query.is_empty() {
            let message = "is missing, as are agent_id, app_id and run_id; set one of them, or use \
                           DeleteMemories::everything()";
            return Err(Error::invalid("user_id", message));
        }
        check_object(&self.body, "metadata")?;
        if let Some(metadata) = self.body.value("metadata").filter(|metadata| metadata.is_object()) {
            query.push(("metadata", metadata.to_string()));
        }
        Ok(query)
    }
}

impl From<EntityRef> for DeleteMemories {
    fn from(entity: EntityRef) -> Self {
        let (field, id) = entity.into_field();
        Self::new().with(field, id.into())
    }
}

impl fmt::Debug for DeleteMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteMemories").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
