//! Results of batch updates and deletions.

use mem0::Confirmation;
use mem0::memories::{BatchOutcome, Batches, MemoryId};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::counted;
use crate::session::Session;

/// Reports the number of updated or deleted memories, and the failed ones with reasons.
pub(crate) fn report(session: &Session, batches: Batches<Confirmation>, done_word: &str) -> Outcome {
    let (mut done, mut left, mut failed, mut first) = (0_u64, 0_u64, Vec::new(), None);
    for batch in batches.batches {
        let number = batch.ids.len() as u64;
        match batch.outcome {
            BatchOutcome::Done(_) => {
                done += number;
                continue;
            }
            BatchOutcome::Failed(error) => {
                failed.push(not_done(&batch.ids, error.to_string()));
                first.get_or_insert(Failure::from(error));
            }
            _ => failed.push(not_done(&batch.ids, NOT_SENT.to_owned())),
        }
        left += number;
    }
    let Some(first) = first else {
        let message = format!("{} {}.", capitalized(done_word), memories(done));
        return session.output.success(&json!({ done_word: done }), &message);
    };
    if done == 0 {
        return Err(first);
    }
    session.output.partial_result(&json!({ done_word: done, "failed": failed }))?;
    let message = format!("{done} of {} {done_word}: {}", memories(done + left), first.message);
    Err(Failure::new(Exit::PartlyDone, message))
}

/// Reason for requests after a failure.
pub(crate) const NOT_SENT: &str = "not sent because a previous request failed";

/// JSON of failed memories with the reason.
pub(crate) fn not_done(ids: &[MemoryId], reason: String) -> Value {
    json!({ "ids": ids.iter().map(MemoryId::as_str).collect::<Vec<_>>(), "error": reason })
}

/// Formats a number of memories.
pub(crate) fn memories(number: u64) -> String {
    counted(number, "memory", "memories")
}

/// Capitalizes the first letter.
pub(crate) fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
