//! `mem0ctl org`: organizations.

use clap::Subcommand;

use crate::commands::deletion::{Deletion, memories_of_key, title_of};
use crate::failure::Outcome;
use crate::output::{Column, counted};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List your organizations
    #[command(after_help = "Example:\n  mem0ctl org list --output json")]
    List,
    /// Show an organization
    #[command(after_help = "Examples:\n  mem0ctl org show\n  mem0ctl org show org_123")]
    Show {
        /// Organization ID (default: the key's organization)
        id: Option<String>,
    },
    /// Create an organization and become its OWNER
    #[command(after_help = "Example:\n  mem0ctl org create Acme")]
    Create {
        /// Organization name
        name: String,
    },
    /// Delete an organization with all its projects and memories
    #[command(after_help = "Example:\n  mem0ctl org delete org_123")]
    Delete {
        /// Organization ID
        id: String,
    },
}

const COLUMNS: &[Column] =
    &[("ID", "/org_id"), ("NAME", "/name"), ("ROLE", "/user_role"), ("CREATED", "/created_at")];

const FIELDS: &[Column] = &[
    ("ID", "/org_id"),
    ("Name", "/name"),
    ("Your role", "/user_role"),
    ("Default", "/is_default"),
    ("Invitations", "/invitations"),
    ("Created", "/created_at"),
    ("Updated", "/updated_at"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::List => session
            .output
            .list(&session.client.organizations().list()?, COLUMNS, || "No organizations.".to_owned()),
        Command::Show { id } => {
            let organization = match id {
                Some(id) => session.client.organization(id),
                None => session.organization()?,
            };
            session.output.record(&organization.get()?, FIELDS)
        }
        Command::Create { name } => {
            let created = session.client.organizations().create(&name)?;
            session.output.record(&created, &[("ID", "/org_id"), ("Message", "/message")])
        }
        Command::Delete { id } => {
            let organization = session.client.organization(&*id);
            // The name is needed for the prompt only.
            let name = if session.options.yes { None } else { organization.get()?.name };
            let title = title_of(name.as_deref(), &id);
            Deletion {
                question: format!("Delete organization {title} with all its projects and memories?"),
                warnings: Vec::new(),
                noun: "organization",
                name: name.as_deref(),
                id: &id,
                memories: memories(session, &id),
            }
            .confirm(session)?;
            let response = organization.delete()?;
            session.output.success(&response, &format!("Deleted organization {title}."))
        }
    }
}

/// Describes the number of memories of an organization. Only the key's project can be counted.
fn memories(session: &Session, id: &str) -> String {
    if session.options.yes || session.options.dry_run {
        return String::new();
    }
    let Ok(projects) = session.client.organization(id).projects() else { return "unknown".to_owned() };
    let key_project = session.identity().ok().and_then(|identity| identity.project_id.clone());
    let has_key_project =
        key_project.is_some() && projects.iter().any(|project| project.project_id == key_project);
    match (projects.len(), has_key_project) {
        (1, true) => memories_of_key(session),
        (number, true) => {
            format!("all of {number} projects, {} of them in the key's project", memories_of_key(session))
        }
        (number, false) => format!("all of {}", counted(number as u64, "project", "projects")),
    }
}
