//! Updates and deletions of many memories.

use http::Method;
use serde::Serialize;

use super::memory::V1;
use super::{MemoryClient, Transport, maybe_async};
use crate::client::request::{EmptyBody, Segment};
use crate::client::response_mode::ResponseMode;
use crate::error::{Error, Result};
use crate::ids::MemoryId;
use crate::types::{Batch, BatchOutcome, Batches, MAX_BATCH_LEN, is_content_error};
use crate::types::{BatchUpdateItem, Confirmation};

/// Body of both calls.
#[derive(Serialize)]
struct Memories<'a, M> {
    memories: &'a [M],
}

/// Memory to delete.
#[derive(Serialize)]
struct MemoryRef {
    memory_id: MemoryId,
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Updates many memories, up to 1000 per request: `PUT /v1/batch/`. Each request is a call of its own.
    ///
    /// The requests are sent one after the other. If one fails because of its content (400, 404, 409, 413, 422), the
    /// next ones are still sent; after any other failure, nothing more is sent.
    ///
    /// Dropping the future of the async client cancels the call: no further requests are sent, but one already sent may
    /// still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list, an empty id, or an edit without changes; nothing is sent then. Later
    /// failures are in the returned [`Batches`], with the ids of their memories.
    ///
    #[doc = example!(
    memory "# let memory_ids = [memory_id];
use mem0::memories::BatchUpdateItem;

let edits = memory_ids.iter().map(|id| BatchUpdateItem::new(id).text(\"Likes green tea\"));
let batches = client.batch_update(edits.collect::<Vec<_>>())" await "?;
println!(\"{} requests, failed or not sent: {:?}\", batches.batches.len(), batches.not_done().collect::<Vec<_>>());
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

    /// Deletes many memories, up to 1000 per request: `DELETE /v1/batch/`. Failures are handled as in
    /// [`batch_update`](Self::batch_update).
    ///
    /// Dropping the future of the async client cancels the call: no further requests are sent, but one already sent may
    /// still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list or an empty id; nothing is sent then.
    ///
    #[doc = example!(
    memory "client.batch_delete([memory_id])" await "?.into_result()?;"
    )]
    pub async fn batch_delete(
        &self,
        ids: impl IntoIterator<Item: Into<MemoryId>> + Send,
    ) -> Result<Batches<S::Of<Confirmation>>> {
        let ids: Vec<MemoryId> = ids.into_iter().map(Into::into).collect();
        let memories: Vec<MemoryRef> = ids.iter().map(|id| MemoryRef { memory_id: id.clone() }).collect();
        self.batches(Method::DELETE, &ids, &memories).await
    }

    async fn batches<M: Serialize + Sync>(
        &self,
        method: Method,
        ids: &[MemoryId],
        memories: &[M],
    ) -> Result<Batches<S::Of<Confirmation>>> {
        if ids.is_empty() {
            return Err(Error::invalid("memories", "is empty; pass at least one memory"));
        }
        if ids.iter().any(|id| id.as_str().trim().is_empty()) {
            return Err(Error::invalid(MemoryId::FIELD, "is empty; pass the id of each memory"));
        }
        // A wrong project fails the call here, not each batch.
        self.check_own_project(&self.begin()?).await?;
        let mut batches = Vec::with_capacity(ids.len().div_ceil(MAX_BATCH_LEN));
        let mut continues = true;
        for (ids, memories) in ids.chunks(MAX_BATCH_LEN).zip(memories.chunks(MAX_BATCH_LEN)) {
            let outcome = if continues {
                match self.batch(method.clone(), memories).await {
                    Ok(value) => BatchOutcome::Done(value),
                    Err(error) => {
                        continues = is_content_error(&error);
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
        request.empty_body = EmptyBody::EmptyObject;
        self.send(request).await
    }
}
