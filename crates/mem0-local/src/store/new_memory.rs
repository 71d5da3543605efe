//! Memories that are put into a platform in great numbers.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// A memory for [`LocalPlatform::load_memories`](crate::LocalPlatform::load_memories): its text, whose it is,
/// and what else is to be known of it.
///
/// It is stored as it is: nothing is extracted from it, and it gets no categories of its own. `Debug` hides the text.
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
    /// A memory of that text. It has to be somebody's: a user's, an agent's, an app's or a run's.
    pub fn new(memory: impl Into<String>) -> Self {
        Self { memory: memory.into(), ..Self::default() }
    }

    /// Whose user's it is.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Whose agent's it is.
    pub fn agent(mut self, agent_id: impl Into<String>) -> Self {
        self.agent_id = Some(agent_id.into());
        self
    }

    /// In which app it was made.
    pub fn app(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// In which run it was made.
    pub fn run(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// What its owner notes about it; `null` until this is called.
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Its categories; `null` until this is called.
    pub fn categories<C: Into<String>>(mut self, categories: impl IntoIterator<Item = C>) -> Self {
        self.categories = Some(categories.into_iter().map(Into::into).collect());
        self
    }

    /// The last day, in UTC, on which it is found. Without one it never expires.
    pub fn expiration_date(mut self, day: jiff::civil::Date) -> Self {
        self.expiration_date = Some(day);
        self
    }

    /// When what it tells happened, which decay goes by as long as the memory was never returned by a search. No
    /// operation of the platform sets this.
    pub fn event_date(mut self, at: Timestamp) -> Self {
        self.event_date = Some(at);
        self
    }

    /// When it was made and last changed; the platform's time unless this says otherwise.
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = Some(at);
        self
    }
}
