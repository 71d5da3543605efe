//! Paginated lists of memories and of their changes.

use http::Method;

use super::memory::{MEMORIES, V1, V3};
use super::{MemoryClient, Pages, Transport};
use crate::client::request::Segment;
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::types::{EntityKind, HistoryEntry, ListMemories, Memory};

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Lists the memories of the key's project: `POST /v3/memories/`. Nothing is sent until the first item is read.
    ///
    /// The argument can be a [`Filter`](crate::Filter) alone.
    ///
    /// If the builder names a project that is not the key's own, reading the first page fails with [`Error::Config`].
    ///
    /// The requests are retried like a GET. The deprecated lists and searches of API versions 1 and 2 have no method;
    /// [`request`](Self::request) calls them:
    ///
    #[doc = example!(
    "use mem0::client::Method;
use mem0::Memory;

let body = serde_json::json!({\"filters\": {\"user_id\": \"alice\"}});
let raw = client.request(Method::POST, [\"v2\", \"memories\", \"\"]).json(&body);
let memories: Vec<Memory> = raw.send()" await "?;
println!(\"{}\", memories.len());"
    )]
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter without a user, agent, app or run, a page or page size out of range, or an
    /// invalid date.
    ///
    #[doc = example!(
    "use mem0::memories::ListMemories;
use mem0::Filter;

let mut memories = client.get_all(ListMemories::new(Filter::user(\"alice\")).page_size(50))?;
while let Some(memory) = memories.next_item()" await " {
    println!(\"{:?}\", memory?.memory);
}"
    )]
    pub fn get_all(&self, list: impl Into<ListMemories>) -> Result<Pages<Memory, T, S>> {
        let list = list.into();
        list.check()?;
        let mut template = self.request_to(Method::POST, [V3, MEMORIES])?;
        template.set_json(list.body())?;
        let size = list.page_size.map(|size| ("page_size".into(), size.to_string()));
        Ok(Pages::new(self.clone(), template, list.page, size.into_iter().collect(), Some("page_size")))
    }

    /// Lists the memories of one user, agent, app or run, 100 per page: `GET /v1/memories/{type}/{id}/`. Nothing is
    /// sent until the first item is read.
    ///
    /// The route has no page size: [`Pages::page_size`] is an error, and so is a page over the body limit
    /// ([`Error::TooLarge`]), whereas [`get_all`](Self::get_all) requests smaller pages.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown kind, or an id that is empty, `.` or `..`.
    ///
    #[doc = example!(
    "use mem0::entities::EntityKind;

let mut memories = client.memories_of(EntityKind::Agent, \"butler\")?;
while let Some(memory) = memories.next_item()" await " {
    println!(\"{:?}\", memory?.memory);
}"
    )]
    pub fn memories_of(
        &self,
        kind: impl TryInto<EntityKind, Error: Into<Error>>,
        id: impl AsRef<str>,
    ) -> Result<Pages<Memory, T, S>> {
        let kind = kind.try_into().map_err(Into::into)?;
        if let EntityKind::Other(_) = kind {
            // Any text as the kind could form a different route.
            return Err(Error::invalid("entity kind", "is unknown; expected user, agent, app or run"));
        }
        let segments = [
            V1,
            MEMORIES,
            Segment::Checked("entity kind", kind.as_str()),
            Segment::Checked("entity id", id.as_ref()),
        ];
        let template = self.request_to(Method::GET, segments)?;
        Ok(Pages::new(self.clone(), template, None, Vec::new(), None))
    }

    /// Lists the changes of all memories of the project: `GET /v1/memories/events/`. Nothing is sent until the first
    /// item is read.
    ///
    /// [`Pages::page_size`] sets the number of changes per request, which is `limit` in the query.
    ///
    /// Despite the path, these are not background events: [`EventsApi::list`](super::EventsApi::list) lists those.
    ///
    /// # Errors
    /// This version never returns an error here. Errors of the requests are returned as items.
    ///
    #[doc = example!(
    "let mut entries = client.memory_events()?.limit(20);
while let Some(entry) = entries.next_item()" await " {
    let entry = entry?;
    println!(\"{:?} {:?}\", entry.event, entry.memory_id);
}"
    )]
    pub fn memory_events(&self) -> Result<Pages<HistoryEntry, T, S>> {
        let template = self.request_to(Method::GET, [V1, MEMORIES, Segment::Fixed("events")])?;
        Ok(Pages::new(self.clone(), template, None, Vec::new(), Some("limit")))
    }
}
