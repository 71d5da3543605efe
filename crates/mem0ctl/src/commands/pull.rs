//! `mem0ctl pull`: prints the current state as a file for `plan`.

use std::io::{self, IsTerminal};

use mem0::plan::CurrentProject;
use serde_json::json;

use crate::commands::plan_file::{self, Coverage};
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Format;
use crate::output::escape::escape_line;
use crate::session::Session;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl pull > mem0.toml
  mem0ctl pull --org org_123 --output json
  mem0ctl pull --project proj_123 > bot.toml

With --project, the file contains that project alone, without the
organization's members. Applying it with --prune deletes the other projects.

The file leaves out what you cannot see: projects you are not a member of, and
webhooks of projects where you are a READER. It contains e-mail addresses of
members and URLs of webhooks: store it accordingly.")]
pub(crate) struct Pull {}

pub(crate) fn run(_: &Pull, session: &Session) -> Outcome {
    let mut state = session.organization()?.current_state()?;
    let project = session.options.project.as_deref();
    if let Some(project) = project {
        let matches = |current: &CurrentProject| {
            current.project.project_id.as_ref().is_some_and(|id| id.as_str() == project)
        };
        state.projects.retain(matches);
        if state.projects.is_empty() {
            let message = format!("no project {project} in the organization that you are a member of");
            return Err(Failure::new(Exit::NotFound, message));
        }
    }
    let mut desired = state.to_desired()?;
    if project.is_some() {
        desired.members = None;
    }
    if project.is_none() && plan_file::is_partial(&state) {
        session.output.message(
            "warning: you are a READER of this organization, so the file leaves out projects you are not a member of; \
             applying it with --prune deletes them",
        );
    }
    let coverage = match project {
        Some(_) => Coverage::OneProject,
        None if plan_file::is_partial(&state) => Coverage::Reader,
        None => Coverage::All,
    };
    match session.output.format() {
        Format::Table => {
            let file = plan_file::render(&desired, coverage);
            // Escaped on a terminal only.
            let text = if io::stdout().is_terminal() {
                file.lines().map(escape_line).collect::<Vec<_>>().join("\n")
            } else {
                file
            };
            session.output.line(text.trim_end())
        }
        Format::Json => session.output.document(&json!(desired)),
        Format::Jsonl => session.output.json_line(&json!(desired)),
    }
}
