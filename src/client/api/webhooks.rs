//! Calls for webhooks.

use std::fmt;

use http::Method;

use super::{DefaultTransport, MemoryClient, ProjectApi, Transport, maybe_async};
use crate::client::call::Call;
use crate::client::options::RequestOptions;
use crate::client::request::{EmptyBody, Request, Segment};
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::Result;
use crate::ids::{ProjectId, WebhookId};
use crate::types::{Confirmation, NewWebhook, Webhook, WebhookUpdate};

/// Handle for the webhooks of a project.
///
/// Created by [`MemoryClient::webhooks`] and [`ProjectApi::webhooks`], which send nothing.
/// [`WebhookDelivery`](crate::webhooks::WebhookDelivery) parses the bodies that the webhooks deliver.
///
/// Every call may return [`Error::Transport`](crate::Error::Transport), [`Error::Timeout`](crate::Error::Timeout),
/// [`Error::Api`](crate::Error::Api), and [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or
/// `..`; nothing is sent then.
pub struct WebhooksApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    /// The project of the builder or of the key if it is `None`.
    project_id: Option<ProjectId>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the webhooks of a project by its id; for the key's project, use
    /// `client.project().webhooks()`.
    pub fn webhooks(&self, project_id: impl Into<ProjectId>) -> WebhooksApi<T, S> {
        WebhooksApi { client: self.clone(), project_id: Some(project_id.into()) }
    }
}

impl<T: Transport, S: ResponseMode> ProjectApi<T, S> {
    /// Returns a handle for the webhooks of the project.
    pub fn webhooks(&self) -> WebhooksApi<T, S> {
        WebhooksApi { client: self.client().clone(), project_id: self.project_id().cloned() }
    }
}

impl<T: Transport, S: ResponseMode> WebhooksApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options), project_id: self.project_id.clone() }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
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
    /// Lists the webhooks of the project, without pagination: `GET /api/v1/webhooks/projects/{project_id}/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 403 or 404 if the key's user may not see the project.
    ///
    #[doc = example!(
    "for webhook in client.project().webhooks().list()" await "? {
    println!(\"{} receives {:?}\", webhook.name()?, webhook.event_types);
}"
    )]
    pub async fn list(&self) -> Result<S::Of<Vec<Webhook>>> {
        let call = self.client.begin()?;
        let request = self.request_to_all(&call, Method::GET).await?;
        self.client.send_within(&call, request).await
    }

    /// Creates a webhook: `POST /api/v1/webhooks/projects/{project_id}/`.
    ///
    /// The call is not retried if it may have been carried out.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty name, an invalid URL, or an unknown event type; nothing is
    /// sent then. [`Error::Api`](crate::Error::Api) with 400 and [`fields`](crate::error::ApiError::fields) if the platform
    /// rejects a value, 403 for a READER.
    ///
    #[doc = example!(
    "use mem0::webhooks::{NewWebhook, WebhookEventType};

let url = \"https://example.com/hooks/7f3a\";
let webhook = NewWebhook::new(\"audit\", url, [WebhookEventType::MemoryAdd, WebhookEventType::MemoryDelete]);
let created = client.project().webhooks().create(webhook)" await "?;
println!(\"{}\", created.id()?);"
    )]
    pub async fn create(&self, webhook: NewWebhook) -> Result<S::Of<Webhook>> {
        webhook.check()?;
        let call = self.client.begin()?;
        let mut request = self.request_to_all(&call, Method::POST).await?;
        request.set_json(&webhook)?;
        self.client.send_within(&call, request).await
    }

    /// Updates a webhook: `PUT /api/v1/webhooks/{webhook_id}/`.
    ///
    /// Settings that are not set stay unchanged. The response is a message, not the webhook.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update without fields, or as [`create`](Self::create); nothing
    /// is sent then. [`Error::Api`](crate::Error::Api) with 404 if the webhook does not exist, 403 if the key's user
    /// may not change it.
    ///
    #[doc = example!(
    webhook "use mem0::webhooks::WebhookUpdate;

let update = WebhookUpdate::new().name(\"audit\").event_types([\"memory_update\"]);
client.project().webhooks().update(webhook_id, update)" await "?;"
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
        request.empty_body = EmptyBody::EmptyObject;
        self.client.send(request).await
    }

    /// Deletes a webhook: `DELETE /api/v1/webhooks/{webhook_id}/`.
    ///
    /// If the response is lost, a retry may fail with 404 although the deletion succeeded.
    /// [`attempts`](crate::Error::attempts) is above 1 then.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if the webhook does not exist, 403 if the key's user may not delete
    /// it.
    ///
    #[doc = example!(
    webhook "client.project().webhooks().delete(webhook_id)" await "?;"
    )]
    pub async fn delete(&self, webhook_id: impl Into<WebhookId> + Send) -> Result<S::Of<Confirmation>> {
        let webhook_id = webhook_id.into();
        let mut request = self.request_to_one(Method::DELETE, &webhook_id)?;
        request.empty_body = EmptyBody::EmptyObject;
        self.client.send(request).await
    }

    async fn request_to_all(&self, call: &Call, method: Method) -> Result<Request> {
        let project_id = match &self.project_id {
            Some(project_id) => project_id,
            None => self.client.resolve_scope(call).await?.1,
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
