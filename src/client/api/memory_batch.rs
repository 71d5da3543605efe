//! Many memories at once.

use http::Method;
use serde::Serialize;

use super::memory::V1;
use super::{MemoryClient, Transport, maybe_async};
use crate::client::api_response::ResponseMode;
use crate::client::batch::{Batch, BatchOutcome, Batches, LARGEST_BATCH, is_about_its_content};
use crate::client::request::{Segment, WithoutBody};
use crate::error::{Error, Result};
use crate::ids::MemoryId;
use crate::types::{BatchUpdateItem, Confirmation};

/// The body of both calls.
#[derive(Serialize)]
struct Memories<'a, M> {
    memories: &'a [M],
}

/// A memory to be deleted.
#[derive(Serialize)]
struct Leaving {
    memory_id: MemoryId,
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Changes many memories (contract 3.4), a thousand a request. Each request is a call of its own.
    ///
    /// The requests go out one after the other. One that fails for what it holds (400, 404, 409, 413, 422) leaves
    /// the next ones to their own luck; any other failure is the last thing that is sent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no memories, one with an empty id or with nothing to change, before anything is sent.
    /// What goes wrong afterwards is in the [`Batches`], where no memory is lost sight of.
    ///
    #[doc = example!(
    memory "# let memory_ids = [memory_id];
use mem0::memories::BatchUpdateItem;

let edits = memory_ids.iter().map(|id| BatchUpdateItem::new(id).text(\"Likes green tea\"));
let batches = client.batch_update(edits.collect::<Vec<_>>())" await "?;
println!(\"{} requests, not done: {:?}\", batches.batches.len(), batches.not_done().collect::<Vec<_>>());
batches.into_result()?;"
    )]
    pub async fn batch_update(
        &self,
        memories: impl Into<Vec<BatchUpdateItem>> + Send,
    ) -> Result<Batches<S::Of<Confirmation>>> {
        let memories = memories.into();
        memories.iter().try_for_each(BatchUpdateItem::check)?;
        let ids: Vec<MemoryId> = memories.iter().map(BatchUpdateItem::memory_id).collect();
        self.batches(Method::PUT, &ids, &memories).await
    }

    /// Deletes many memories (contract 3.4), a thousand a request. Goes on and ends as
    /// [`batch_update`](Self::batch_update) does.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no memories or an empty id, before anything is sent.
    ///
    #[doc = example!(
    memory "client.batch_delete([memory_id])" await "?.into_result()?;"
    )]
    pub async fn batch_delete(
        &self,
        ids: impl Into<Vec<MemoryId>> + Send,
    ) -> Result<Batches<S::Of<Confirmation>>> {
        let ids = ids.into();
        let memories: Vec<Leaving> = ids.iter().map(|id| Leaving { memory_id: id.clone() }).collect();
        self.batches(Method::DELETE, &ids, &memories).await
    }

    async fn batches<M: Serialize + Sync>(
        &self,
        method: Method,
        ids: &[MemoryId],
        memories: &[M],
    ) -> Result<Batches<S::Of<Confirmation>>> {
        if ids.is_empty() {
            return Err(Error::invalid("memories", "are none; give at least one"));
        }
        if ids.iter().any(|id| id.as_str().trim().is_empty()) {
            return Err(Error::invalid(MemoryId::FIELD, "is empty; give each memory its own"));
        }
        // What would be refused is refused before the first request.
        self.check_own_project(&self.begin()?).await?;
        let mut batches = Vec::with_capacity(ids.len().div_ceil(LARGEST_BATCH));
        let mut goes_on = true;
        for (ids, memories) in ids.chunks(LARGEST_BATCH).zip(memories.chunks(LARGEST_BATCH)) {
            let outcome = if goes_on {
                match self.batch(method.clone(), memories).await {
                    Ok(value) => BatchOutcome::Done(value),
                    Err(error) => {
                        goes_on = is_about_its_content(&error);
                        BatchOutcome::Failed(error)
                    }
                }
            } else {
                BatchOutcome::NotSent
            };
            batches.push(Batch { ids: ids.to_vec(), outcome });
        }
        Ok(Batches { batches })
    }

    async fn batch<M: Serialize + Sync>(
        &self,
        method: Method,
        memories: &[M],
    ) -> Result<S::Of<Confirmation>> {
        let mut request = self.request_to(method, [V1, Segment::Fixed("batch")])?;
        request.set_json(&Memories { memories })?;
        request.without_body = WithoutBody::EmptyObject;
        self.send(request).await
    }
}
