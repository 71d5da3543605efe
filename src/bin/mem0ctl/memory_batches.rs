//! What became of many memories that were changed or deleted at once.

use mem0::{BatchOutcome, Batches, MemoryId, Message};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::counted;
use crate::session::Session;

/// Tells how many memories were, say, `updated`, and which ones were not and why.
pub(crate) fn tell(session: &Session, batches: Batches<Message>, done_word: &str) -> Outcome {
    let (mut done, mut not_done, mut failed, mut first) = (0_u64, 0_u64, Vec::new(), None);
    let entry = |ids: &[MemoryId], reason: String| -> Value {
        json!({ "ids": ids.iter().map(MemoryId::as_str).collect::<Vec<_>>(), "error": reason })
    };
    for batch in batches.batches {
        let number = batch.ids.len() as u64;
        match batch.outcome {
            BatchOutcome::Done(_) => {
                done += number;
                continue;
            }
            BatchOutcome::Failed(error) => {
                failed.push(entry(&batch.ids, error.to_string()));
                first.get_or_insert(Failure::from(error));
            }
            _ => failed.push(entry(&batch.ids, "was not sent, since one before it failed".to_owned())),
        }
        not_done += number;
    }
    let Some(first) = first else {
        let sentence = format!("{} {done_word}.", memories(done));
        return session.output.done(&json!({ done_word: done }), &sentence);
    };
    if done == 0 {
        return Err(first);
    }
    if session.output.is_for_programs() {
        session.output.done(&json!({ done_word: done, "failed": failed }), "")?;
    }
    let sentence = format!("Of {}, {done} {done_word}: {}", memories(done + not_done), first.sentence);
    Err(Failure::new(Exit::PartlyDone, sentence))
}

/// So many memories, in words.
pub(crate) fn memories(number: u64) -> String {
    counted(number, "memory", "memories")
}
