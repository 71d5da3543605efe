//! Calls for entities: users, agents, apps and runs.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Pages, Transport, maybe_async};
use crate::client::options::RequestOptions;
use crate::client::request::{EmptyBody, Request, Segment};
use crate::client::response::Response;
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::{Error, Result};
use crate::types::{
    DeletionStarted, Entity, EntityCreated, EntityEndpoint, EntityFilters, EntityKind, NewEntity,
};

/// Handle for entities: the users, agents, apps and runs of the key's project.
///
/// Created by [`MemoryClient::entities`], which sends nothing.
///
/// Every call may return [`Error::Transport`](crate::Error::Transport), [`Error::Timeout`](crate::Error::Timeout),
/// [`Error::Api`](crate::Error::Api), and [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or
/// `..`; nothing is sent then.
///
/// The deprecated deletion by number, `DELETE /v1/entities/{type}/{number}/`, has no method; use
/// [`MemoryClient::request`].
pub struct EntitiesApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the users, agents, apps and runs of the key's project.
    pub fn entities(&self) -> EntitiesApi<T, S> {
        EntitiesApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> EntitiesApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> EntitiesApi<T, FullResponse> {
        EntitiesApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> EntitiesApi<T, S> {
    /// Lists the filter options for entities and events: `GET /v1/entities/filters/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// The errors of every call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
    /// [`Error::Timeout`](crate::Error::Timeout), [`Error::Decode`](crate::Error::Decode).
    ///
    #[doc = example!(
    "let filters = client.entities().filters()" await "?;
println!(\"{:?}\", filters.categories);"
    )]
    pub async fn filters(&self) -> Result<S::Of<EntityFilters>> {
        let segments = [Segment::Fixed("v1"), Segment::Fixed("entities"), Segment::Fixed("filters")];
        let request = self.client.request_to(Method::GET, segments)?;
        self.client.send(request).await
    }

    /// Reads an entity by the id that memories are added with: `GET /v2/entities/{type}/{id}/`. The response is a list
    /// with the entity.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if the entity does not exist, 400 for an unknown kind.
    ///
    #[doc = example!(
    "use mem0::entities::EntityKind;

for entity in client.entities().get(EntityKind::User, \"alice\")" await "? {
    println!(\"{:?} since {:?}\", entity.name, entity.created_at);
}"
    )]
    pub async fn get(
        &self,
        kind: impl TryInto<EntityKind, Error: Into<Error>> + Send,
        id: &str,
    ) -> Result<S::Of<Vec<Entity>>> {
        let kind = kind.try_into().map_err(Into::into)?;
        let request = self.request_to_one(Method::GET, &kind, id)?;
        self.client.send(request).await
    }

    /// Deletes an entity **and all its memories**: `DELETE /v2/entities/{type}/{id}/`.
    ///
    /// The deletion continues in the background. The response has the id of the event to wait for.
    ///
    /// If the response is lost, a retry may fail with 404 although the deletion succeeded.
    /// [`attempts`](crate::Error::attempts) is above 1 then.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 400 for an unknown kind, 404 if the entity does not
    /// exist.
    ///
    #[doc = example!(
    "use mem0::entities::EntityKind;

let deleted = client.entities().delete(EntityKind::User, \"alice\")" await "?;
println!(\"{:?}\", deleted.event_id);"
    )]
    pub async fn delete(
        &self,
        kind: impl TryInto<EntityKind, Error: Into<Error>> + Send,
        id: &str,
    ) -> Result<S::Of<DeletionStarted>> {
        let (deleted, response) = self.delete_one(&kind.try_into().map_err(Into::into)?, id).await?;
        Ok(S::convert(deleted, |deleted| response.into_api_response(deleted, &self.client.inner.config.key)))
    }

    /// Deletes an entity and returns the response too.
    pub(super) async fn delete_one(
        &self,
        kind: &EntityKind,
        id: &str,
    ) -> Result<(DeletionStarted, Response)> {
        let call = self.client.begin()?;
        let mut request = self.request_to_one(Method::DELETE, kind, id)?;
        request.empty_body = EmptyBody::EmptyObject;
        let (deleted, response, _) = self.client.receive(&call, &mut request).await?;
        Ok((deleted, response))
    }

    /// Creates a user without memories: `POST /v1/users/`.
    ///
    /// The argument can be an id alone. The call is not retried if it may have been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty id, or a display name, which users do not have; nothing is
    /// sent then. [`Error::Api`](crate::Error::Api) with 403 for a READER, 400 if the platform rejects the user.
    ///
    #[doc = example!(
    "use mem0::entities::NewEntity;

client.entities().create_user(NewEntity::new(\"alice\").metadata(\"plan\", \"pro\"))" await "?;"
    )]
    pub async fn create_user(&self, user: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::USER, user.into()).await
    }

    /// Creates an agent: `POST /v1/agents/`. Its name defaults to its id.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`create_user`](Self::create_user), but only an empty name is an error.
    ///
    #[doc = example!(
    "use mem0::entities::NewEntity;

client.entities().create_agent(NewEntity::new(\"support-bot\").name(\"Support bot\"))" await "?;"
    )]
    pub async fn create_agent(&self, agent: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::AGENT, agent.into()).await
    }

    /// Creates an app: `POST /v1/apps/`. Its name defaults to its id.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`create_agent`](Self::create_agent).
    ///
    #[doc = example!(
    "client.entities().create_app(\"web\")" await "?;"
    )]
    pub async fn create_app(&self, app: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::APP, app.into()).await
    }

    /// Creates a run: `POST /v1/runs/`. Its name defaults to its id.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// As [`create_agent`](Self::create_agent).
    ///
    #[doc = example!(
    "client.entities().create_run(\"2026-03-01\")" await "?;"
    )]
    pub async fn create_run(&self, run: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::RUN, run.into()).await
    }

    async fn create(&self, kind: EntityEndpoint, entity: NewEntity) -> Result<S::Of<EntityCreated>> {
        let body = entity.into_body(kind)?;
        let segments = [Segment::Fixed("v1"), Segment::Fixed(kind.path)];
        let mut request = self.client.request_to(Method::POST, segments)?;
        request.set_json(&body)?;
        self.client.send(request).await
    }
}

impl<T: Transport, S: ResponseMode> EntitiesApi<T, S> {
    /// Lists the entities of all kinds: `GET /v1/entities/`. Nothing is sent until the first item is read.
    ///
    /// [`Pages::page_size`] sets the number of entities per request.
    ///
    /// Each page also has the number of entities of each kind: [`Page::totals`](crate::Page::totals).
    ///
    /// # Errors
    /// This version never returns an error here. Errors of the requests are returned as items.
    ///
    #[doc = example!(
    "let mut entities = client.entities().list()?;
while let Some(entity) = entities.next_item()" await " {
    let entity = entity?;
    println!(\"{:?} {:?}\", entity.kind, entity.name);
}
println!(\"{:?} in total\", entities.total());"
    )]
    pub fn list(&self) -> Result<Pages<Entity, T, S>> {
        let segments = [Segment::Fixed("v1"), Segment::Fixed("entities")];
        let template = self.client.request_to(Method::GET, segments)?;
        Ok(Pages::new(self.client.clone(), template, None, Vec::new(), Some("page_size")))
    }

    fn request_to_one(&self, method: Method, kind: &EntityKind, id: &str) -> Result<Request> {
        let segments = [
            Segment::Fixed("v2"),
            Segment::Fixed("entities"),
            Segment::Checked("entity type", kind.as_str()),
            Segment::Checked("entity id", id),
        ];
        self.client.request_to(method, segments)
    }
}

impl<T, S> Clone for EntitiesApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone() }
    }
}

impl<T, S> fmt::Debug for EntitiesApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntitiesApi").field("client", &self.client).finish()
    }
}
