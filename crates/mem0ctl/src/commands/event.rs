//! `mem0ctl event`: background events.

use clap::Subcommand;
use mem0::client::PollPolicy;
use mem0::events::{Event, EventId};
use serde_json::Value;

use crate::commands::memory::list::stream;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Column;
use crate::output::spinner::{WaitArgs, with_spinner};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the events of a project: adds, deletions, searches
    #[command(after_help = "\
Examples:
  mem0ctl event list --limit 20
  mem0ctl event list --output jsonl")]
    List {
        /// Maximum number of events (default: all)
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
    },
    /// Show an event
    #[command(
        after_help = "Example:\n  mem0ctl event show 8c9c1ac4-4bd5-4f8a-bd5e-3a0f8a3f7c10 --output json"
    )]
    Show {
        /// Event ID
        id: String,
    },
    /// Wait for an event to finish
    #[command(after_help = "\
Example:
  mem0ctl event wait 8c9c1ac4-4bd5-4f8a-bd5e-3a0f8a3f7c10 --for 30

Exit codes: 0 succeeded, 1 failed, 7 still running.")]
    Wait {
        /// Event ID
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("TYPE", "/event_type"),
    ("STATUS", "/status"),
    ("LATENCY (ms)", "/latency"),
    ("CREATED", "/created_at"),
];

const FIELDS: &[Column] = &[
    ("ID", "/id"),
    ("Type", "/event_type"),
    ("Status", "/status"),
    ("Error", "/error"),
    ("Results", "/results"),
    ("Payload", "/payload"),
    ("Metadata", "/metadata"),
    ("Graph", "/graph_status"),
    ("Latency (ms)", "/latency"),
    ("Created", "/created_at"),
    ("Started", "/started_at"),
    ("Completed", "/completed_at"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    let events = session.project_client()?.events();
    match command {
        Command::List { limit } => stream(session, events.list()?, limit, COLUMNS, "events"),
        Command::Show { id } => session.output.record(&events.get(id)?, FIELDS),
        Command::Wait { id, wait } => {
            let event = poll(session, &id.into(), wait.policy())?;
            session.output.record(&event, FIELDS)?;
            failure_of(&event)
        }
    }
}

/// Waits for an event to succeed.
pub(crate) fn wait(session: &Session, id: &EventId, policy: PollPolicy) -> Outcome<Event> {
    let event = poll(session, id, policy)?;
    failure_of(&event)?;
    Ok(event)
}

/// Waits for an event to finish.
fn poll(session: &Session, id: &EventId, policy: PollPolicy) -> Outcome<Event> {
    let events = session.project_client()?.events();
    with_spinner(session, &format!("event {id}"), || events.wait(id.clone(), policy))
}

/// Returns a failure if an event failed.
fn failure_of(event: &Event) -> Outcome {
    if event.is_success() {
        return Ok(());
    }
    let id = event.id.as_ref().map_or("", |id| id.as_str());
    let reason = match &event.error {
        None | Some(Value::Null) => "no reason given".to_owned(),
        Some(Value::String(reason)) => reason.clone(),
        Some(reason) => reason.to_string(),
    };
    Err(Failure::new(Exit::Other, format!("event {id} failed: {reason}")))
}
