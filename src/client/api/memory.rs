//! Memories: adding, searching, and one by its id.

use http::Method;

use super::{MemoryClient, Transport, maybe_async};
use crate::client::api_response::ResponseMode;
use crate::client::request::{Request, Segment, WithoutBody};
use crate::error::Result;
use crate::ids::MemoryId;
use crate::types::{
    AddMemories, AddOutcome, DeleteMemories, DeletionStarted, HistoryEntry, Memory, MemoryDeleted,
    MemoryUpdate, SearchMemories, SearchResults,
};

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Adds memories of what was said (contract 3.1, "Add").
    ///
    /// They are added to the project of the key: one key, one project. For another project, use a key of it; see
    /// [`with_api_key`](Self::with_api_key).
    ///
    /// Unless they are added with `infer(false)`, the platform extracts them in its own time, and the answer is
    /// [`AddOutcome::Pending`]: [`EventsApi::wait`](super::EventsApi::wait) waits for the rest. Sent once; what may have
    /// been carried out is not repeated unless
    /// [`RetryPolicy::retry_writes`](crate::client::RetryPolicy::retry_writes) says so.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) where nobody is named whose they are, for no messages or an empty
    /// one, a category without a description, a date that is none, before anything is sent;
    /// [`Error::Config`](crate::Error::Config) if the builder names a project that is not the key's own;
    /// [`Error::Api`](crate::Error::Api) with 400 if the platform does not like them.
    ///
    #[doc = example!(
    "use mem0::client::PollPolicy;
use mem0::memories::AddOutcome;
use mem0::{AddMemories, ChatMessage};

let talk = [ChatMessage::user(\"I am vegetarian\"), ChatMessage::assistant(\"I will keep that in mind\")];
match client.add(AddMemories::new(talk).user_id(\"alice\"))" await "? {
    AddOutcome::Pending(event_id) => {
        let event = client.events().wait(&event_id, PollPolicy::default())" await "?;
        println!(\"{:?}: {} memories\", event.status, event.memories().len());
    }
    AddOutcome::Done(memories) => println!(\"{} memories\", memories.len()),
    _ => {}
}"
    )]
    pub async fn add(&self, memories: impl Into<AddMemories> + Send) -> Result<S::Of<AddOutcome>> {
        let memories = memories.into();
        memories.check()?;
        let mut request = self.request_to(Method::POST, [V3, MEMORIES, Segment::Fixed("add")])?;
        request.set_json(&memories)?;
        self.send(request).await
    }

    /// Searches memories (contract 3.1, "Search"), best first. A query and a [`Filter`](crate::Filter) will do.
    ///
    /// It searches the project of the key: one key, one project. For another project, use a key of it; see
    /// [`with_api_key`](Self::with_api_key).
    ///
    /// It only reads, and is repeated like a GET where that may help. With decay on, a search makes what it finds
    /// count as used, a repeated one twice (contract 8).
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty query, a filter that does not say whose memories are
    /// meant, a `top_k` or a threshold out of range, before anything is sent;
    /// [`Error::Config`](crate::Error::Config) if the builder names a project that is not the key's own.
    ///
    #[doc = example!(
    "use mem0::Filter;

for memory in client.search((\"what does she eat?\", Filter::user(\"alice\")))" await "? {
    println!(\"{:?} {:?}\", memory.score, memory.memory);
}"
    )]
    pub async fn search(&self, search: impl Into<SearchMemories> + Send) -> Result<S::Of<SearchResults>> {
        let search = search.into();
        search.check()?;
        let mut request = self.request_to(Method::POST, [V3, MEMORIES, Segment::Fixed("search")])?;
        request.set_json(search.body())?;
        self.send(request).await
    }

    /// Reads a memory (contract 3.2, "Get"), expired or not.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty or dots, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none of that id, with 400 if it is no UUID.
    ///
    #[doc = example!(
    memory "let memory = client.get(&memory_id)" await "?;
println!(\"{:?} in {:?}\", memory.memory, memory.categories);"
    )]
    pub async fn get(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<Memory>> {
        let memory_id = memory_id.into();
        let request = self.memory_request(Method::GET, &memory_id, &[])?;
        self.send(request).await
    }

    /// Changes a memory (contract 3.2, "Update"). The answer is the memory as it is then.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update that names nothing, metadata that are no object, a
    /// date that is none, before anything is sent; 404 and 400 as [`get`](Self::get), and what the platform says of
    /// an immutable memory.
    ///
    #[doc = example!(
    memory "use mem0::memories::MemoryUpdate;

let update = MemoryUpdate::new().text(\"Is vegan\").expiration_date(\"2030-01-31\");
client.update(&memory_id, update)" await "?;"
    )]
    pub async fn update(
        &self,
        memory_id: impl Into<MemoryId> + Send,
        update: MemoryUpdate,
    ) -> Result<S::Of<Memory>> {
        let memory_id = memory_id.into();
        update.check()?;
        let mut request = self.memory_request(Method::PUT, &memory_id, &[])?;
        request.set_json(&update)?;
        self.send(request).await
    }

    /// Deletes a memory (contract 3.2, "Delete"). Older ones it had taken the place of stay, and are shown again.
    ///
    /// A call that had to be repeated may meet its own success: 404 with
    /// [`attempts`](crate::Error::attempts) over 1 most likely means that the first attempt deleted it.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    #[doc = example!(memory "client.delete(&memory_id)" await "?;")]
    pub async fn delete(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<MemoryDeleted>> {
        self.delete_memory(memory_id.into(), false).await
    }

    /// Deletes a memory together with the older ones that it, and they, had taken the place of. The answer tells
    /// how many those were.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    #[doc = example!(
    memory "let deleted = client.delete_linked(&memory_id)" await "?;
println!(\"{:?} older ones went with it\", deleted.cascade_count);"
    )]
    pub async fn delete_linked(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<MemoryDeleted>> {
        self.delete_memory(memory_id.into(), true).await
    }

    async fn delete_memory(&self, memory_id: MemoryId, linked: bool) -> Result<S::Of<MemoryDeleted>> {
        let mut request = self.memory_request(Method::DELETE, &memory_id, &[])?;
        if linked {
            request.push_query("delete_linked", "true");
        }
        request.without_body = WithoutBody::EmptyObject;
        self.send(request).await
    }

    /// Deletes the memories of a user, an agent, an app or a run, or everything (contract 3.3). It goes on after the
    /// answer, which names the event to wait for.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if nobody is named, or an id is empty, before anything is sent.
    ///
    #[doc = example!(
    "use mem0::memories::DeleteMemories;

client.delete_all(DeleteMemories::of_user(\"alice\"))" await "?;"
    )]
    pub async fn delete_all(&self, memories: DeleteMemories) -> Result<S::Of<DeletionStarted>> {
        let query = memories.query()?;
        let mut request = self.request_to(Method::DELETE, [V1, MEMORIES])?;
        for (name, value) in &query {
            request.push_query(name, value);
        }
        request.without_body = WithoutBody::EmptyObject;
        self.send(request).await
    }

    /// Reads what became of a memory, all at once (contract 3.2, "History").
    ///
    /// # Errors
    /// As [`get`](Self::get); what the platform says of an unknown memory is not documented.
    ///
    #[doc = example!(
    memory "for entry in client.history(&memory_id)" await "? {
    println!(\"{:?} at {:?}: {:?}\", entry.event, entry.created_at, entry.new_memory);
}"
    )]
    pub async fn history(&self, memory_id: impl Into<MemoryId> + Send) -> Result<S::Of<Vec<HistoryEntry>>> {
        let memory_id = memory_id.into();
        let request = self.memory_request(Method::GET, &memory_id, &[Segment::Fixed("history")])?;
        self.send(request).await
    }
}

pub(super) const V1: Segment<'static> = Segment::Fixed("v1");
pub(super) const V3: Segment<'static> = Segment::Fixed("v3");
pub(super) const MEMORIES: Segment<'static> = Segment::Fixed("memories");

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// A request to a memory's own path, or to one below it.
    fn memory_request(&self, method: Method, memory_id: &MemoryId, below: &[Segment<'_>]) -> Result<Request> {
        let memory = [V1, MEMORIES, Segment::Checked(MemoryId::FIELD, memory_id.as_str())];
        self.request_to(method, memory.into_iter().chain(below.iter().copied()))
    }
}
