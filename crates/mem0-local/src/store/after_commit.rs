//! Work to do after a transaction is committed.

use serde_json::Value;

/// Work to do after the commit. The response does not wait for it.
#[derive(Debug, Clone)]
pub(crate) enum AfterCommit {
    /// Records a search: creates its event and, if decay is on, an access of each returned memory. If decay is off,
    /// `numbers` is empty.
    RecordSearch {
        org_id: String,
        project_id: String,
        numbers: Vec<i64>,
        at: i64,
        payload: Value,
        results: Value,
    },
    /// Sends an event to the webhooks of a project.
    NotifyWebhooks { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// Runs a background job.
    RunJob { kind: JobKind, id: String, requested_at: i64 },
}

/// Kind of a background job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// Add with inference, identified by its event.
    Add,
    Export,
    /// Profile job.
    Profiles,
}
