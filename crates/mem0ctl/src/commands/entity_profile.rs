//! `mem0ctl entity profile`: generated profiles of users.

use clap::Subcommand;
use mem0::client::PollPolicy;
use mem0::profiles::{
    ProfileJob, ProfileJobId, ProfileJobStarted, ProfileJobStatus, ProfileSample, ProfileSettingsUpdate,
    ProfileTrigger,
};

use crate::failure::{Exit, Failure, Outcome};
use crate::input;
use crate::output::Column;
use crate::output::spinner::{OptionalWaitArgs, WaitArgs, with_spinner};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Show the profile of a user
    #[command(after_help = "Example:\n  mem0ctl entity profile show alice --output json")]
    Show {
        /// User ID
        user: String,
    },
    /// Generate the profile of a user now
    #[command(after_help = "\
Examples:
  mem0ctl entity profile trigger alice --wait
  mem0ctl entity profile trigger alice --idempotency-key 2026-03-01-alice")]
    Trigger {
        /// User ID
        user: String,
        /// Idempotency key: requests with the same key start one job
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
        #[command(flatten)]
        waiting: OptionalWaitArgs,
    },
    /// Generate the profiles of a few users as a sample
    #[command(after_help = "Example:\n  mem0ctl entity profile sample --limit 3 --wait")]
    Sample {
        /// Number of users, from 1 to 10
        #[arg(long, value_name = "NUMBER")]
        limit: Option<u8>,
        /// Idempotency key: requests with the same key start one job
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
        #[command(flatten)]
        waiting: OptionalWaitArgs,
    },
    /// Show the status of a profile job
    #[command(after_help = "Example:\n  mem0ctl entity profile job 8c9c1ac4-4bd5-4f8a-bd5e-3a0f8a3f7c10")]
    Job {
        /// Job ID
        id: String,
    },
    /// Wait for a profile job to finish
    #[command(after_help = "\
Example:
  mem0ctl entity profile wait 8c9c1ac4-4bd5-4f8a-bd5e-3a0f8a3f7c10 --for 60

Exit codes: 0 finished, 1 all profiles failed, 7 still running, 9 some failed.")]
    Wait {
        /// Job ID
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Show or change the project's profile settings
    #[command(after_help = "\
Examples:
  mem0ctl entity profile settings
  mem0ctl entity profile settings --enabled on --schema @profile.schema.json
  mem0ctl entity profile settings --clear-instructions

Each property of the schema needs a description.")]
    Settings {
        /// Turn profile generation on or off
        #[arg(long, value_name = "on|off", value_parser = on_or_off)]
        enabled: Option<bool>,
        /// JSON Schema of a profile
        #[arg(long, value_name = "JSON|@FILE", conflicts_with = "clear_schema")]
        schema: Option<String>,
        /// Restore the platform's default schema
        #[arg(long)]
        clear_schema: bool,
        /// Instructions for generating profiles
        #[arg(long, value_name = "TEXT|@FILE", conflicts_with = "clear_instructions")]
        instructions: Option<String>,
        /// Remove the instructions
        #[arg(long)]
        clear_instructions: bool,
    },
}

const FIELDS: &[Column] = &[
    ("User", "/entity_id"),
    ("Status", "/status"),
    ("Error", "/error"),
    ("Profile", "/profile"),
    ("Generations", "/generation_count"),
    ("Updated", "/updated_at"),
];

const STARTED: &[Column] = &[
    ("Job", "/job_id"),
    ("Status", "/status"),
    ("Max. profiles", "/entity_count_reserved"),
    ("Users", "/entity_ids"),
    ("Replayed", "/replayed"),
    ("Event", "/event_id"),
];

const JOB: &[Column] = &[
    ("ID", "/id"),
    ("Operation", "/operation"),
    ("Status", "/status"),
    ("Users", "/total"),
    ("Completed", "/completed"),
    ("Succeeded", "/succeeded"),
    ("Failed", "/failed"),
    ("Skipped", "/skipped"),
];

const SETTINGS: &[Column] = &[
    ("Enabled", "/enabled"),
    ("Schema", "/entities/user/schema"),
    ("Instructions", "/entities/user/custom_instructions"),
    ("Capabilities", "/capabilities"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    let profiles = session.project_client()?.profiles();
    match command {
        Command::Show { user } => session.output.record(&profiles.get(&user)?, FIELDS),
        Command::Trigger { user, idempotency_key, waiting } => {
            let mut trigger = ProfileTrigger::new(user);
            if let Some(key) = idempotency_key {
                trigger = trigger.idempotency_key(key);
            }
            let started = session.response(profiles.trigger(trigger))?;
            started.map_or(Ok(()), |started| follow(session, &started, &waiting))
        }
        Command::Sample { limit, idempotency_key, waiting } => {
            let mut sample = ProfileSample::new();
            if let Some(limit) = limit {
                sample = sample.limit(limit);
            }
            if let Some(key) = idempotency_key {
                sample = sample.idempotency_key(key);
            }
            let started = session.response(profiles.sample(sample))?;
            started.map_or(Ok(()), |started| follow(session, &started, &waiting))
        }
        Command::Job { id } => session.output.record(&profiles.job(id)?, JOB),
        Command::Wait { id, wait: args } => wait(session, &id.into(), args.policy()),
        Command::Settings { enabled, schema, clear_schema, instructions, clear_instructions } => {
            let mut update = ProfileSettingsUpdate::new();
            if let Some(enabled) = enabled {
                update = update.enabled(enabled);
            }
            if let Some(schema) = schema {
                update = update.schema(input::json("--schema", &schema)?);
            }
            if clear_schema {
                update = update.clear_schema();
            }
            if let Some(instructions) = instructions {
                update = update.custom_instructions(input::text(&instructions)?);
            }
            if clear_instructions {
                update = update.clear_custom_instructions();
            }
            let settings =
                if update.is_empty() { profiles.settings()? } else { profiles.update_settings(update)? };
            session.output.record(&settings, SETTINGS)
        }
    }
}

fn follow(session: &Session, started: &ProfileJobStarted, waiting: &OptionalWaitArgs) -> Outcome {
    if waiting.wait {
        return wait(session, started.id()?, waiting.policy());
    }
    session.output.record(started, STARTED)
}

fn wait(session: &Session, id: &ProfileJobId, policy: PollPolicy) -> Outcome {
    let profiles = session.project_client()?.profiles();
    let job = with_spinner(session, &format!("profile job {id}"), || profiles.wait(id.clone(), policy))?;
    session.output.record(&job, JOB)?;
    check_job(&job)
}

/// Returns a failure if a finished job failed entirely or in part.
fn check_job(job: &ProfileJob) -> Outcome {
    let (failed, succeeded) = (job.failed.unwrap_or_default(), job.succeeded.unwrap_or_default());
    let has_failed = matches!(job.status, Some(ProfileJobStatus::Failed | ProfileJobStatus::Cancelled));
    if failed == 0 && !has_failed {
        return Ok(());
    }
    let exit = if succeeded > 0 { Exit::PartlyDone } else { Exit::Other };
    let status = job.status.as_ref().map_or("finished", ProfileJobStatus::as_str);
    let message = format!("profile job {status}: {succeeded} succeeded, {failed} failed");
    Err(Failure::new(exit, message))
}

fn on_or_off(word: &str) -> Result<bool, String> {
    match word {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("expected on or off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn exit_code_follows_the_counts_and_the_status() {
        let exit = |job| check_job(&serde_json::from_value(job).unwrap()).err().map(|failure| failure.exit);
        assert_eq!(exit(json!({"status": "succeeded", "succeeded": 2, "skipped": 1, "failed": 0})), None);
        assert_eq!(exit(json!({"status": "completed"})), None);
        assert_eq!(exit(json!({"status": "succeeded", "succeeded": 2, "failed": 1})), Some(Exit::PartlyDone));
        assert_eq!(exit(json!({"status": "succeeded", "succeeded": 0, "failed": 1})), Some(Exit::Other));
        assert_eq!(exit(json!({"status": "cancelled", "succeeded": 1})), Some(Exit::PartlyDone));
        assert_eq!(exit(json!({"status": "failed"})), Some(Exit::Other));
    }
}
