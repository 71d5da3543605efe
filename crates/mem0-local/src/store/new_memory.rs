//! Memories for bulk loading.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Memory for [`LocalPlatform::load_memories`](crate::LocalPlatform::load_memories).
///
/// It is stored unchanged: nothing is extracted from it, and no categories are assigned. `Debug` hides the text.
///
/// ```
/// use mem0_local::NewMemory;
///
/// let memory = NewMemory::new("Likes oolong tea").user("alice").created_at("2026-01-31T12:00:00Z".parse()?);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "a memory does nothing until it is loaded"]
pub struct NewMemory {
    pub(crate) memory: String,
    pub(crate) user_id: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) categories: Option<Vec<String>>,
    pub(crate) expiration_date: Option<jiff::civil::Date>,
    pub(crate) event_date: Option<Timestamp>,
    pub(crate) created_at: Option<Timestamp>,
}

impl fmt::Debug for NewMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMemory").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl NewMemory {
    /// Creates a memory with a text. It needs a user, an agent, an app or a run.
    pub fn new(memory: impl Into<String>) -> Self {
        Self { memory: memory.into(), ..Self::default() }
    }

    /// Sets the user ID.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Sets the agent ID.
    pub fn agent(mut self, agent_id: impl Into<String>) -> Self {
        self.agent_id = Some(agent_id.into());
        self
    }

    /// Sets the app ID.
    pub fn app(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Sets the run ID.
    pub fn run(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// Sets the metadata; `null` by default.
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Sets the categories; `null` by default.
    pub fn categories<C: Into<String>>(mut self, categories: impl IntoIterator<Item = C>) -> Self {
        self.categories = Some(categories.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the last day, in UTC, on which the memory is found. By default, it does not expire.
    pub fn expiration_date(mut self, day: jiff::civil::Date) -> Self {
        self.expiration_date = Some(day);
        self
    }

    /// Sets the date of the described event. Decay uses it until a search returns the memory. No operation of the
    /// platform sets this field.
    pub fn event_date(mut self, at: Timestamp) -> Self {
        self.event_date = Some(at);
        self
    }

    /// Sets the times of creation and of the last update; the platform's current time by default.
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = Some(at);
        self
    }
}
