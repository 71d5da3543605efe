//! What an operation leaves to be done after its answer.

use serde_json::Value;

/// Something to do once the operation's transaction is committed. It does not hold up the answer.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// A search has returned these memories: those of a project with decay are reinforced.
    Touch { org_id: String, project_id: String, numbers: Vec<i64>, at: i64 },
    /// A project's webhooks of this type are told.
    Tell { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// The memories of an add are made.
    Settle { event_id: String },
}
