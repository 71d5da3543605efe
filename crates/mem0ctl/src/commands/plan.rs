//! `mem0ctl plan` and `mem0ctl apply`: organizations and projects as code.

use std::path::PathBuf;

use mem0::Error;
use mem0::blocking::OrganizationApi;
use mem0::plan::{ApplyError, DesiredOrganization, ProjectReference, Prune, Step};
use serde_json::json;

use crate::commands::deletion::Deletion;
use crate::commands::plan_file;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::InterruptMode;
use crate::options::Format;
use crate::output::escape::escape_line;
use crate::output::prompt::confirm;
use crate::session::Session;

const FILE_HELP: &str = "\
The file is TOML. Settings that it does not mention are not changed:
  [members]
  \"ann@example.com\" = \"OWNER\"
  [projects.\"Support bot\"]
  decay = true
  custom_instructions = \"Keep what customers say about their contracts.\"
  [projects.\"Support bot\".custom_categories]
  billing = \"Invoices and refunds\"
  [[projects.\"Support bot\".webhooks]]
  name = \"audit\"
  url = \"https://example.com/hooks/7f3a\"
  event_types = [\"memory_add\", \"memory_delete\"]";

#[derive(clap::Args, Debug)]
#[command(after_help = format!("\
Examples:
  mem0ctl plan mem0.toml
  mem0ctl plan mem0.toml --prune --output json
  mem0ctl plan mem0.toml --strict

{FILE_HELP}"))]
pub(crate) struct Plan {
    #[command(flatten)]
    desired: PlanArgs,

    /// Exit with code 10 also for members, webhooks and projects missing from
    /// the file
    #[arg(long)]
    strict: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = format!("\
Examples:
  mem0ctl apply mem0.toml
  mem0ctl apply mem0.toml --yes --output json
  mem0ctl apply mem0.toml --dry-run

If a step fails, the exit code is 9; after Ctrl-C, which waits for the current
step, it is 130. Run the command again to finish.

{FILE_HELP}"))]
pub(crate) struct Apply {
    #[command(flatten)]
    desired: PlanArgs,
}

#[derive(clap::Args, Debug)]
struct PlanArgs {
    /// TOML file; - for stdin
    file: PathBuf,

    /// Delete members, webhooks and projects (with all their memories) that are
    /// missing from the file's lists
    #[arg(long)]
    prune: bool,
}

impl PlanArgs {
    /// Organization of the file and the plan for it.
    fn plan(&self, session: &Session) -> Outcome<(OrganizationApi, mem0::plan::Plan)> {
        let desired = plan_file::read(&self.file)?;
        desired.check().map_err(|error| self.file_failure(error))?;
        let organization = organization(&desired, session)?;
        let prune = if self.prune { Prune::Yes } else { Prune::No };
        let plan = organization.plan(&desired, prune).map_err(|error| self.file_failure(error))?;
        Ok((organization, plan))
    }

    /// Reports a request that was invalid before it was sent as an error of the file.
    fn file_failure(&self, error: Error) -> Failure {
        match error {
            Error::Invalid { field, message, .. } => {
                Failure::file(format!("{}: invalid {field}: {message}", self.file.display()))
            }
            error => error.into(),
        }
    }
}

/// Organization that the file names by ID or name, or the selected one.
fn organization(desired: &DesiredOrganization, session: &Session) -> Outcome<OrganizationApi> {
    let (id, name) = match &desired.organization {
        Some(identity) => (identity.id.as_ref(), identity.name.as_deref()),
        None => (None, None),
    };
    let selected = session.context.org_id.as_deref();
    if let Some(id) = id {
        if selected.is_some_and(|org_id| org_id != id.as_str()) {
            let message = format!(
                "the file is for organization {}, but --org or the profile selects {}; select the same organization, or none",
                id.as_str(),
                selected.unwrap_or_default(),
            );
            return Err(Failure::usage(message));
        }
        return Ok(session.client.organization(id));
    }
    let Some(name) = name.filter(|_| selected.is_none()) else { return session.organization() };
    let organizations = session.client.organizations().list()?;
    let matches = organizations.into_iter().filter(|organization| organization.name.as_deref() == Some(name));
    let ids: Vec<_> = matches.filter_map(|organization| organization.org_id).collect();
    match ids.as_slice() {
        [id] => Ok(session.client.organization(id)),
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("no organization named {name:?} that you are a member of"),
        )),
        ids => {
            let ids: Vec<&str> = ids.iter().map(mem0::organizations::OrgId::as_str).collect();
            let ids = ids.join(" or ");
            Err(Failure::file(format!(
                "more than one organization is named {name:?}; set its id in the file: {ids}"
            )))
        }
    }
}

pub(crate) fn run(command: &Plan, session: &Session) -> Outcome {
    let (_, plan) = command.desired.plan(session)?;
    match session.output.format() {
        Format::Table => show(session, &plan)?,
        Format::Json => session.output.document(&json!(plan))?,
        Format::Jsonl => {
            plan.steps().iter().try_for_each(|step| session.output.json_line(&json!(step)))?;
        }
    }
    let is_strictly_equal = !command.strict || plan.unmanaged().is_empty();
    let has_no_changes = plan.is_empty() && is_strictly_equal;
    if has_no_changes { Ok(()) } else { Err(Failure::new(Exit::Changes, "")) }
}

/// Prints the plan as a diff.
fn show(session: &Session, plan: &mem0::plan::Plan) -> Outcome {
    for line in plan.diff().to_string().lines() {
        let line = escape_line(line);
        let style = match line.trim_start().chars().next() {
            Some('+') => console::style(line).green(),
            Some('-') => console::style(line).red(),
            Some('~') => console::style(line).yellow(),
            Some('!') => console::style(line).red().bold(),
            _ => console::style(line),
        };
        session.output.line(&style.to_string())?;
    }
    Ok(())
}

pub(crate) fn apply(command: &Apply, session: &Session) -> Outcome {
    let (organization, plan) = command.desired.plan(session)?;
    let total = plan.steps().len();
    let is_table = session.output.format() == Format::Table;
    // Fails before the first step, not after some of them.
    if let Err(error) = plan.check() {
        if is_table {
            show(session, &plan)?;
        } else {
            print_result(session, plan.steps(), 0, None)?;
        }
        return Err(Failure::new(Exit::NotAllowed, format!("no changes were made: {error}")));
    }
    if session.options.dry_run {
        return organization.apply(&plan, |_, _| {}).map_err(|stopped| stopped.error.into());
    }
    if is_table {
        show(session, &plan)?;
    }
    if total == 0 {
        return if is_table { Ok(()) } else { print_result(session, plan.steps(), 0, None) };
    }
    if !is_table && !session.options.yes {
        // Shows the changes above the prompt.
        plan.to_string().trim_end().lines().for_each(|line| session.output.message(line));
    }
    confirm_changes(session, plan.steps())?;
    let guard = session.interrupts.set_mode(InterruptMode::AfterChange);
    let applied = organization.apply(&plan, |done, step| {
        session.output.message(&format!("[{done}/{total}] {step}: done"));
    });
    drop(guard);
    match applied {
        Ok(()) if is_table => {
            session.output.message(&summary(plan.steps()));
            Ok(())
        }
        Ok(()) => print_result(session, plan.steps(), total, None),
        Err(stopped) if session.interrupts.has_blocked() => {
            if !is_table {
                print_result(session, plan.steps(), stopped.done, None)?;
            }
            Err(interrupted(session, plan.steps(), &stopped))
        }
        Err(stopped) => {
            if !is_table {
                print_result(session, plan.steps(), stopped.done, Some(&stopped.error))?;
            }
            Err(partial_failure(session, plan.steps(), stopped))
        }
    }
}

/// Summarizes the applied steps: `Apply complete: 12 added, 4 changed.`
fn summary(steps: &[Step]) -> String {
    let (mut added, mut changed, mut removed) = (0, 0, 0);
    for step in steps {
        match step {
            Step::CreateProject { .. } | Step::CreateWebhook { .. } | Step::AddMember { .. } => added += 1,
            Step::DeleteProject { .. } | Step::DeleteWebhook { .. } | Step::RemoveMember { .. } => {
                removed += 1;
            }
            _ => changed += 1,
        }
    }
    let counts = [(added, "added"), (changed, "changed"), (removed, "removed")];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{count} {verb}"))
        .collect();
    format!("Apply complete: {}.", counts.join(", "))
}

/// Asks for confirmation, and for the name of each project to delete.
fn confirm_changes(session: &Session, steps: &[Step]) -> Outcome {
    let deleted: Vec<&ProjectReference> = steps
        .iter()
        .filter_map(|step| match step {
            Step::DeleteProject { project, .. } => Some(project),
            _ => None,
        })
        .collect();
    let noun = if steps.len() == 1 { "this change" } else { "these changes" };
    if deleted.is_empty() {
        return confirm(session, &format!("Apply {noun}?"));
    }
    let names: Vec<String> = deleted.iter().map(ToString::to_string).collect();
    let question = format!("Apply {noun} and DELETE ALL MEMORIES of {}?", names.join(", "));
    for project in deleted {
        Deletion {
            question: question.clone(),
            warnings: Vec::new(),
            noun: "project",
            name: Some(&project.name),
            id: project.id.as_ref().map_or(project.name.as_str(), mem0::projects::ProjectId::as_str),
            // A key can count only the memories of its own project, which a plan never deletes.
            memories: "all of the project".to_owned(),
        }
        .confirm(session)?;
    }
    Ok(())
}

/// Prints the done, failed and remaining steps as JSON.
fn print_result(session: &Session, steps: &[Step], done: usize, error: Option<&Error>) -> Outcome {
    let (done, rest) = steps.split_at(done.min(steps.len()));
    let failed =
        rest.first().zip(error).map(|(step, error)| json!({"step": step, "error": error.to_string()}));
    let not_done = rest.get(usize::from(failed.is_some())..).unwrap_or_default();
    let result = json!({ "done": done, "failed": failed, "not_done": not_done });
    match session.output.format() {
        Format::Jsonl => session.output.json_line(&result),
        _ => session.output.document(&result),
    }
}

/// Prints the steps that were not applied after a signal, and returns the failure.
fn interrupted(session: &Session, steps: &[Step], ApplyError { done, total, .. }: &ApplyError) -> Failure {
    for step in steps.iter().skip(*done) {
        session.output.message(&format!("[-/{total}] {step}: not done"));
    }
    let steps = if *total == 1 { "step" } else { "steps" };
    let message = format!("interrupted: {done} of {total} {steps} done; run the command again to finish");
    Failure::new(Exit::Interrupted, message)
}

/// Prints the steps that were not applied, and returns the failure.
fn partial_failure(
    session: &Session,
    steps: &[Step],
    ApplyError { done, total, error, .. }: ApplyError,
) -> Failure {
    let not_done = steps.iter().skip(done);
    for (step, outcome) in not_done.zip(std::iter::once("failed").chain(std::iter::repeat("not done"))) {
        session.output.message(&format!("[-/{total}] {step}: {outcome}"));
    }
    if done == 0 {
        return error.into();
    }
    let steps = if total == 1 { "step" } else { "steps" };
    Failure::new(
        Exit::PartlyDone,
        format!("{done} of {total} {steps} done; fix the error and run the command again to finish: {error}"),
    )
}
