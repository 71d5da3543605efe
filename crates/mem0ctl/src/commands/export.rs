//! `mem0ctl export`: exports of memories into a form of one's own, made by the platform.

use clap::Subcommand;
use mem0::client::PollPolicy;
use mem0::exports::{ExportId, NewExport};

use crate::commands::memory::scope::Matching;
use crate::failure::Outcome;
use crate::input::argument;
use crate::output::waiting::{Patience, Waiting, waiting_for};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Asks for an export: one object, made of memories, that fits a JSON Schema
    #[command(after_help = "\
Examples:
  mem0ctl export create --schema @person.schema.json --user-id alice
  mem0ctl export create --schema @diet.schema.json --user-id alice --wait

To get the memories as they are: mem0ctl memory list --output jsonl")]
    Create {
        /// The JSON Schema
        #[arg(long, value_name = "JSON|@FILE")]
        schema: String,
        /// What to heed when memories are put into that form
        #[arg(long, value_name = "TEXT|@FILE")]
        instructions: Option<String>,
        #[command(flatten)]
        waiting: Waiting,
        #[command(flatten)]
        matching: Matching,
    },
    /// Prints what an export has made, as JSON
    #[command(after_help = "\
Examples:
  mem0ctl export get 8b6c4c9e-7d60-4d4e-9a3c-1f0f6f4f2b1a
  mem0ctl export get --latest --user-id alice

The platform answers an export that is not ready as one that there is none of (exit code 5).")]
    Get {
        /// Its identifier
        #[arg(required_unless_present = "latest", conflicts_with = "latest")]
        id: Option<String>,
        /// The latest one of memories that the options name
        #[arg(long)]
        latest: bool,
        #[command(flatten)]
        matching: Matching,
    },
    /// Waits for an export, and prints what it has made
    #[command(after_help = "\
Example:
  mem0ctl export wait 8b6c4c9e-7d60-4d4e-9a3c-1f0f6f4f2b1a --for 60

The platform answers an identifier that there is none of as an export that is not ready.")]
    Wait {
        /// Its identifier
        id: String,
        #[command(flatten)]
        patience: Patience,
    },
}

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Create { schema, instructions, waiting, matching } => {
            let mut export = NewExport::new(argument::json("--schema", &schema)?, matching.filter()?);
            if let Some(instructions) = instructions {
                export = export.instructions(argument::text(&instructions)?);
            }
            let exports = session.own()?.exports();
            let Some(made) = session.answer(exports.create(export))? else { return Ok(()) };
            if waiting.wait {
                return wait(session, made.id()?, waiting.policy());
            }
            session.output.record(&made, &[("ID", "/id"), ("Message", "/message")])
        }
        Command::Get { id, matching, .. } => {
            let export = match id {
                Some(id) => session.own()?.exports().get(id)?,
                None => session.own()?.exports().latest(matching.filter()?)?,
            };
            session.output.opaque(&export)
        }
        Command::Wait { id, patience } => wait(session, &id.into(), patience.policy()),
    }
}

fn wait(session: &Session, id: &ExportId, policy: PollPolicy) -> Outcome {
    let exports = session.own()?.exports();
    let export = waiting_for(session, &format!("the export {id}"), || exports.wait(id.clone(), policy))?;
    session.output.opaque(&export)
}
