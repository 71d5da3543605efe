//! `mem0ctl pull`: the file that `plan` reads, from what is there.

use std::io::{self, IsTerminal};

use mem0::plan::CurrentProject;
use serde_json::json;

use crate::commands::plan_file::{self, Partial};
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Format;
use crate::output::visible::visible;
use crate::session::Session;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl pull > mem0.toml
  mem0ctl pull --org org_123 --output json
  mem0ctl pull --project proj_123 > bot.toml

With --project, the file has that project alone, and not the organization's members: applied with
--prune, it would delete the other projects.

What you do not see is not in it: projects you are no member of, and webhooks where you are a
READER. It has members' e-mail addresses and webhooks' URLs in it: keep it
where they may be read.")]
pub(crate) struct Pull {}

pub(crate) fn run(_: &Pull, session: &Session) -> Outcome {
    let mut state = session.organization()?.current_state()?;
    let project = session.options.project.as_deref();
    if let Some(project) = project {
        let is_it = |current: &CurrentProject| {
            current.project.project_id.as_ref().is_some_and(|id| id.as_str() == project)
        };
        state.projects.retain(is_it);
        if state.projects.is_empty() {
            let sentence =
                format!("There is no project {project} in the organization, or it is not yours to see.");
            return Err(Failure::new(Exit::NotFound, sentence));
        }
    }
    let mut wanted = state.to_desired()?;
    if project.is_some() {
        wanted.members = None;
    }
    if project.is_none() && plan_file::is_partial(&state) {
        session.output.message(
            "You are a READER of this organization: projects that you are no member of are not in the file. Do not \
             apply it with --prune, which would delete them.",
        );
    }
    let partial = match project {
        Some(_) => Partial::OneProject,
        None if plan_file::is_partial(&state) => Partial::Reader,
        None => Partial::No,
    };
    match session.output.format() {
        Format::Table => {
            let file = plan_file::written(&wanted, partial);
            // Whoever writes it into a file wants it as it is.
            let shown = if io::stdout().is_terminal() {
                file.lines().map(visible).collect::<Vec<_>>().join("\n")
            } else {
                file
            };
            session.output.line(shown.trim_end())
        }
        Format::Json => session.output.document(&json!(wanted)),
        Format::Jsonl => session.output.json_line(&json!(wanted)),
    }
}
