//! The subcommands, one file per noun, and their dispatch.

pub(crate) mod completions;
pub(crate) mod deletion;
pub(crate) mod entity;
pub(crate) mod entity_profile;
pub(crate) mod event;
pub(crate) mod export;
#[cfg(feature = "local")]
pub(crate) mod local;
pub(crate) mod manual;
pub(crate) mod member;
pub(crate) mod memory;
pub(crate) mod organization;
pub(crate) mod plan;
pub(crate) mod plan_file;
pub(crate) mod profile;
pub(crate) mod project;
pub(crate) mod pull;
pub(crate) mod status;
pub(crate) mod webhook;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::session::Session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Shows who you are: organization, project, role and latency
    Status(status::Status),
    /// Organizations
    #[command(subcommand)]
    Org(organization::Command),
    /// Projects and their settings
    #[command(subcommand)]
    Project(project::Command),
    /// Members of a project, or of an organization
    #[command(subcommand)]
    Member(member::Command),
    /// Webhooks: where a project's events are told
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Memories
    #[command(subcommand)]
    Memory(memory::Command),
    /// Users, agents, apps and runs
    #[command(subcommand)]
    Entity(entity::Command),
    /// What the platform does in its own time
    #[command(subcommand)]
    Event(event::Command),
    /// Exports into a form of one's own, made by the platform
    #[command(subcommand)]
    Export(export::Command),
    /// Profiles: named contexts of platform, key, organization and project
    #[command(subcommand)]
    Profile(profile::Command),
    /// Shows what differs between a file and what is there (exit code 0: nothing, 10: something)
    Plan(plan::Plan),
    /// Does what `plan` shows
    Apply(plan::Apply),
    /// Writes the file that `plan` reads, from what is there
    Pull(pull::Pull),
    /// The platform itself, on this machine
    #[cfg(feature = "local")]
    #[command(subcommand)]
    Local(local::Command),
    /// Prints what a shell needs to complete this command
    Completions(completions::Completions),
    /// Prints the manual, or writes its pages into a folder
    Man(manual::Man),
}

/// Runs a command that needs a session.
pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Status(command) => status::run(&command, session),
        Command::Org(command) => organization::run(command, session),
        Command::Project(command) => project::run(command, session),
        Command::Member(command) => member::run(command, session),
        Command::Webhook(command) => webhook::run(command, session),
        Command::Memory(command) => memory::run(command, session),
        Command::Entity(command) => entity::run(command, session),
        Command::Event(command) => event::run(command, session),
        Command::Export(command) => export::run(command, session),
        // These need no session: `main.rs` runs them.
        Command::Profile(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
        Command::Plan(command) => plan::run(&command, session),
        Command::Apply(command) => plan::apply(&command, session),
        Command::Pull(command) => pull::run(&command, session),
        #[cfg(feature = "local")]
        Command::Local(_) => Ok(()),
    }
}
