//! `mem0ctl memory`: the memories of the key's project.

pub(crate) mod add;
pub(crate) mod batches;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod scope;
pub(crate) mod search;
pub(crate) mod update;

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::commands::memory::scope::Matching;
use crate::failure::Outcome;
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Adds memories of what was said
    Add(add::Add),
    /// Searches memories, best first
    Search(search::Search),
    /// Lists memories
    List(list::List),
    /// Shows a memory, expired or not
    #[command(after_help = "\
Examples:
  mem0ctl memory get 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11
  mem0ctl memory get 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --output json")]
    Get {
        /// Its identifier
        id: String,
    },
    /// Changes a memory, or many
    Update(update::Update),
    /// Deletes memories: those that are named, or all of somebody
    Delete(delete::Delete),
    /// Lists what became of a memory
    #[command(after_help = "Example:\n  mem0ctl memory history 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11")]
    History {
        /// Its identifier
        id: String,
    },
    /// Lists what became of all memories of the project
    Changes(list::Changes),
    /// Says what somebody thinks of a memory
    #[command(after_help = "\
Examples:
  mem0ctl memory feedback 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 positive --reason 'Checked by hand'
  mem0ctl memory feedback 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --remove")]
    Feedback {
        /// Its identifier
        id: String,
        /// positive, negative or very-negative
        #[arg(required_unless_present = "remove", conflicts_with = "remove", value_parser = feedback())]
        #[arg(ignore_case = true, hide_possible_values = true)]
        feedback: Option<String>,
        /// Why
        #[arg(long, value_name = "TEXT", conflicts_with = "remove")]
        reason: Option<String>,
        /// Take back what was said of it
        #[arg(long)]
        remove: bool,
    },
    /// Has memories summed up
    #[command(after_help = "\
Examples:
  mem0ctl memory summary --user-id alice
  mem0ctl memory summary --user-id alice --category travel --since 2026-01-01")]
    Summary {
        #[command(flatten)]
        matching: Matching,
    },
    /// Adds memories from a file, one JSON object a line
    Import(import::Import),
    /// Writes memories as JSON lines, which an import reads
    Export(export::Export),
    /// Copies memories from one profile's project to another's
    Copy(copy::Copy),
    /// Counts what the key's user has and did
    #[command(after_help = "Example:\n  mem0ctl memory stats --output json")]
    Stats,
}

/// What can be said of a memory. The platform's own spelling will do.
fn feedback() -> PossibleValuesParser {
    let very_negative = PossibleValue::new("very-negative").alias("very_negative");
    [PossibleValue::new("positive"), PossibleValue::new("negative"), very_negative].into()
}

/// A memory in a list. Its text has the room that the others leave.
pub(crate) const COLUMNS: &[Column] =
    &[("ID", "/id"), ("MEMORY", "/memory"), ("CATEGORIES", "/categories"), ("CREATED", "/created_at")];

/// A memory by itself.
pub(crate) const FIELDS: &[Column] = &[
    ("ID", "/id"),
    ("Memory", "/memory"),
    ("User", "/user_id"),
    ("Agent", "/agent_id"),
    ("App", "/app_id"),
    ("Run", "/run_id"),
    ("Categories", "/categories"),
    ("Metadata", "/metadata"),
    ("Expires", "/expiration_date"),
    ("State", "/lifecycle_state"),
    ("Replaced by", "/replaced_by"),
    ("Created", "/created_at"),
    ("Updated", "/updated_at"),
];

const HISTORY: &[Column] =
    &[("WHEN", "/created_at"), ("EVENT", "/event"), ("BEFORE", "/old_memory"), ("AFTER", "/new_memory")];

const FEEDBACK: &[Column] = &[("ID", "/id"), ("Feedback", "/feedback"), ("Reason", "/feedback_reason")];

const STATS: &[Column] = &[
    ("Memories", "/total_memories"),
    ("Adds", "/total_add_events"),
    ("Retrievals", "/total_retrieval_events"),
    ("Retrievals by API", "/total_api_retrieval_events"),
    ("Retrievals allowed", "/total_retrieval_events_limit"),
    ("Users", "/total_users_with_memories"),
    ("Agents", "/total_agents_with_memories"),
    ("Runs", "/total_runs_with_memories"),
    ("Memories per user", "/memories_per_user"),
    ("Memories per agent", "/memories_per_agent"),
    ("Memories per run", "/memories_per_run"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Add(command) => add::run(&command, session),
        Command::Search(command) => search::run(&command, session),
        Command::List(command) => list::run(&command, session),
        Command::Get { id } => session.output.record(&session.own()?.get(id)?, FIELDS),
        Command::Update(command) => update::run(&command, session),
        Command::Delete(command) => delete::run(&command, session),
        Command::History { id } => session.output.list(&session.own()?.history(id)?, HISTORY),
        Command::Changes(command) => list::changes(&command, session),
        Command::Feedback { id, feedback, reason, .. } => {
            let client = session.own()?;
            let given = match feedback {
                Some(feedback) => client.feedback(id, feedback, reason.as_deref())?,
                None => client.remove_feedback(id)?,
            };
            session.output.record(&given, FEEDBACK)
        }
        Command::Summary { matching } => {
            let filter = matching.filter()?;
            session.output.opaque(&session.own()?.summary(filter)?)
        }
        Command::Import(command) => import::run(&command, session),
        Command::Export(command) => export::run(&command, session),
        Command::Copy(command) => copy::run(&command, session),
        Command::Stats => session.output.record(&session.own()?.stats()?, STATS),
    }
}
