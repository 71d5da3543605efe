//! Results of batch updates and deletions.

use mem0::Confirmation;
use mem0::memories::{BatchOutcome, Batches, MemoryId};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::counted;
use crate::session::Session;

/// Reports the number of updated or deleted memories, and the failed ones with reasons.
pub(crate) fn report(session: &Session, batches: Batches<Confirmation>, verb: &str) -> Outcome {
    let (mut done, mut remaining, mut failed, mut first_failure) = (0_u64, 0_u64, Vec::new(), None);
    for batch in batches.batches {
        let count = batch.ids.len() as u64;
        match batch.outcome {
            BatchOutcome::Done(_) => {
                done += count;
                continue;
            }
            BatchOutcome::Failed(error) => {
                failed.push(failed_ids(&batch.ids, error.to_string()));
                first_failure.get_or_insert(Failure::from(error));
            }
            _ => failed.push(failed_ids(&batch.ids, NOT_SENT.to_owned())),
        }
        remaining += count;
    }
    let Some(failure) = first_failure else {
        let message = format!("{} {}.", capitalized(verb), memories(done));
        return session.output.success(&json!({ verb: done }), &message);
    };
    if done == 0 {
        return Err(failure);
    }
    session.output.partial_result(&json!({ verb: done, "failed": failed }))?;
    let message = format!("{done} of {} {verb}: {}", memories(done + remaining), failure.message);
    Err(Failure::new(Exit::PartlyDone, message))
}

/// Reason for memories of requests after a failure.
pub(crate) const NOT_SENT: &str = "not sent because a previous request failed";

/// JSON of memories that were not changed, with the reason.
pub(crate) fn failed_ids(ids: &[MemoryId], reason: String) -> Value {
    json!({ "ids": ids.iter().map(MemoryId::as_str).collect::<Vec<_>>(), "error": reason })
}

/// Formats a number of memories.
pub(crate) fn memories(count: u64) -> String {
    counted(count, "memory", "memories")
}

/// Capitalizes the first letter.
pub(crate) fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
