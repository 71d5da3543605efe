//! Subcommands, one file per noun, and their dispatch.

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
    /// Show the current user, organization, project, role and latency
    Status(status::Status),
    /// Manage organizations
    #[command(subcommand)]
    Org(organization::Command),
    /// Manage projects and their settings
    #[command(subcommand)]
    Project(project::Command),
    /// Manage members of a project or organization
    #[command(subcommand)]
    Member(member::Command),
    /// Manage webhooks
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Add, search and manage memories
    #[command(subcommand)]
    Memory(memory::Command),
    /// Manage users, agents, apps and runs
    #[command(subcommand)]
    Entity(entity::Command),
    /// View background events
    #[command(subcommand)]
    Event(event::Command),
    /// Export memories with a JSON Schema
    #[command(subcommand)]
    Export(export::Command),
    /// Manage profiles (API key, base URL, organization, project)
    #[command(subcommand)]
    Profile(profile::Command),
    /// Preview the changes a file would make
    Plan(plan::Plan),
    /// Apply the changes in a file
    Apply(plan::Apply),
    /// Print an organization's settings as a file for `plan`
    Pull(pull::Pull),
    /// Run a platform on this machine, offline
    #[cfg(feature = "local")]
    #[command(subcommand)]
    Local(local::Command),
    /// Print a shell completion script
    Completions(completions::Completions),
    /// Print the manual, or write its pages to a directory
    Man(manual::Man),
    /// List the global options and environment variables
    #[command(hide = true)]
    Options,
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
        // `main.rs` runs the commands without a session.
        Command::Options | Command::Profile(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
        Command::Plan(command) => plan::run(&command, session),
        Command::Apply(command) => plan::apply(&command, session),
        Command::Pull(command) => pull::run(&command, session),
        #[cfg(feature = "local")]
        Command::Local(_) => Ok(()),
    }
}
