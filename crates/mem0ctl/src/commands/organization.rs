//! `mem0ctl org`: organizations.

use clap::Subcommand;

use crate::commands::deletion::{Deletion, memories_of_key, titled};
use crate::failure::Outcome;
use crate::output::{Column, counted};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists the organizations you are a member of
    #[command(after_help = "Example:\n  mem0ctl org list --output json")]
    List,
    /// Shows an organization
    #[command(after_help = "Examples:\n  mem0ctl org show\n  mem0ctl org show org_123")]
    Show {
        /// Its identifier; the key's own without it
        id: Option<String>,
    },
    /// Creates an organization, whose OWNER you are
    #[command(after_help = "Example:\n  mem0ctl org create Acme")]
    Create {
        /// Its name
        name: String,
    },
    /// Deletes an organization with all its projects and memories
    #[command(after_help = "Example:\n  mem0ctl org delete org_123")]
    Delete {
        /// Its identifier
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
        Command::List => session.output.list(&session.client.organizations().list()?, COLUMNS),
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
            // Nobody reads the name where nobody is asked.
            let name = if session.options.yes { None } else { organization.get()?.name };
            let named = titled(name.as_deref(), &id);
            Deletion {
                question: format!("Delete the organization {named} with all its projects and memories?"),
                warnings: Vec::new(),
                noun: "organization",
                name: name.as_deref(),
                id: &id,
                memories: memories(session, &id),
            }
            .confirm(session)?;
            let answer = organization.delete()?;
            session.output.done(&answer, &format!("Deleted the organization {named}."))
        }
    }
}

/// How many memories go with an organization. Only those of the key's own project can be counted.
fn memories(session: &Session, id: &str) -> String {
    if session.options.yes || session.options.dry_run {
        return String::new();
    }
    let Ok(projects) = session.client.organization(id).projects() else { return "unknown".to_owned() };
    let own = session.identity().ok().and_then(|identity| identity.project_id.clone());
    let has_own = own.is_some() && projects.iter().any(|project| project.project_id == own);
    match (projects.len(), has_own) {
        (1, true) => memories_of_key(session),
        (number, true) => format!(
            "all of {number} projects, {} of them in the project of the key",
            memories_of_key(session)
        ),
        (number, false) => format!("all of {}", counted(number as u64, "project", "projects")),
    }
}
