//! Webhooks of a project.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, ProjectApi, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::call::Call;
use crate::client::options::RequestOptions;
use crate::client::request::{Request, Segment, WithoutBody};
use crate::error::Result;
use crate::ids::{ProjectId, WebhookId};
use crate::types::{Confirmation, NewWebhook, Webhook, WebhookUpdate};

/// The webhooks of a project: where its events are told. Made by [`MemoryClient::webhooks`] and
/// [`ProjectApi::webhooks`]; what they deliver is read by [`WebhookDelivery`](crate::webhooks::WebhookDelivery).
///
/// Every call may end with [`Error::Transport`](crate::Error::Transport),
/// [`Error::Timeout`](crate::Error::Timeout) or [`Error::Api`](crate::Error::Api), and with
/// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty or dots, before anything is sent.
pub struct WebhooksApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    /// The key's own unless it is named.
    project_id: Option<ProjectId>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// The webhooks of a project by its id; those of the key's own are `client.project().webhooks()`.
    pub fn webhooks(&self, project_id: impl Into<ProjectId>) -> WebhooksApi<T, S> {
        WebhooksApi { client: self.clone(), project_id: Some(project_id.into()) }
    }
}

impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// The project's webhooks.
    pub fn webhooks(&self) -> WebhooksApi<T, S> {
        WebhooksApi { client: self.client().clone(), project_id: self.known_id().cloned() }
    }
}

impl<T: Transport, S: ResponseMode> WebhooksApi<T, S> {
    /// The same webhooks with other options for the calls, in place of those they had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), project_id: self.project_id.clone() }
    }

    /// The same webhooks, with status, headers and request id along with the value of each call.
    pub fn with_response(&self) -> WebhooksApi<T, FullResponse> {
        WebhooksApi { client: self.client.with_response(), project_id: self.project_id.clone() }
    }

    fn request_to_one(&self, method: Method, webhook_id: &WebhookId) -> Result<Request> {
        let one = Segment::Checked(WebhookId::FIELD, webhook_id.as_str());
        self.client.request_to(method, path().into_iter().chain([one]))
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> WebhooksApi<T, S> {
    /// Lists them, all at once: `GET /api/v1/webhooks/projects/{project_id}/` (contract 7).
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 or 404 if the project is not the caller's to see.
    ///
    #[doc = example!(
    "for webhook in client.project().webhooks().list()" await "? {
    println!(\"{:?} is told of {:?}\", webhook.name, webhook.event_types);
}"
    )]
    pub async fn list(&self) -> Result<S::Of<Vec<Webhook>>> {
        let call = self.client.begin()?;
        let request = self.request_to_all(&call, Method::GET).await?;
        self.client.send_within(&call, request).await
    }

    /// Creates one: `POST /api/v1/webhooks/projects/{project_id}/` (contract 7). Not repeated where it may have
    /// been carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name, a URL that is none, or no event types, before
    /// anything is sent; [`Error::Api`](crate::Error::Api) with 400 and [`fields`](crate::error::ApiError::fields) if
    /// the platform does not like one of them, 403 for a READER.
    ///
    #[doc = example!(
    "use mem0::webhooks::{NewWebhook, WebhookEventType};

let url = \"https://example.com/hooks/7f3a\";
let webhook = NewWebhook::new(\"audit\", url, [WebhookEventType::MemoryAdd, WebhookEventType::MemoryDelete]);
let made = client.project().webhooks().create(webhook)" await "?;
println!(\"{:?}\", made.webhook_id);"
    )]
    pub async fn create(&self, webhook: NewWebhook) -> Result<S::Of<Webhook>> {
        webhook.check()?;
        let call = self.client.begin()?;
        let mut request = self.request_to_all(&call, Method::POST).await?;
        request.set_json(&webhook)?;
        self.client.send_within(&call, request).await
    }

    /// Changes one; what is not named stays: `PUT /api/v1/webhooks/{webhook_id}/` (contract 7). The answer is a
    /// message, not the webhook.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update that names nothing, or as
    /// [`create`](Self::create), before anything is sent; [`Error::Api`](crate::Error::Api) with 404 if there is
    /// none, 403 if it is not the caller's to change.
    ///
    #[doc = example!(
    webhook "use mem0::webhooks::WebhookUpdate;

let update = WebhookUpdate::new().name(\"audit\").event_types([\"memory_update\"]);
client.project().webhooks().update(&webhook_id, update)" await "?;"
    )]
    pub async fn update(
        &self,
        webhook_id: impl Into<WebhookId> + Send,
        update: WebhookUpdate,
    ) -> Result<S::Of<Confirmation>> {
        let webhook_id = webhook_id.into();
        update.check()?;
        let mut request = self.request_to_one(Method::PUT, &webhook_id)?;
        request.set_json(&update)?;
        request.without_body = WithoutBody::EmptyObject;
        self.client.send(request).await
    }

    /// Deletes one: `DELETE /api/v1/webhooks/{webhook_id}/` (contract 7).
    ///
    /// A call that had to be repeated may meet its own success: 404 with
    /// [`attempts`](crate::Error::attempts) over 1 most likely means that the first attempt deleted it.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none, 403 if it is not the caller's to delete.
    ///
    #[doc = example!(
    webhook "client.project().webhooks().delete(&webhook_id)" await "?;"
    )]
    pub async fn delete(&self, webhook_id: impl Into<WebhookId> + Send) -> Result<S::Of<Confirmation>> {
        let webhook_id = webhook_id.into();
        let mut request = self.request_to_one(Method::DELETE, &webhook_id)?;
        request.without_body = WithoutBody::EmptyObject;
        self.client.send(request).await
    }

    async fn request_to_all(&self, call: &Call, method: Method) -> Result<Request> {
        let project_id = match &self.project_id {
            Some(project_id) => project_id,
            None => self.client.scope(call).await?.1,
        };
        let of_project =
            [Segment::Fixed("projects"), Segment::Checked(ProjectId::FIELD, project_id.as_str())];
        self.client.request_to(method, path().into_iter().chain(of_project))
    }
}

fn path() -> [Segment<'static>; 3] {
    [Segment::Fixed("api"), Segment::Fixed("v1"), Segment::Fixed("webhooks")]
}

impl<T, S> Clone for WebhooksApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), project_id: self.project_id.clone() }
    }
}

impl<T, S> fmt::Debug for WebhooksApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhooksApi")
            .field("client", &self.client)
            .field("project_id", &self.project_id)
            .finish()
    }
}
