//! `mem0ctl entity`: users, agents, apps and runs.

use clap::{Args, Subcommand};
use mem0::entities::{EntityKind, NewEntity, ResetSummary};
use serde_json::{Value, json};

use crate::commands::deletion::confirm_everything;
use crate::commands::entity_profile;
use crate::commands::memory::delete::follow;
use crate::commands::memory::list::stream;
use crate::commands::memory::scope::{EntityArgs, EntityName, EntityScope, entity_kind, entity_name_help};
use crate::failure::{Exit, Failure, Outcome};
use crate::input;
use crate::output::prompt::confirm;
use crate::output::spinner::OptionalWaitArgs;
use crate::output::{Column, counted};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List users, agents, apps and runs
    #[command(after_help = "\
Examples:
  mem0ctl entity list
  mem0ctl entity list users --limit 20 --output json")]
    List {
        /// Kind: users, agents, apps or runs (default: all)
        #[arg(value_parser = entity_kind)]
        kind: Option<EntityKind>,
        /// Maximum number of entities (default: all)
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
    },
    /// Show a user, agent, app or run
    #[command(after_help = "\
Examples:
  mem0ctl entity show user/alice
  mem0ctl entity show --agent-id butler --output json")]
    Show {
        #[command(flatten)]
        target: EntityArg,
    },
    /// Create a user, agent, app or run
    #[command(after_help = "\
Examples:
  mem0ctl entity create user/alice --metadata plan=pro
  mem0ctl entity create agent/butler --name 'The butler'")]
    Create {
        #[command(flatten)]
        target: EntityArg,
        /// Display name; not for users
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Metadata entry; the value is JSON or a string
        #[arg(long, short, value_name = "KEY=VALUE")]
        metadata: Vec<String>,
    },
    /// Delete a user, agent, app or run and all its memories
    #[command(after_help = "\
Examples:
  mem0ctl entity delete user/alice
  mem0ctl entity delete --user-id alice --yes --wait
  mem0ctl entity delete --all")]
    Delete {
        #[command(flatten)]
        target: EntityArg,
        /// Delete all users, agents, apps and runs of the project
        #[arg(long, conflicts_with_all = ["entity", "EntityArgs", "wait"])]
        all: bool,
        #[command(flatten)]
        waiting: OptionalWaitArgs,
    },
    /// List the filters for entities and events
    #[command(after_help = "Example:\n  mem0ctl entity filters --output json")]
    Filters,
    /// Manage generated user profiles
    #[command(subcommand)]
    Profile(entity_profile::Command),
}

/// Entity, named by `KIND/ID` or by option.
#[derive(Args, Debug)]
#[command(mut_args(entity_name_help))]
pub(crate) struct EntityArg {
    /// Entity, such as user/alice
    #[arg(value_name = "KIND/ID", conflicts_with = "EntityArgs")]
    entity: Option<EntityName>,
    #[command(flatten)]
    scope: EntityArgs,
}

impl EntityArg {
    /// Entity given by argument or option. The environment is ignored.
    fn entity(self) -> Outcome<EntityName> {
        if let Some(entity) = self.entity {
            return Ok(entity);
        }
        let scope = self.scope.named();
        let mut parts = scope.iter().flat_map(EntityScope::parts);
        match (parts.next(), parts.next()) {
            (Some((kind, id)), None) => Ok(EntityName { kind: kind.clone(), id: id.to_owned() }),
            (None, _) => Err(Failure::usage("missing entity; pass KIND/ID, such as user/alice")),
            (Some(_), Some(_)) => {
                Err(Failure::usage("more than one entity; pass one user, agent, app or run"))
            }
        }
    }
}

const COLUMNS: &[Column] = &[
    ("KIND", "/type"),
    ("NAME", "/name"),
    ("MEMORIES", "/totalMemories"),
    ("CREATED", "/created_at"),
    ("UPDATED", "/updated_at"),
];

const FIELDS: &[Column] = &[
    ("Kind", "/type"),
    ("Name", "/name"),
    ("ID", "/id"),
    ("Owner", "/owner"),
    ("Memories", "/totalMemories"),
    ("Metadata", "/metadata"),
    ("Created", "/created_at"),
    ("Updated", "/updated_at"),
];

const CREATED: &[Column] = &[
    ("ID", "/id"),
    ("User", "/user_id"),
    ("Agent", "/agent_id"),
    ("App", "/app_id"),
    ("Run", "/run_id"),
    ("Name", "/name"),
    ("Metadata", "/metadata"),
    ("Created", "/created_at"),
];

const FILTERS: &[Column] = &[
    ("Events", "/event_type"),
    ("Categories", "/categories"),
    ("Users", "/users"),
    ("Parameters", "/parameters"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::List { kind, limit } => {
            let entities = session.project_client()?.entities().list()?;
            let Some(kind) = kind else {
                return stream(session, entities, limit, COLUMNS, "entities");
            };
            // The platform lists all kinds, so the limit applies after the filter.
            let matches = |entity: &mem0::entities::Entity| entity.kind.as_ref() == Some(&kind);
            let entities = entities.filter(|entity| entity.as_ref().map_or(true, matches));
            let empty = || format!("No {kind}s in {}.", session.project_title());
            let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
            session.output.stream(
                entities.take(limit).map(|entity| entity.map_err(Failure::from)),
                COLUMNS,
                empty,
            )
        }
        Command::Show { target } => {
            let EntityName { kind, id } = target.entity()?;
            let entities = session.project_client()?.entities().get(kind.clone(), &id)?;
            match entities.as_slice() {
                [] => Err(Failure::new(
                    Exit::NotFound,
                    format!("no {kind} with ID {id} in {}", session.project_title()),
                )),
                [entity] => session.output.record(entity, FIELDS),
                entities => session.output.list(entities, COLUMNS, String::new),
            }
        }
        Command::Create { target, name, metadata } => create(session, target.entity()?, name, &metadata),
        Command::Delete { all: true, .. } => delete_all(session),
        Command::Delete { target, waiting, .. } => {
            let entity = target.entity()?;
            confirm(session, &format!("Delete {entity} and all its memories?"))?;
            let deleted = session.project_client()?.entities().delete(entity.kind.clone(), &entity.id);
            let Some(started) = session.response(deleted)? else { return Ok(()) };
            follow(session, &started, &waiting, &format!("{entity} and its memories"))
        }
        Command::Filters => session.output.record(&session.project_client()?.entities().filters()?, FILTERS),
        Command::Profile(command) => entity_profile::run(command, session),
    }
}

fn create(session: &Session, entity: EntityName, name: Option<String>, metadata: &[String]) -> Outcome {
    let EntityName { kind, id } = entity;
    let mut new = NewEntity::new(id);
    if let Some(name) = name {
        new = new.name(name);
    }
    for (key, value) in input::object("--metadata", metadata)? {
        new = new.metadata(key, value);
    }
    let entities = session.project_client()?.entities();
    let created = match kind {
        EntityKind::Agent => entities.create_agent(new)?,
        EntityKind::App => entities.create_app(new)?,
        EntityKind::Run => entities.create_run(new)?,
        _ => entities.create_user(new)?,
    };
    session.output.record(&created, CREATED)
}

fn delete_all(session: &Session) -> Outcome {
    let what = "all users, agents, apps and runs and all memories";
    let project = confirm_everything(session, what)?;
    match session.project_client()?.reset() {
        Ok(reset) => {
            let result = result(&reset);
            let number = counted(reset.deleted, "entity", "entities");
            let message = format!("Deleting {number} and all memories of project {project}.");
            session.output.success(&result, &message)
        }
        Err(stopped) if stopped.done.deleted == 0 => Err(stopped.error.into()),
        Err(stopped) => {
            let mut result = result(&stopped.done);
            result["error"] = stopped.error.to_string().into();
            session.output.partial_result(&result)?;
            Err(Failure::new(
                Exit::PartlyDone,
                format!("{stopped}; run the command again to delete the rest"),
            ))
        }
    }
}

fn result(reset: &ResetSummary) -> Value {
    json!({ "deleted": reset.deleted, "already_gone": reset.already_gone, "event_ids": reset.event_ids })
}
