//! What became of many memories that were changed or deleted at once.

use mem0::{BatchOutcome, Batches, MemoryId, Message};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Outcome};
use crate::session::Session;

/// Tells how many memories were, say, `updated`, and which ones were not and why.
pub(crate) fn tell(session: &Session, batches: Batches<Message>, done_word: &str) -> Outcome {
    let (mut done, mut not_done, mut failed, mut first) = (0, 0, Vec::new(), None);
    let entry = |ids: &[MemoryId], reason: String| -> Value {
        json!({ "ids": ids.iter().map(MemoryId::as_str).collect::<Vec<_>>(), "error": reason })
    };
    for batch in batches.batches {
        match batch.outcome {
            BatchOutcome::Done(_) => {
                done += batch.ids.len();
                continue;
            }
            BatchOutcome::Failed(error) => {
                failed.push(entry(&batch.ids, error.to_string()));
                first.get_or_insert(Failure::from(error));
            }
            _ => failed.push(entry(&batch.ids, "was not sent, since one before it failed".to_owned())),
        }
        not_done += batch.ids.len();
    }
    let Some(first) = first else {
        let sentence = format!("{done} memories {done_word}.");
        return session.output.done(&json!({ done_word: done }), &sentence);
    };
    if done == 0 {
        return Err(first);
    }
    if session.output.is_for_programs() {
        session.output.done(&json!({ done_word: done, "failed": failed }), "")?;
    }
    let sentence = format!("{done} memories were {done_word}, {not_done} were not: {}", first.sentence);
    Err(Failure::new(Exit::PartlyDone, sentence))
}
