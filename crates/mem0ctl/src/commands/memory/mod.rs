//! `mem0ctl memory`: memories of the key's project.

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

use crate::commands::memory::scope::FilterArgs;
use crate::failure::Outcome;
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Add memories from a text or conversation
    Add(add::Add),
    /// Search memories
    Search(search::Search),
    /// List memories
    List(list::List),
    /// Show a memory
    #[command(after_help = "\
Examples:
  mem0ctl memory get 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11
  mem0ctl memory get 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --output json")]
    Get {
        /// Memory ID
        id: String,
    },
    /// Update one or more memories
    Update(update::Update),
    /// Delete memories by ID or by owner
    Delete(delete::Delete),
    /// List the history of a memory
    #[command(after_help = "Example:\n  mem0ctl memory history 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11")]
    History {
        /// Memory ID
        id: String,
    },
    /// List the changes of all memories in the project
    Changes(list::Changes),
    /// Rate a memory
    #[command(after_help = "\
Examples:
  mem0ctl memory feedback 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 positive
  mem0ctl memory feedback 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --remove")]
    Feedback {
        /// Memory ID
        id: String,
        /// Rating: positive, negative or very-negative
        #[arg(required_unless_present = "remove", conflicts_with = "remove", value_parser = feedback())]
        #[arg(ignore_case = true, hide_possible_values = true)]
        feedback: Option<String>,
        /// Reason for the rating
        #[arg(long, value_name = "TEXT", conflicts_with = "remove")]
        reason: Option<String>,
        /// Remove the rating
        #[arg(long)]
        remove: bool,
    },
    /// Summarize memories
    #[command(after_help = "\
Examples:
  mem0ctl memory summary --user-id alice
  mem0ctl memory summary --user-id alice --category travel --since 2026-01-01")]
    Summary {
        #[command(flatten)]
        matching: FilterArgs,
    },
    /// Import memories from JSON lines
    Import(import::Import),
    /// Export memories as JSON lines
    Export(export::Export),
    /// Copy memories between the projects of two profiles
    Copy(copy::Copy),
    /// Show usage statistics
    #[command(after_help = "Example:\n  mem0ctl memory stats --output json")]
    Stats,
}

/// Ratings. The spelling of the platform is accepted too.
fn feedback() -> PossibleValuesParser {
    let very_negative = PossibleValue::new("very-negative").alias("very_negative");
    [PossibleValue::new("positive"), PossibleValue::new("negative"), very_negative].into()
}

/// Columns of a list of memories.
pub(crate) const COLUMNS: &[Column] =
    &[("ID", "/id"), ("MEMORY", "/memory"), ("CATEGORIES", "/categories"), ("CREATED", "/created_at")];

/// Fields of a memory.
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
        Command::Get { id } => session.output.record(&session.project_client()?.get(id)?, FIELDS),
        Command::Update(command) => update::run(&command, session),
        Command::Delete(command) => delete::run(&command, session),
        Command::History { id } => {
            let entries = session.project_client()?.history(id.as_str())?;
            session.output.list(&entries, HISTORY, || format!("No history of memory {id}."))
        }
        Command::Changes(command) => list::changes(&command, session),
        Command::Feedback { id, feedback, reason, .. } => {
            let client = session.project_client()?;
            let response = match feedback {
                Some(feedback) => client.feedback(id, feedback, reason.as_deref())?,
                None => client.remove_feedback(id)?,
            };
            session.output.record(&response, FEEDBACK)
        }
        Command::Summary { matching } => {
            let filter = matching.filter()?;
            session.output.json_value(&session.project_client()?.summary(filter)?)
        }
        Command::Import(command) => import::run(&command, session),
        Command::Export(command) => export::run(&command, session),
        Command::Copy(command) => copy::run(&command, session),
        Command::Stats => session.output.record(&session.project_client()?.stats()?, STATS),
    }
}
