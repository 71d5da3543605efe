//! Memories and their changes, in long lists.

use http::Method;

use super::memory::{MEMORIES, V1, V3};
use super::{MemoryClient, Pages, Transport};
use crate::client::api_response::ResponseMode;
use crate::client::request::Segment;
use crate::error::{Error, Result};
use crate::types::{EntityKind, HistoryEntry, ListMemories, Memory};

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Lists memories (contract 3.1, "List"). A [`Filter`](crate::Filter) alone will do. Nothing is sent before the
    /// pages are read.
    ///
    /// It lists the project of the key, as [`search`](Self::search) does: where the builder names another project, the
    /// first page is [`Error::Config`].
    ///
    /// It only reads, and is retried like a GET. The lists and searches of the platform's
    /// versions 1 and 2 are deprecated and not wrapped; [`request`](Self::request) reaches them:
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
    /// [`Error::Invalid`] for a filter that does not say whose memories are meant, a page or a size out of range, a
    /// date that is none.
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

    /// Lists the memories of one user, agent, app or run (contract 3.4, "By entity"), a hundred a page.
    /// The route has no page size: a page that is larger than the body limit is an [`Error::TooLarge`], where
    /// [`get_all`](Self::get_all) asks for smaller ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a kind the platform has none of, and an id that is empty or dots.
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
            // An id as the kind would make another route of it.
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

    /// Lists what became of all memories of the project (contract 3.4, "Memory-history feed"). `limit` is how many
    /// entries a page has; the platform gives 100 with `None`.
    ///
    /// The platform's path for it says "events". What is going on is listed by
    /// [`EventsApi::list`](super::EventsApi::list).
    ///
    /// # Errors
    /// [`Error::Invalid`] for a limit of 0.
    ///
    #[doc = example!(
    "let mut entries = client.memory_events(50)?;
while let Some(entry) = entries.next_item()" await " {
    let entry = entry?;
    println!(\"{:?} {:?}\", entry.event, entry.memory_id);
}"
    )]
    pub fn memory_events(&self, limit: impl Into<Option<u32>>) -> Result<Pages<HistoryEntry, T, S>> {
        let limit = limit.into();
        if limit == Some(0) {
            return Err(Error::invalid("limit", "is 0; ask for at least one entry a page"));
        }
        let template = self.request_to(Method::GET, [V1, MEMORIES, Segment::Fixed("events")])?;
        let limit = limit.map(|limit| ("limit".into(), limit.to_string()));
        Ok(Pages::new(self.clone(), template, None, limit.into_iter().collect(), Some("limit")))
    }
}
