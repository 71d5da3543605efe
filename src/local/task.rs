//! What an operation leaves to be done after its answer.

use serde_json::Value;

/// Something to do once the operation's transaction is committed. It does not hold up the answer.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// A search was answered: that is an event, and what it has returned is reinforced where decay is on. Where it is
    /// off, there are no `numbers`.
    Touch { org_id: String, project_id: String, numbers: Vec<i64>, at: i64, payload: Value, results: Value },
    /// A project's webhooks of this type are told.
    Tell { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// The memories of an add are made.
    Settle { event_id: String },
}
