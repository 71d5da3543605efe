//! Handlers of the operations, one file per resource. Access is checked before a handler runs.

pub(crate) mod entities;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod feedback;
pub(crate) mod memories;
pub(crate) mod organization_members;
pub(crate) mod organizations;
mod paging;
pub(crate) mod ping;
pub(crate) mod profiles;
pub(crate) mod project_members;
pub(crate) mod projects;
pub(crate) mod statistics;
pub(crate) mod webhooks;

use http::StatusCode;
use rusqlite::Connection;

use crate::jobs;
use crate::jobs::completion::Completion;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::error_shape::ErrorShape;
use crate::protocol::path_ids::PathIds;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::protocol::request::Request;
use crate::store::after_commit::{AfterCommit, JobKind};
use crate::store::keys::Caller;
use crate::store::keys::ProjectScope;
use crate::store::memory_writer::MemoryWriter;
use mem0::Role;

/// Options of the platform that the builder sets.
#[derive(Debug, Clone, Copy)]
// Independent options, set by name.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Options {
    /// Whether `?fields=` selects fields; see `docs/platform-api.md#effect-of-the-fields-parameter`.
    pub(crate) fields_filter: bool,
    /// Whether unknown query parameters and body fields are refused.
    pub(crate) strict: bool,
    /// Whether documented faults of the hosted platform are reproduced: 500 for a search with a filter on `keywords`
    /// (MEM-5746) and for feedback on an unknown memory (MEM-5745).
    pub(crate) known_faults: bool,
    /// Time at which memories, exports and profiles are completed.
    pub(crate) completion: Completion,
    /// Whether a model extracts memories.
    pub(crate) extracts: bool,
}

/// Handler of an operation.
pub(crate) type Handler = fn(&mut Call<'_>) -> HandlerResult;

/// Call of an operation, inside its transaction.
pub(crate) struct Call<'a> {
    pub(crate) connection: &'a Connection,
    /// JSON of a 400 for invalid values.
    pub(crate) errors: ErrorShape,
    pub(crate) request: &'a Request,
    pub(crate) ids: &'a PathIds,
    pub(crate) caller: &'a Caller,
    /// The caller's role in the scope of the operation.
    pub(crate) role: Option<Role>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    pub(crate) options: Options,
    /// Unknown names, which were ignored.
    pub(crate) ignored: Vec<String>,
    /// Follow-up work after the response.
    pub(crate) after_commit: Vec<AfterCommit>,
}

impl<'a> Call<'a> {
    pub(crate) fn org_id(&self) -> &'a str {
        self.ids.get("org_id")
    }

    pub(crate) fn project_id(&self) -> &'a str {
        self.ids.get("project_id")
    }

    /// Returns the project of the caller's key.
    pub(crate) fn project_scope(&self) -> ProjectScope<'a> {
        self.caller.project_scope()
    }

    /// Returns a writer for memories of the caller's project.
    pub(crate) fn writer(&mut self) -> rusqlite::Result<MemoryWriter<'_>> {
        let (connection, scope, now) = (self.connection, self.caller.project_scope(), self.now);
        MemoryWriter::new(connection, scope, now, &mut self.after_commit)
    }

    /// Runs a job now or queues it, depending on the completion of the platform.
    pub(crate) fn run_or_queue(&mut self, kind: JobKind, id: &str) -> rusqlite::Result<()> {
        if self.options.completion == Completion::Immediate {
            return jobs::run(self.connection, kind, id, self.now, &mut self.after_commit);
        }
        self.after_commit.push(AfterCommit::RunJob { kind, id: id.to_owned(), requested_at: self.now });
        Ok(())
    }

    pub(crate) fn read_body(&self) -> Result<BodyReader, HttpReply> {
        BodyReader::read(self.errors, self.request)
    }

    /// Records or refuses an unknown name.
    pub(crate) fn handle_unknown(&mut self, name: &str) -> Result<(), HttpReply> {
        if self.options.strict {
            return Err(self.errors.invalid(name, "Unknown name, refused in strict mode."));
        }
        self.ignored.push(name.to_owned());
        Ok(())
    }

    /// Records or refuses the fields that the handler has not taken.
    pub(crate) fn check_fields(&mut self, body: &BodyReader) -> Result<(), HttpReply> {
        body.remaining_names().try_for_each(|name| self.handle_unknown(name))
    }

    /// Records or refuses unknown query parameters.
    pub(crate) fn check_query(&mut self, known: &[&str]) -> Result<(), HttpReply> {
        const ADDED_BY_CLIENTS: [&str; 2] = ["org_id", "project_id"];
        let request = self.request;
        request
            .query
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !known.contains(name) && !ADDED_BY_CLIENTS.contains(name))
            .try_for_each(|name| self.handle_unknown(name))
    }
}

const LAST_OWNER: &str = "The last OWNER can't be removed or demoted.";

/// Returns the 404 for a user who is not a member.
fn member_not_found() -> HttpReply {
    HttpReply::message(StatusCode::NOT_FOUND, "Member not found")
}
