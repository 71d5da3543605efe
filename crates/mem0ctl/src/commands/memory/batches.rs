//! What became of many memories that were changed or deleted at once.

use mem0::Confirmation;
use mem0::memories::{BatchOutcome, Batches, MemoryId};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::counted;
use crate::session::Session;

/// Tells how many memories were, say, `updated`, and which ones were not and why.
pub(crate) fn tell(session: &Session, batches: Batches<Confirmation>, done_word: &str) -> Outcome {
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
        let sentence = format!("{} {done_word}.", memories(done));
        return session.output.done(&json!({ done_word: done }), &sentence);
    };
    if done == 0 {
        return Err(first);
    }
    session.output.for_programs(&json!({ done_word: done, "failed": failed }))?;
    let sentence = format!("Of {}, {done} {done_word}: {}", memories(done + left), first.sentence);
    Err(Failure::new(Exit::PartlyDone, sentence))
}

/// Why something was not done that came after a failure.
pub(crate) const NOT_SENT: &str = "was not sent, since one before it failed";

/// For programs: memories with which it was not done, and why.
pub(crate) fn not_done(ids: &[MemoryId], reason: String) -> Value {
    json!({ "ids": ids.iter().map(MemoryId::as_str).collect::<Vec<_>>(), "error": reason })
}

/// So many memories, in words.
pub(crate) fn memories(number: u64) -> String {
    counted(number, "memory", "memories")
}
