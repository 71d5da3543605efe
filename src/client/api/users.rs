//! The names that the platform's documentation has for entities: users, delete users, reset.

use std::collections::HashSet;

use super::{MemoryClient, Pages, Transport, maybe_async};
use crate::client::api_response::ResponseMode;
use crate::error::{Error, Result};
use crate::types::{DeletionStarted, Entity, EntityKind, ResetError, ResetSummary};

/// How many entities in a row may have been listed before, as they are where others appear while the list is read,
/// before a server that repeats itself is taken for one that never ends.
const MOST_REPEATED: usize = 1000;

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Lists users, agents, apps and runs: [`EntitiesApi::list`](super::EntitiesApi::list) under the name that
    /// the platform's documentation has for it.
    ///
    /// # Errors
    /// As [`EntitiesApi::list`](super::EntitiesApi::list).
    pub fn users(&self) -> Result<Pages<Entity, T, S>> {
        self.entities().list()
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Deletes one user, agent, app or run **and all its memories**:
    /// [`EntitiesApi::delete`](super::EntitiesApi::delete) under the name that the platform's documentation has
    /// for it.
    ///
    /// It is one that is named, never all of them: an empty identifier is refused. For all there is
    /// [`reset`](Self::reset).
    ///
    /// # Errors
    /// As [`EntitiesApi::delete`](super::EntitiesApi::delete).
    ///
    #[doc = example!(
    "use mem0::entities::EntityKind;

client.delete_users(EntityKind::User, \"alice\")" await "?;"
    )]
    pub async fn delete_users(
        &self,
        kind: impl TryInto<EntityKind, Error: Into<Error>> + Send,
        id: &str,
    ) -> Result<S::Of<DeletionStarted>> {
        self.entities().delete(kind, id).await
    }

    /// Deletes **every** user, agent, app and run of the key's project, and all their memories. There is no way
    /// back.
    ///
    /// It lists them first, through all pages, and then deletes one after the other. An entity that is gone when
    /// its turn comes, as a run is whose last memory was a deleted user's, counts as
    /// [`already_gone`](ResetSummary::already_gone). Those that appear meanwhile are left. The platform goes on deleting
    /// after the call: [`EventsApi::wait`](super::EventsApi::wait) for its [`event_ids`](ResetSummary::event_ids) sees
    /// the end of it.
    ///
    /// Every request has the time limits and the retries of a call of its own.
    ///
    /// # Errors
    /// [`ResetError`] at the first failure, with what was done until then. Calling it again goes on.
    ///
    #[doc = example!(
    "match client.reset()" await " {
    Ok(reset) => println!(\"{} deleted\", reset.deleted),
    Err(stopped) => println!(\"{} deleted, then: {}\", stopped.done.deleted, stopped.error),
}"
    )]
    pub async fn reset(&self) -> Result<ResetSummary, ResetError> {
        let mut done = ResetSummary::default();
        let entities = match self.every_entity().await {
            Ok(entities) => entities,
            Err(error) => return Err(ResetError { done, error }),
        };
        let api = self.entities();
        for (kind, name) in entities {
            match api.delete_one(&kind, &name).await {
                Ok((deleted, _)) => {
                    done.deleted += 1;
                    done.event_ids.extend(deleted.event_id);
                }
                Err(error) if error.is_not_found() => done.already_gone += 1,
                Err(error) => return Err(ResetError { done, error }),
            }
        }
        Ok(done)
    }

    /// All of them, each once, in the platform's order: a list that is deleted from while it is read leaves some
    /// out.
    async fn every_entity(&self) -> Result<Vec<(EntityKind, String)>> {
        let mut pages = self.entities().list()?;
        let (mut entities, mut seen, mut repeated) = (Vec::new(), HashSet::new(), 0);
        while let Some(entity) = pages.next_item().await {
            let entity = entity?;
            let (Some(kind), Some(name)) = (entity.kind.clone(), entity.name.clone()) else {
                let message = "an entity without a type or a name; nothing was deleted: delete the entities you know \
                               with `delete_users`";
                return Err(pages.missing("results", message, &entity));
            };
            if seen.insert((kind.clone(), name.clone())) {
                entities.push((kind, name));
                repeated = 0;
            } else if repeated < MOST_REPEATED {
                repeated += 1;
            } else {
                let message = "the same entities are listed again on every page; nothing was deleted: delete the \
                               entities you know with `delete_users`";
                return Err(pages.missing("results", message, &entity));
            }
        }
        Ok(entities)
    }
}
