//! Users, agents, apps and runs.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, Pages, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::options::RequestOptions;
use crate::client::request::{Request, Segment, WithoutBody};
use crate::client::response::Response;
use crate::error::{Error, Result};
use crate::types::{
    DeletionStarted, Entity, EntityCreated, EntityEndpoint, EntityFilters, EntityKind, NewEntity,
};

/// The users, agents, apps and runs of the key's project that have memories. Made by [`MemoryClient::entities`].
///
/// Every call may end with [`Error::Transport`](crate::Error::Transport),
/// [`Error::Timeout`](crate::Error::Timeout) or [`Error::Api`](crate::Error::Api), and with
/// [`Error::Invalid`](crate::Error::Invalid) for an identifier that is empty or dots, before anything is sent.
///
/// The deprecated deletion by the platform's number, `DELETE /v1/entities/{type}/{number}/`, is reachable by
/// [`MemoryClient::request`] only.
pub struct EntitiesApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// The users, agents, apps and runs of the key's project that have memories.
    pub fn entities(&self) -> EntitiesApi<T, S> {
        EntitiesApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> EntitiesApi<T, S> {
    /// The same entities with other options for the calls, in place of those they had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// The same entities, with status, headers and request id along with the value of each call.
    pub fn with_response(&self) -> EntitiesApi<T, FullResponse> {
        EntitiesApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> EntitiesApi<T, S> {
    /// Asks what lists of entities and events can be narrowed by: `GET /v1/entities/filters/` (contract 4).
    ///
    /// # Errors
    /// As any call: [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport),
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

    /// Reads one entity by the identifier its memories were added with. The platform answers with a list:
    /// `GET /v2/entities/{type}/{id}/` (contract 4).
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none, 400 for a kind the platform does not know.
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

    /// Deletes one entity **and all its memories**: `DELETE /v2/entities/{type}/{id}/` (contract 4). The
    /// platform goes on with it after the answer, whose event tells when it is done.
    ///
    /// A call that had to be repeated may meet its own success: 404 with
    /// [`attempts`](crate::Error::attempts) over 1 most likely means that the first attempt deleted it.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 400 for a kind the platform does not know, 404
    /// if there is none.
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
        Ok(S::convert(deleted, |deleted| response.along_with(deleted, &self.client.inner.config.key)))
    }

    /// The same, with what came along beside the answer.
    pub(super) async fn delete_one(
        &self,
        kind: &EntityKind,
        id: &str,
    ) -> Result<(DeletionStarted, Response)> {
        let call = self.client.begin()?;
        let mut request = self.request_to_one(Method::DELETE, kind, id)?;
        request.without_body = WithoutBody::EmptyObject;
        let (deleted, response, _) = self.client.receive(&call, &mut request).await?;
        Ok((deleted, response))
    }

    /// Creates a user before there is a memory of theirs: `POST /v1/users/` (contract 4). An identifier alone
    /// will do. Not repeated where it may have been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty identifier or a name, which users have none of,
    /// before anything is sent; [`Error::Api`](crate::Error::Api) with 403 for a READER, 400 if the platform
    /// does not like it.
    ///
    #[doc = example!(
    "use mem0::entities::NewEntity;

client.entities().create_user(NewEntity::new(\"alice\").metadata(\"plan\", \"pro\"))" await "?;"
    )]
    pub async fn create_user(&self, user: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::USER, user.into()).await
    }

    /// Creates an agent: `POST /v1/agents/`. Its name is its identifier unless it is given one.
    ///
    /// # Errors
    /// As [`create_user`](Self::create_user), save that a name is welcome and only an empty one refused.
    ///
    #[doc = example!(
    "use mem0::entities::NewEntity;

client.entities().create_agent(NewEntity::new(\"support-bot\").name(\"Support bot\"))" await "?;"
    )]
    pub async fn create_agent(&self, agent: impl Into<NewEntity> + Send) -> Result<S::Of<EntityCreated>> {
        self.create(EntityEndpoint::AGENT, agent.into()).await
    }

    /// Creates an app: `POST /v1/apps/`. Its name is its identifier unless it is given one.
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

    /// Creates a run: `POST /v1/runs/`. Its name is its identifier unless it is given one.
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
    /// Lists the project's entities, of all kinds together, as they are read: `GET /v1/entities/` (contract 4).
    /// Sends nothing by itself.
    ///
    /// A page also tells how many there are of each kind: [`Page::totals`](crate::Page::totals).
    ///
    /// # Errors
    /// None yet; those of any call come with the items.
    ///
    #[doc = example!(
    "let mut entities = client.entities().list()?;
while let Some(entity) = entities.next_item()" await " {
    let entity = entity?;
    println!(\"{:?} {:?}\", entity.kind, entity.name);
}
println!(\"{:?} in all\", entities.total());"
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
