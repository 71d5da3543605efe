//! `mem0ctl entity`: the users, agents, apps and runs that memories are of.

use clap::{Args, Subcommand};
use mem0::entities::{EntityKind, NewEntity, ResetSummary};
use serde_json::{Value, json};

use crate::commands::deletion::confirm_everything;
use crate::commands::entity_profile;
use crate::commands::memory::delete::follow;
use crate::commands::memory::scope::{EntityName, Scope, Whose, entity_kind};
use crate::failure::{Exit, Failure, Outcome};
use crate::input::argument;
use crate::output::prompt::confirm;
use crate::output::waiting::Waiting;
use crate::output::{Column, counted};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists users, agents, apps and runs
    #[command(after_help = "\
Examples:
  mem0ctl entity list
  mem0ctl entity list users --limit 20 --output json")]
    List {
        /// Only these: users, agents, apps or runs
        #[arg(value_parser = entity_kind)]
        kind: Option<EntityKind>,
        /// How many at most; all of them without it
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
    },
    /// Shows a user, an agent, an app or a run
    #[command(after_help = "\
Examples:
  mem0ctl entity show user/alice
  mem0ctl entity show --agent-id butler --output json")]
    Show {
        #[command(flatten)]
        one: One,
    },
    /// Creates a user, an agent, an app or a run before there is a memory of it
    #[command(after_help = "\
Examples:
  mem0ctl entity create user/alice --metadata plan=pro
  mem0ctl entity create agent/butler --name 'The butler'")]
    Create {
        #[command(flatten)]
        one: One,
        /// Its name for people; users have none
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Note something about it; the value is JSON, or else a text
        #[arg(long, short, value_name = "KEY=VALUE")]
        metadata: Vec<String>,
    },
    /// Deletes a user, an agent, an app or a run with all its memories
    #[command(after_help = "\
Examples:
  mem0ctl entity delete user/alice
  mem0ctl entity delete --user-id alice --yes --wait
  mem0ctl entity delete --all")]
    Delete {
        #[command(flatten)]
        one: One,
        /// All users, agents, apps and runs of the project
        #[arg(long, conflicts_with_all = ["entity", "Scope", "wait"])]
        all: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Shows what lists of entities and events can be narrowed by
    #[command(after_help = "Example:\n  mem0ctl entity filters --output json")]
    Filters,
    /// Profiles of users: what is known of them, in a form of the project's
    #[command(subcommand)]
    Profile(entity_profile::Command),
}

/// One entity, in either way to name it.
#[derive(Args, Debug)]
pub(crate) struct One {
    /// Which one, such as user/alice
    #[arg(value_name = "KIND/ID", conflicts_with = "Scope")]
    entity: Option<EntityName>,
    #[command(flatten)]
    scope: Scope,
}

impl One {
    /// What is named here; the environment is not asked.
    fn entity(self) -> Outcome<EntityName> {
        if let Some(entity) = self.entity {
            return Ok(entity);
        }
        let whose = self.scope.named();
        let mut parts = whose.iter().flat_map(Whose::parts);
        match (parts.next(), parts.next()) {
            (Some((kind, id)), None) => Ok(EntityName { kind: kind.clone(), id: id.to_owned() }),
            (None, _) => Err(Failure::usage("Say which one: KIND/ID, such as user/alice.")),
            (Some(_), Some(_)) => {
                Err(Failure::usage("Name one user, agent, app or run, not several at once."))
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
            let entities = session.own()?.entities().list()?;
            // The platform lists all kinds together.
            let fits = |entity: &mem0::entities::Entity| kind.is_none() || entity.kind == kind;
            let entities = entities.filter(|entity| entity.as_ref().map_or(true, fits));
            let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
            session.output.stream(entities.take(limit).map(|entity| entity.map_err(Failure::from)), COLUMNS)
        }
        Command::Show { one } => {
            let EntityName { kind, id } = one.entity()?;
            let found = session.own()?.entities().get(kind.clone(), &id)?;
            match found.as_slice() {
                [] => Err(Failure::new(Exit::NotFound, format!("There is no {kind} {id}."))),
                [entity] => session.output.record(entity, FIELDS),
                entities => session.output.list(entities, COLUMNS),
            }
        }
        Command::Create { one, name, metadata } => create(session, one.entity()?, name, &metadata),
        Command::Delete { all: true, .. } => delete_every_one(session),
        Command::Delete { one, waiting, .. } => {
            let entity = one.entity()?;
            confirm(session, &format!("Delete the {entity} with all its memories?"))?;
            let deleted = session.own()?.entities().delete(entity.kind.clone(), &entity.id);
            let Some(started) = session.answer(deleted)? else { return Ok(()) };
            follow(session, &started, &waiting, &format!("The {entity} and its memories"))
        }
        Command::Filters => session.output.record(&session.own()?.entities().filters()?, FILTERS),
        Command::Profile(command) => entity_profile::run(command, session),
    }
}

fn create(session: &Session, entity: EntityName, name: Option<String>, metadata: &[String]) -> Outcome {
    let EntityName { kind, id } = entity;
    let mut new = NewEntity::new(id);
    if let Some(name) = name {
        new = new.name(name);
    }
    for (key, value) in argument::object("--metadata", metadata)? {
        new = new.metadata(key, value);
    }
    let entities = session.own()?.entities();
    let created = match kind {
        EntityKind::Agent => entities.create_agent(new)?,
        EntityKind::App => entities.create_app(new)?,
        EntityKind::Run => entities.create_run(new)?,
        _ => entities.create_user(new)?,
    };
    session.output.record(&created, CREATED)
}

fn delete_every_one(session: &Session) -> Outcome {
    let what = "all users, agents, apps and runs with all memories";
    let project = confirm_everything(session, what)?;
    match session.own()?.reset() {
        Ok(reset) => {
            let answer = answer(&reset);
            let number = counted(reset.deleted, "entity", "entities");
            let sentence =
                format!("Deletion has begun of {number} of the project {project}, with all memories.");
            session.output.done(&answer, &sentence)
        }
        Err(stopped) if stopped.done.deleted == 0 => Err(stopped.error.into()),
        Err(stopped) => {
            let mut answer = answer(&stopped.done);
            answer["error"] = stopped.error.to_string().into();
            session.output.for_programs(&answer)?;
            Err(Failure::new(Exit::PartlyDone, format!("{stopped}. Run it again to go on with the rest.")))
        }
    }
}

fn answer(reset: &ResetSummary) -> Value {
    json!({ "deleted": reset.deleted, "already_gone": reset.already_gone, "event_ids": reset.event_ids })
}
