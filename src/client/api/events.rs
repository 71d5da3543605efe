//! Calls for background events.

use std::fmt;

use http::Method;

use super::memory::V1;
use super::{DefaultTransport, MemoryClient, Pages, Transport, maybe_async};
use crate::client::options::RequestOptions;
use crate::client::poll::{PollPolicy, Poller};
use crate::client::request::{Request, Segment};
use crate::client::response::Response;
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::{CallInfo, Result};
use crate::ids::EventId;
use crate::types::Event;

/// Handle for background events of the key's project, such as adds and deletions.
///
/// Created by [`MemoryClient::events`], which sends nothing.
pub struct EventsApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the background events of the key's project.
    pub fn events(&self) -> EventsApi<T, S> {
        EventsApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> EventsApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> EventsApi<T, FullResponse> {
        EventsApi { client: self.client.with_response() }
    }

    /// Lists the events: `GET /v1/events/`. Nothing is sent until the first item is read. [`Pages::page_size`] sets the
    /// number of events per request.
    ///
    /// # Errors
    /// This version never returns an error here. Errors of the requests are returned as items.
    ///
    #[doc = example!(
    "let mut events = client.events().list()?;
while let Some(event) = events.next_item()" await " {
    let event = event?;
    println!(\"{:?} {:?} {:?}\", event.event_type, event.status, event.latency);
}"
    )]
    pub fn list(&self) -> Result<Pages<Event, T, S>> {
        let template = self.client.request_to(Method::GET, [V1, Segment::Fixed("events")])?;
        Ok(Pages::new(self.client.clone(), template, None, Vec::new(), Some("page_size")))
    }

    pub(super) fn request(&self, event_id: &EventId) -> Result<Request> {
        let event = Segment::Checked(EventId::FIELD, event_id.as_str());
        self.client.request_to(Method::GET, [V1, Segment::Fixed("event"), event])
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> EventsApi<T, S> {
    /// Reads an event: `GET /v1/event/{event_id}/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or `..`; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 404 if no event has this id.
    ///
    #[doc = example!(
    event "let event = client.events().get(event_id)" await "?;
println!(\"{:?}\", event.status);"
    )]
    pub async fn get(&self, event_id: impl Into<EventId> + Send) -> Result<S::Of<Event>> {
        let event_id = event_id.into();
        let request = self.request(&event_id)?;
        self.client.send(request).await
    }

    /// Waits until an event has finished, and returns it.
    ///
    /// [`Event::is_success`] tells whether it succeeded: a failed event is not an error here. [`Event::memories`] has the
    /// memories of an add. [`add_and_wait`](MemoryClient::add_and_wait) does both for an add.
    ///
    /// Dropping the future of the async client ends the wait; the platform continues its work.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) of the kind [`Wait`](crate::error::TimeoutKind::Wait) if the event has
    /// not finished at the deadline; call `wait` again to wait longer. A request that fails after its retries ends the
    /// wait with its error, as [`get`](Self::get). Both name the event: [`Error::event_id`](crate::Error::event_id).
    ///
    #[doc = example!(
    event "use mem0::client::PollPolicy;
use std::time::Duration;

let policy = PollPolicy::default().deadline(Duration::from_secs(30));
let event = client.events().wait(event_id, policy)" await "?;
println!(\"{}\", if event.is_success() { \"done\" } else { \"failed\" });"
    )]
    pub async fn wait(
        &self,
        event_id: impl Into<EventId> + Send,
        policy: PollPolicy,
    ) -> Result<S::Of<Event>> {
        let event_id = event_id.into();
        let finished = self.poll(&event_id, policy).await;
        let (event, response, _) = finished.map_err(|error| error.of_event(&event_id))?;
        Ok(S::convert(event, |event| response.into_api_response(event, &self.client.inner.config.key)))
    }

    /// Reads an event until it has finished. Returns the last response and its call too.
    pub(super) async fn poll(
        &self,
        event_id: &EventId,
        policy: PollPolicy,
    ) -> Result<(Event, Response, CallInfo)> {
        let mut poller = Poller::start(policy);
        loop {
            let call = self.client.begin()?;
            let mut request = self.request(event_id)?;
            let (event, response, attempts) = self.client.receive::<Event>(&call, &mut request).await?;
            if event.is_finished() {
                return Ok((event, response, call.info(&request, attempts)));
            }
            self.client.wait_for_next_poll(&mut poller, &request).await?;
        }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Waits until the next poll. Fails at the deadline, with `request` as the call.
    pub(super) async fn wait_for_next_poll(&self, poller: &mut Poller, request: &Request) -> Result<()> {
        let delay = poller.next_delay();
        let delay =
            delay.map_err(|error| error.of_call(request.method(), request.path(), poller.polls(), true))?;
        self.inner.transport.sleep(delay).await;
        Ok(())
    }
}

impl<T, S> Clone for EventsApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone() }
    }
}

impl<T, S> fmt::Debug for EventsApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventsApi").field("client", &self.client).finish()
    }
}
