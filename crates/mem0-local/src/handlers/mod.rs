//! The operations, a file a resource. Whoever comes here may do what they ask.

mod entities;
mod events;
mod exports;
mod feedback;
mod memories;
mod organization_members;
mod organizations;
mod paging;
mod ping;
mod profiles;
mod project_members;
mod projects;
mod statistics;
mod webhooks;

use http::StatusCode;
use rusqlite::Connection;

use crate::http::form::{self, Form};
use crate::http::reply::{Answer, Reply};
use crate::http::request::Request;
use crate::jobs;
use crate::jobs::completion::Completion;
use crate::operations::{Operation, PathIds};
use crate::store::follow_up::Kind;
use crate::store::follow_up::Task;
use crate::store::keys::Caller;
use crate::store::keys::Place;
use crate::store::writer::Writer;
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

/// One request on its way through its operation, inside its transaction.
pub(crate) struct Call<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) operation: Operation,
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
    pub(crate) tasks: Vec<Task>,
}

impl<'a> Call<'a> {
    pub(crate) fn org_id(&self) -> &'a str {
        self.ids.get("org_id")
    }

    pub(crate) fn project_id(&self) -> &'a str {
        self.ids.get("project_id")
    }

    /// The project of the caller's key.
    pub(crate) fn place(&self) -> Place<'a> {
        self.caller.place()
    }

    /// Changes memories of the caller's project.
    pub(crate) fn writer(&mut self) -> rusqlite::Result<Writer<'_>> {
        let (connection, place, now) = (self.connection, self.caller.place(), self.now);
        Writer::new(connection, place, now, &mut self.tasks)
    }

    /// Has done what is answered as something to come: before the answer, or later, as the platform's completion says.
    pub(crate) fn settle(&mut self, kind: Kind, id: &str) -> rusqlite::Result<()> {
        if self.options.completion == Completion::AtOnce {
            return jobs::settle(self.connection, kind, id, self.now, &mut self.tasks);
        }
        self.tasks.push(Task::Settle { kind, id: id.to_owned(), asked_at: self.now });
        Ok(())
    }

    pub(crate) fn form(&self) -> Result<Form, Reply> {
        Form::read(self.operation, self.request)
    }

    /// Notes a name that the operation does not know, or refuses it.
    pub(crate) fn unknown(&mut self, name: &str) -> Result<(), Reply> {
        if self.options.strict {
            return Err(form::invalid(self.operation, name, "Unknown name, refused in strict mode."));
        }
        self.ignored.push(name.to_owned());
        Ok(())
    }

    /// Notes or refuses what the handler did not take out of the form.
    pub(crate) fn rest(&mut self, form: &Form) -> Result<(), Reply> {
        form.unknown().try_for_each(|name| self.unknown(name))
    }

    fn check_query(&mut self) -> Result<(), Reply> {
        let known = self.operation.query_names();
        let request = self.request;
        request
            .query
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .try_for_each(|(name, _)| self.unknown(name))
    }
}

/// Carries the operation out.
pub(crate) fn handle(call: &mut Call<'_>) -> Answer {
    call.check_query()?;
    match call.operation {
        Operation::Ping => Ok(ping::ping(call.caller)),
        Operation::ListOrganizations => organizations::list(call),
        Operation::CreateOrganization => organizations::create(call),
        Operation::GetOrganization => organizations::get(call),
        Operation::DeleteOrganization => organizations::delete(call),
        Operation::ListOrganizationMembers => organization_members::list(call),
        Operation::AddOrganizationMember => organization_members::add(call),
        Operation::UpdateOrganizationMember => organization_members::update(call),
        Operation::RemoveOrganizationMember => organization_members::remove(call),
        Operation::ListProjects => projects::list(call),
        Operation::CreateProject => projects::create(call),
        Operation::GetProject => projects::get(call),
        Operation::UpdateProject => projects::update(call),
        Operation::DeleteProject => projects::delete(call),
        Operation::ListProjectMembers => project_members::list(call),
        Operation::AddProjectMember => project_members::add(call),
        Operation::UpdateProjectMember => project_members::update(call),
        Operation::RemoveProjectMember => project_members::remove(call),
        Operation::ListMemories => memories::listing::list(call),
        Operation::ListMemoriesV1 => memories::listing::list_v1(call),
        Operation::ListMemoriesV2 => memories::listing::list_v2(call),
        Operation::ListEntityMemories => memories::listing::of_entity(call),
        Operation::GetMemory => memories::reading::get(call),
        Operation::GetMemoryHistory => memories::reading::history(call),
        Operation::ListMemoryEvents => memories::reading::feed(call),
        Operation::AddMemories => memories::add(call),
        Operation::AddMemoriesV1 => memories::add_v1(call),
        Operation::UpdateMemory => memories::update(call),
        Operation::DeleteMemory => memories::delete(call),
        Operation::DeleteMemories => memories::delete_all(call),
        Operation::BatchUpdateMemories => memories::update_batch(call),
        Operation::BatchDeleteMemories => memories::delete_batch(call),
        Operation::ListEvents => events::list(call),
        Operation::GetEvent => events::get(call),
        Operation::ListEntities => entities::list(call),
        Operation::GetEntityFilters => entities::filters(call),
        Operation::GetEntity => entities::get(call),
        Operation::DeleteEntity => entities::delete(call),
        Operation::DeleteEntityV1 => entities::delete_by_number(call),
        Operation::CreateUser | Operation::CreateAgent | Operation::CreateApp | Operation::CreateRun => {
            entities::create(call)
        }
        Operation::CreateExport => exports::create(call),
        Operation::GetExport => exports::get(call),
        Operation::SendFeedback => feedback::send(call),
        Operation::GetStats => statistics::get(call),
        Operation::Summarize => statistics::summarize(call),
        Operation::ListWebhooks => webhooks::list(call),
        Operation::CreateWebhook => webhooks::create(call),
        Operation::UpdateWebhook => webhooks::update(call),
        Operation::DeleteWebhook => webhooks::delete(call),
        Operation::GetProfile => profiles::get(call),
        Operation::CreateProfileJob => profiles::create_job(call),
        Operation::GetProfileJob => profiles::get_job(call),
        Operation::GetProfileSettings => profiles::settings(call),
        Operation::UpdateProfileSettings => profiles::update_settings(call),
        Operation::SearchMemories => memories::search(call),
        Operation::SearchMemoriesV1 => memories::search_v1(call),
        Operation::SearchMemoriesV2 => memories::search_v2(call),
    }
}

const LAST_OWNER: &str = "The last OWNER can't be removed or demoted.";

/// 404 for someone who is no member.
fn no_member() -> Reply {
    Reply::message(StatusCode::NOT_FOUND, "Member not found")
}
