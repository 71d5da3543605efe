//! `mem0ctl plan` and `mem0ctl apply`: a file says how an organization and its projects should be.

use std::path::PathBuf;

use mem0::Error;
use mem0::blocking::OrganizationApi;
use mem0::plan::{ApplyError, DesiredOrganization, ProjectReference, Prune, Step};
use serde_json::json;

use crate::commands::deletion::Deletion;
use crate::commands::plan_file;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Manner;
use crate::options::Format;
use crate::output::prompt::confirm;
use crate::output::visible::visible;
use crate::session::Session;
use crate::wire::Wire;

const FORMAT: &str = "\
The file is TOML; what it does not mention is left alone:
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

{FORMAT}"))]
pub(crate) struct Plan {
    #[command(flatten)]
    wanted: Desired,

    /// Exit code 10 also for members, webhooks and projects that are not in the lists of the file
    #[arg(long)]
    strict: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = format!("\
Examples:
  mem0ctl apply mem0.toml
  mem0ctl apply mem0.toml --yes --output json
  mem0ctl apply mem0.toml --dry-run

A failure in the middle has exit code 9, and Ctrl-C, which waits for the step under way, 130: apply
again to finish.

{FORMAT}"))]
pub(crate) struct Apply {
    #[command(flatten)]
    wanted: Desired,
}

#[derive(clap::Args, Debug)]
struct Desired {
    /// The file; - for stdin
    file: PathBuf,

    /// Delete what the file does not name in the lists it has: members, webhooks, and projects
    /// with all their memories
    #[arg(long)]
    prune: bool,
}

impl Desired {
    /// The organization the file is about, and the plan for it.
    fn plan(&self, session: &Session) -> Outcome<(OrganizationApi<Wire>, mem0::plan::Plan)> {
        let wanted = plan_file::read(&self.file)?;
        wanted.check().map_err(|error| self.wrong(error))?;
        let organization = organization(&wanted, session)?;
        let prune = if self.prune { Prune::Yes } else { Prune::No };
        let plan = organization.plan(&wanted, prune).map_err(|error| self.wrong(error))?;
        Ok((organization, plan))
    }

    /// What is refused without being sent is the file's fault.
    fn wrong(&self, error: Error) -> Failure {
        match error {
            Error::Invalid { field, message, .. } => {
                Failure::file(format!("{}: invalid {field}: {message}.", self.file.display()))
            }
            error => error.into(),
        }
    }
}

/// The organization that the file names by id or by name, or else that of the session.
fn organization(wanted: &DesiredOrganization, session: &Session) -> Outcome<OrganizationApi<Wire>> {
    let (id, name) = match &wanted.organization {
        Some(identity) => (identity.id.as_ref(), identity.name.as_deref()),
        None => (None, None),
    };
    let of_session = session.settings.org_id.as_deref();
    if let Some(id) = id {
        if of_session.is_some_and(|org_id| org_id != id.as_str()) {
            let sentence = format!(
                "The file is about the organization {}, and you have named {}: name the same, or none.",
                id.as_str(),
                of_session.unwrap_or_default(),
            );
            return Err(Failure::usage(sentence));
        }
        return Ok(session.client.organization(id));
    }
    let Some(name) = name.filter(|_| of_session.is_none()) else { return session.organization() };
    let organizations = session.client.organizations().list()?;
    let named = organizations.into_iter().filter(|organization| organization.name.as_deref() == Some(name));
    let ids: Vec<_> = named.filter_map(|organization| organization.org_id).collect();
    match ids.as_slice() {
        [id] => Ok(session.client.organization(id)),
        [] => Err(Failure::new(Exit::NotFound, format!("You are in no organization of the name {name:?}."))),
        ids => {
            let ids: Vec<&str> = ids.iter().map(mem0::organizations::OrgId::as_str).collect();
            let ids = ids.join(" or ");
            Err(Failure::file(format!("There are several organizations {name:?}: give the id, {ids}.")))
        }
    }
}

pub(crate) fn run(command: &Plan, session: &Session) -> Outcome {
    let (_, plan) = command.wanted.plan(session)?;
    match session.output.format() {
        Format::Table => show(session, &plan)?,
        Format::Json => session.output.document(&json!(plan))?,
        Format::Jsonl => {
            plan.steps().iter().try_for_each(|step| session.output.json_line(&json!(step)))?;
        }
    }
    let is_complete = !command.strict || plan.unmanaged().is_empty();
    let is_as_wanted = plan.is_empty() && is_complete;
    if is_as_wanted { Ok(()) } else { Err(Failure::new(Exit::Changes, "")) }
}

/// The plan as it is reviewed, in colours where they are wanted.
fn show(session: &Session, plan: &mem0::plan::Plan) -> Outcome {
    for line in plan.diff().to_string().lines() {
        let line = visible(line);
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
    let (organization, plan) = command.wanted.plan(session)?;
    let of = plan.steps().len();
    let is_table = session.output.format() == Format::Table;
    // Rather than a refusal after half of it.
    if let Err(refused) = plan.check() {
        if is_table {
            show(session, &plan)?;
        } else {
            answer(session, plan.steps(), 0, None)?;
        }
        return Err(Failure::new(Exit::NotAllowed, format!("Nothing was changed: {refused}.")));
    }
    if session.options.dry_run {
        return organization.apply(&plan, |_, _| {}).map_err(|stopped| stopped.error.into());
    }
    if is_table {
        show(session, &plan)?;
    }
    if of == 0 {
        return if is_table { Ok(()) } else { answer(session, plan.steps(), 0, None) };
    }
    if !is_table && !session.options.yes {
        // Who is asked has to know what about.
        plan.to_string().trim_end().lines().for_each(|line| session.output.message(line));
    }
    ask(session, plan.steps())?;
    let patient = session.interrupts.patient(Manner::AfterChange);
    let applied = organization.apply(&plan, |done, step| {
        session.output.message(&format!("[{done}/{of}] {step}: done"));
    });
    drop(patient);
    match applied {
        Ok(()) if is_table => {
            let file = command.wanted.file.display();
            session
                .output
                .message(&format!("The organization {} is as {file} says.", organization_of(&plan)));
            Ok(())
        }
        Ok(()) => answer(session, plan.steps(), of, None),
        Err(stopped) if session.interrupts.has_refused() => {
            if !is_table {
                answer(session, plan.steps(), stopped.done, None)?;
            }
            Err(interrupted(session, plan.steps(), &stopped))
        }
        Err(stopped) => {
            if !is_table {
                answer(session, plan.steps(), stopped.done, Some(&stopped.error))?;
            }
            Err(partly(session, plan.steps(), stopped))
        }
    }
}

fn organization_of(plan: &mem0::plan::Plan) -> &str {
    plan.org_id().map_or("of the key", mem0::organizations::OrgId::as_str)
}

/// Asks for the name of each project that is deleted, or else whether to go on.
fn ask(session: &Session, steps: &[Step]) -> Outcome {
    let deleted: Vec<&ProjectReference> = steps
        .iter()
        .filter_map(|step| match step {
            Step::DeleteProject { project, .. } => Some(project),
            _ => None,
        })
        .collect();
    let noun = if steps.len() == 1 { "this change" } else { "these changes" };
    if deleted.is_empty() {
        return confirm(session, &format!("Make {noun}?"));
    }
    let shown: Vec<String> = deleted.iter().map(ToString::to_string).collect();
    let question = format!("Make {noun}, and DESTROY ALL MEMORIES of {}?", shown.join(", "));
    for project in deleted {
        Deletion {
            question: question.clone(),
            warnings: Vec::new(),
            noun: "project",
            name: Some(&project.name),
            id: project.id.as_ref().map_or(project.name.as_str(), mem0::projects::ProjectId::as_str),
            // A key counts those of its own project alone, which is never deleted here.
            memories: "all of the project".to_owned(),
        }
        .confirm(session)?;
    }
    Ok(())
}

/// For programs: what is done, what has failed, and what is left.
fn answer(session: &Session, steps: &[Step], done: usize, error: Option<&Error>) -> Outcome {
    let (done, rest) = steps.split_at(done.min(steps.len()));
    let failed =
        rest.first().zip(error).map(|(step, error)| json!({"step": step, "error": error.to_string()}));
    let not_done = rest.get(usize::from(failed.is_some())..).unwrap_or_default();
    let answer = json!({ "done": done, "failed": failed, "not_done": not_done });
    match session.output.format() {
        Format::Jsonl => session.output.json_line(&answer),
        _ => session.output.document(&answer),
    }
}

/// What was not done since there was a signal, on stderr, and the end.
fn interrupted(
    session: &Session,
    steps: &[Step],
    ApplyError { done, total: of, .. }: &ApplyError,
) -> Failure {
    for step in steps.iter().skip(*done) {
        session.output.message(&format!("[-/{of}] {step}: not done"));
    }
    let sentence = format!("Interrupted: {done} of {of} steps are done. Apply again to finish.");
    Failure::new(Exit::Interrupted, sentence)
}

/// What was done and what was not, on stderr, and the failure.
fn partly(
    session: &Session,
    steps: &[Step],
    ApplyError { done, total: of, error, .. }: ApplyError,
) -> Failure {
    let not_done = steps.iter().skip(done);
    for (step, word) in not_done.zip(std::iter::once("failed").chain(std::iter::repeat("not done"))) {
        session.output.message(&format!("[-/{of}] {step}: {word}"));
    }
    if done == 0 {
        return error.into();
    }
    let steps = if of == 1 { "step" } else { "steps" };
    Failure::new(
        Exit::PartlyDone,
        format!("{done} of {of} {steps} are done. Apply again to finish, once this is cured: {error}"),
    )
}
