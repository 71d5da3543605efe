//! Memories to be deleted by whose they are.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::types::body::{Body, Setting};
use crate::types::checks::{ENTITY_IDS, check_object, check_text};

/// Whose memories to delete (contract 3.3). `"*"` stands for every memory that has such an owner.
///
/// At least one of user, agent, app and run has to be named; nothing else limits a deletion reliably. Name one only:
/// of several the platform promises to heed one (memory semantics C16), which may delete more than was meant.
/// Everything goes with [`everything`](Self::everything).
///
/// ```
/// use mem0::memories::DeleteMemories;
///
/// let deletion = DeleteMemories::of_user("alice");
/// # let _ = deletion;
/// ```
#[derive(Clone, Default, PartialEq)]
#[must_use = "a DeleteMemories does nothing until it is passed to `delete_all`"]
pub struct DeleteMemories {
    body: Body,
}

impl DeleteMemories {
    /// A deletion that names no owner yet, and is refused as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// A user's memories.
    pub fn of_user(id: impl Into<String>) -> Self {
        Self::new().user_id(id)
    }

    /// An agent's memories.
    pub fn of_agent(id: impl Into<String>) -> Self {
        Self::new().agent_id(id)
    }

    /// An app's memories.
    pub fn of_app(id: impl Into<String>) -> Self {
        Self::new().app_id(id)
    }

    /// A run's memories.
    pub fn of_run(id: impl Into<String>) -> Self {
        Self::new().run_id(id)
    }

    /// Every memory of the project.
    pub fn everything() -> Self {
        Self::new().user_id("*").agent_id("*").app_id("*").run_id("*")
    }

    /// The user whose memories go.
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.with("user_id", id.into().into())
    }

    /// The agent whose memories go.
    pub fn agent_id(self, id: impl Into<String>) -> Self {
        self.with("agent_id", id.into().into())
    }

    /// The app whose memories go.
    pub fn app_id(self, id: impl Into<String>) -> Self {
        self.with("app_id", id.into().into())
    }

    /// The run whose memories go.
    pub fn run_id(self, id: impl Into<String>) -> Self {
        self.with("run_id", id.into().into())
    }

    /// What the metadata of those that go have to hold: an object.
    pub fn metadata(self, metadata: impl Into<Value>) -> Self {
        self.with("metadata", metadata.into())
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.body.set(name.into(), Setting::Other(value));
        self
    }
}

impl DeleteMemories {
    /// The query it is, or why it is not to be sent.
    pub(crate) fn query(&self) -> Result<Vec<(&'static str, String)>> {
        let mut query = Vec::new();
        for field in ENTITY_IDS {
            check_text(&self.body, field)?;
            if let Some(id) = self.body.text(field) {
                query.push((field, id.to_owned()));
            }
        }
        if query.is_empty() {
            let message = "is missing, and so are agent_id, app_id and run_id; say whose memories to delete by one of \
                           them, or use DeleteMemories::everything()";
            return Err(Error::invalid("user_id", message));
        }
        check_object(&self.body, "metadata")?;
        if let Some(metadata) = self.body.value("metadata").filter(|metadata| metadata.is_object()) {
            query.push(("metadata", metadata.to_string()));
        }
        Ok(query)
    }
}

impl fmt::Debug for DeleteMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteMemories").field("set", &self.body.names()).finish_non_exhaustive()
    }
}
