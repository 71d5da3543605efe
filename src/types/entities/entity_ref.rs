//! References to entities.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::redact::Redacted;
use crate::types::EntityKind;

/// Reference to a user, an agent, an app or a run: its kind and the id that memories are added with.
///
/// An add takes it as the owner of the memories, a search, a list, a deletion and a [`Filter`] as the selection:
///
/// ```
/// use mem0::memories::{DeleteMemories, ListMemories};
/// use mem0::{AddMemories, EntityRef, Filter, SearchMemories};
///
/// let alice = EntityRef::user("alice");
/// assert_eq!(AddMemories::from(("I like tea", alice.clone())), AddMemories::new("I like tea").user_id("alice"));
/// assert_eq!(DeleteMemories::from(alice.clone()), DeleteMemories::of_user("alice"));
/// assert_eq!(SearchMemories::from(("tea", alice.clone())), SearchMemories::new("tea", Filter::user("alice")));
/// assert_eq!(ListMemories::from(alice.clone()), ListMemories::new(Filter::user("alice")));
/// assert_eq!(Filter::from(alice), Filter::user("alice"));
/// ```
///
/// An empty id is refused by the call that would send it. `Debug` redacts e-mail addresses and keys in the id.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EntityRef {
    kind: EntityKind,
    id: String,
}

impl EntityRef {
    /// Creates a reference from a kind and an id.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown kind.
    pub fn new(kind: impl TryInto<EntityKind, Error: Into<Error>>, id: impl Into<String>) -> Result<Self> {
        let kind = kind.try_into().map_err(Into::into)?;
        match kind {
            EntityKind::Other(_) => {
                Err(Error::invalid("entity kind", "is unknown; expected user, agent, app or run"))
            }
            kind => Ok(Self { kind, id: id.into() }),
        }
    }

    /// Creates a reference to a user.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: EntityKind::User, id: id.into() }
    }

    /// Creates a reference to an agent.
    pub fn agent(id: impl Into<String>) -> Self {
        Self { kind: EntityKind::Agent, id: id.into() }
    }

    /// Creates a reference to an app.
    pub fn app(id: impl Into<String>) -> Self {
        Self { kind: EntityKind::App, id: id.into() }
    }

    /// Creates a reference to a run.
    pub fn run(id: impl Into<String>) -> Self {
        Self { kind: EntityKind::Run, id: id.into() }
    }

    /// Returns the kind.
    pub fn kind(&self) -> &EntityKind {
        &self.kind
    }

    /// Returns the id that memories are added with.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Field of requests for the id, and the id.
    pub(crate) fn into_field(self) -> (&'static str, String) {
        let field = match self.kind {
            EntityKind::Agent => "agent_id",
            EntityKind::App => "app_id",
            EntityKind::Run => "run_id",
            _ => "user_id",
        };
        (field, self.id)
    }
}

impl From<EntityRef> for Filter {
    fn from(entity: EntityRef) -> Self {
        match entity.kind {
            EntityKind::Agent => Self::agent(entity.id),
            EntityKind::App => Self::app(entity.id),
            EntityKind::Run => Self::run(entity.id),
            _ => Self::user(entity.id),
        }
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntityRef").field("kind", &self.kind).field("id", &Redacted(&self.id)).finish()
    }
}
