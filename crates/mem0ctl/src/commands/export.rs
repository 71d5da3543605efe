//! `mem0ctl export`: exports of memories with a JSON Schema.

use clap::Subcommand;
use mem0::client::PollPolicy;
use mem0::exports::{ExportId, NewExport};

use crate::commands::memory::scope::FilterArgs;
use crate::failure::Outcome;
use crate::input;
use crate::output::spinner::{OptionalWaitArgs, WaitArgs, with_spinner};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Create an export: one object that matches a JSON Schema
    #[command(after_help = "\
Examples:
  mem0ctl export create --schema @person.schema.json --user-id alice
  mem0ctl export create --schema @diet.schema.json --user-id alice --wait

To export memories as they are, use `mem0ctl memory export`.")]
    Create {
        /// JSON Schema of the result
        #[arg(long, value_name = "JSON|@FILE")]
        schema: String,
        /// Instructions for the export
        #[arg(long, value_name = "TEXT|@FILE")]
        instructions: Option<String>,
        #[command(flatten)]
        wait: OptionalWaitArgs,
        #[command(flatten)]
        matching: FilterArgs,
    },
    /// Print the result of an export as JSON
    #[command(after_help = "\
Examples:
  mem0ctl export get 8b6c4c9e-7d60-4d4e-9a3c-1f0f6f4f2b1a
  mem0ctl export get --latest --user-id alice

An export that is not ready is reported as not found (exit code 5).")]
    Get {
        /// Export ID
        #[arg(required_unless_present = "latest", conflicts_with = "latest")]
        id: Option<String>,
        /// Print the latest export of the selected memories
        #[arg(long)]
        latest: bool,
        #[command(flatten)]
        matching: FilterArgs,
    },
    /// Wait for an export and print its result
    #[command(after_help = "\
Example:
  mem0ctl export wait 8b6c4c9e-7d60-4d4e-9a3c-1f0f6f4f2b1a --for 60

An unknown ID is reported as an export that is not ready.")]
    Wait {
        /// Export ID
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Create { schema, instructions, wait: wait_args, matching } => {
            let mut export = NewExport::new(input::json("--schema", &schema)?, matching.filter()?);
            if let Some(instructions) = instructions {
                export = export.instructions(input::text(&instructions)?);
            }
            let exports = session.project_client()?.exports();
            let Some(created) = session.response(exports.create(export))? else { return Ok(()) };
            if wait_args.wait {
                return wait(session, created.id()?, wait_args.policy());
            }
            session.output.record(&created, &[("ID", "/id"), ("Message", "/message")])
        }
        Command::Get { id, matching, .. } => {
            let export = match id {
                Some(id) => session.project_client()?.exports().get(id)?,
                None => session.project_client()?.exports().latest(matching.filter()?)?,
            };
            session.output.json_value(&export)
        }
        Command::Wait { id, wait: args } => wait(session, &id.into(), args.policy()),
    }
}

fn wait(session: &Session, id: &ExportId, policy: PollPolicy) -> Outcome {
    let exports = session.project_client()?.exports();
    let export = with_spinner(session, &format!("export {id}"), || exports.wait(id.clone(), policy))?;
    session.output.json_value(&export)
}
