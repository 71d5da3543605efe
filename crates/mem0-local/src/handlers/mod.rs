//! Handlers of the operations, one file per resource. Access is checked before.

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
use crate::protocol::reply::{Answer, HttpReply};
use crate::protocol::request::Request;
use crate::store::after_commit::{AfterCommit, JobKind};
use crate::store::keys::Caller;
use crate::store::keys::ProjectScope;
use crate::store::memory_writer::MemoryWriter;
use mem0::Role;

/// What the platform can be made to do differently.
#[derive(Debug, Clone, Copy)]
// Each is a switch of its own, that the builder sets by its name.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Options {
    /// Whether `?fields=` answers those fields only (contract D1).
    pub(crate) fields_filter: bool,
    /// Whether unknown query names and body fields are refused.
    pub(crate) strict: bool,
    /// Whether the hosted platform's faults that its documentation names are here too: a search with a filter on
    /// `keywords` (MEM-5746) and feedback on an unknown memory (MEM-5745) end with 500.
    pub(crate) known_faults: bool,
    /// When memories, exports and profiles are there.
    pub(crate) completion: Completion,
    /// Whether a model makes memories.
    pub(crate) extracts: bool,
}

/// Handler of an operation.
pub(crate) type Handler = fn(&mut Call<'_>) -> Answer;

/// One request on its way through its operation, inside its transaction.
pub(crate) struct Call<'a> {
    pub(crate) connection: &'a Connection,
    /// JSON of a 400 for invalid values.
    pub(crate) errors: ErrorShape,
    pub(crate) request: &'a Request,
    pub(crate) ids: &'a PathIds,
    pub(crate) caller: &'a Caller,
    /// The caller's role in what the operation acts on.
    pub(crate) role: Option<Role>,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    pub(crate) options: Options,
    /// Unknown names that were ignored.
    pub(crate) ignored: Vec<String>,
    /// What is to be done after the answer.
    pub(crate) after_commit: Vec<AfterCommit>,
}

impl<'a> Call<'a> {
    pub(crate) fn org_id(&self) -> &'a str {
        self.ids.get("org_id")
    }

    pub(crate) fn project_id(&self) -> &'a str {
        self.ids.get("project_id")
    }

    /// The project of the caller's key.
    pub(crate) fn project_scope(&self) -> ProjectScope<'a> {
        self.caller.project_scope()
    }

    /// Changes memories of the caller's project.
    pub(crate) fn writer(&mut self) -> rusqlite::Result<MemoryWriter<'_>> {
        let (connection, scope, now) = (self.connection, self.caller.project_scope(), self.now);
        MemoryWriter::new(connection, scope, now, &mut self.after_commit)
    }

    /// Has done what is answered as something to come: before the answer, or later, as the platform's completion says.
    pub(crate) fn run_job(&mut self, kind: JobKind, id: &str) -> rusqlite::Result<()> {
        if self.options.completion == Completion::Immediate {
            return jobs::run(self.connection, kind, id, self.now, &mut self.after_commit);
        }
        self.after_commit.push(AfterCommit::RunJob { kind, id: id.to_owned(), requested_at: self.now });
        Ok(())
    }

    pub(crate) fn body(&self) -> Result<BodyReader, HttpReply> {
        BodyReader::read(self.errors, self.request)
    }

    /// Notes a name that the operation does not know, or refuses it.
    pub(crate) fn unknown(&mut self, name: &str) -> Result<(), HttpReply> {
        if self.options.strict {
            return Err(self.errors.invalid(name, "Unknown name, refused in strict mode."));
        }
        self.ignored.push(name.to_owned());
        Ok(())
    }

    /// Notes or refuses what the handler did not take out of the form.
    pub(crate) fn rest(&mut self, body: &BodyReader) -> Result<(), HttpReply> {
        body.unknown().try_for_each(|name| self.unknown(name))
    }

    /// Notes or refuses query names that the operation does not know.
    pub(crate) fn check_query(&mut self, known: &[&str]) -> Result<(), HttpReply> {
        const ADDED_BY_CLIENTS: [&str; 2] = ["org_id", "project_id"];
        let request = self.request;
        request
            .query
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !known.contains(name) && !ADDED_BY_CLIENTS.contains(name))
            .try_for_each(|name| self.unknown(name))
    }
}

const LAST_OWNER: &str = "The last OWNER can't be removed or demoted.";

/// 404 for someone who is no member.
fn no_member() -> HttpReply {
    HttpReply::message(StatusCode::NOT_FOUND, "Member not found")
}
