//! Work that a transaction leaves to be done once it is committed.

use serde_json::Value;

/// Something to do once the operation's transaction is committed. It does not hold up the answer.
#[derive(Debug, Clone)]
pub(crate) enum AfterCommit {
    /// A search was answered: that is an event, and what it has returned is reinforced where decay is on. Where it is
    /// off, there are no `numbers`.
    RecordSearch {
        org_id: String,
        project_id: String,
        numbers: Vec<i64>,
        at: i64,
        payload: Value,
        results: Value,
    },
    /// A project's webhooks of this type are told.
    NotifyWebhooks { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// What was answered before it was done is done.
    RunJob { kind: JobKind, id: String, requested_at: i64 },
}

/// What of what was asked for may be done later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// An add that infers, by its event.
    Add,
    Export,
    /// A job that makes profiles.
    Profiles,
}
