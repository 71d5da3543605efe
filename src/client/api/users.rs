//! Calls for entities under the names of the platform's documentation: users, delete users, reset.

use std::collections::HashSet;

use super::{MemoryClient, Pages, Transport, maybe_async};
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::types::{DeletionStarted, Entity, EntityKind, ResetError, ResetSummary};

/// Maximum number of consecutive entities that were listed before. Some are listed twice when others appear meanwhile;
/// more indicate a server that repeats the same pages forever.
const MAX_REPEATED: usize = 1000;

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Lists users, agents, apps and runs; an alias of [`EntitiesApi::list`](super::EntitiesApi::list), named as in the
    /// platform's documentation.
    ///
    /// # Errors
    /// As [`EntitiesApi::list`](super::EntitiesApi::list).
    pub fn users(&self) -> Result<Pages<Entity, T, S>> {
        self.entities().list()
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Deletes one user, agent, app or run **and all its memories**; an alias of
    /// [`EntitiesApi::delete`](super::EntitiesApi::delete), named as in the platform's documentation.
    ///
    /// An empty id is an error; [`reset`](Self::reset) deletes all entities.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
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

    /// Deletes **every** user, agent, app and run of the key's project, and all their memories. This cannot be undone.
    ///
    /// The call first lists the entities of all pages, then deletes them one after the other. An entity that no longer
    /// exists, such as a run whose last memory belonged to a deleted user, counts as
    /// [`already_gone`](ResetSummary::already_gone). Entities that are created during the call stay. The platform
    /// finishes the deletions in the background: wait for the [`event_ids`](ResetSummary::event_ids) with
    /// [`EventsApi::wait`](super::EventsApi::wait).
    ///
    /// Each request is a call with its own timeouts and retries.
    ///
    /// Dropping the future of the async client cancels the call: no further deletions are sent, but those already sent
    /// may still be carried out.
    ///
    /// # Errors
    /// [`ResetError`] at the first failure, with a summary of the deletions before it. Call `reset` again to delete the
    /// rest.
    ///
    #[doc = example!(
    "match client.reset()" await " {
    Ok(reset) => println!(\"{} deleted\", reset.deleted),
    Err(stopped) => println!(\"{} deleted, then failed: {}\", stopped.done.deleted, stopped.error),
}"
    )]
    pub async fn reset(&self) -> Result<ResetSummary, ResetError> {
        let mut done = ResetSummary::default();
        let entities = match self.all_entities().await {
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

    /// All entities, each once, in the platform's order. They are collected first, since deleting while listing skips
    /// some.
    async fn all_entities(&self) -> Result<Vec<(EntityKind, String)>> {
        let mut pages = self.entities().list()?;
        let (mut entities, mut seen, mut repeated) = (Vec::new(), HashSet::new(), 0);
        while let Some(entity) = pages.next_item().await {
            let entity = entity?;
            let (Some(kind), Some(name)) = (entity.kind.clone(), entity.name.clone()) else {
                let message = "contains an entity without a type or a name; nothing was deleted; delete the known \
                               entities with `delete_users`";
                return Err(pages.missing_field("results", message, &entity));
            };
            if seen.insert((kind.clone(), name.clone())) {
                entities.push((kind, name));
                repeated = 0;
            } else if repeated < MAX_REPEATED {
                repeated += 1;
            } else {
                let message = "contains the same entities again on every page; nothing was deleted; delete the known \
                               entities with `delete_users`";
                return Err(pages.missing_field("results", message, &entity));
            }
        }
        Ok(entities)
    }
}
