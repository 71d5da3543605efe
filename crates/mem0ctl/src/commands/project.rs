//! `mem0ctl project`: projects and their settings.

use std::collections::HashSet;

use clap::{Args, Subcommand};
use mem0::blocking::ProjectApi;
use mem0::projects::{NewProject, UsecaseSetting};
use mem0::{CustomCategory, ProjectFields, ProjectUpdate};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::deletion::{Deletion, memories_of_key, titled};
use crate::failure::{Failure, Outcome};

use crate::input::setting::{Switch, pair, text};
use crate::output::Column;
use crate::session::Session;
use crate::wire::Wire;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists the projects of an organization that you may see
    #[command(after_help = "\
Examples:
  mem0ctl project list
  mem0ctl project list --org org_123 --output json")]
    List,
    /// Shows a project and its settings
    #[command(after_help = "\
Examples:
  mem0ctl project show
  mem0ctl project show proj_123
  mem0ctl project show --fields name,decay --output json")]
    Show(Show),
    /// Creates a project, whose OWNER you are
    #[command(after_help = "\
Examples:
  mem0ctl project create 'Support bot'
  mem0ctl project create 'Support bot' --description 'Answers customers' --org org_123")]
    Create(Create),
    /// Changes settings of a project; those that are not named stay
    #[command(after_help = "\
Examples:
  mem0ctl project update --decay on --multilingual off
  mem0ctl project update --category 'billing=Invoices and refunds' --category support
  mem0ctl project update proj_123 --instructions @instructions.txt --dry-run
  mem0ctl project update --set enable_graph=true --clear memory_depth

A TEXT is @FILE to read it from a file and @- to read it from stdin; @@ begins a text with an @.
The line break that ends a file is left out. '' clears a text.")]
    Update(Box<Update>),
    /// Deletes a project with all its memories, members, webhooks and keys
    #[command(after_help = "Example:\n  mem0ctl project delete proj_123")]
    Delete {
        /// Its identifier
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Its identifier; the key's own without it
    id: Option<String>,

    /// These fields only, by their names in the JSON
    #[arg(long, value_name = "NAME,…")]
    fields: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Its name
    name: String,

    /// What it is for; @FILE and @- read it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// A setting that has no option here, by its name in the JSON; repeatable
    #[arg(long, value_name = "KEY=JSON", value_parser = pair)]
    set: Vec<(String, Value)>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Its identifier; the key's own without it
    id: Option<String>,

    /// Its name
    #[arg(long)]
    name: Option<String>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Whether searches favour what was used lately
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    decay: Option<Switch>,

    /// Whether memories stay in the language they came in
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    multilingual: Option<Switch>,

    /// A category, in place of all it has; repeatable, the description may be left out
    #[arg(long, value_name = "NAME=DESCRIPTION", value_parser = category, conflicts_with = "no_categories")]
    category: Vec<CustomCategory>,

    /// No categories of its own: back to the platform's catalogue
    #[arg(long)]
    no_categories: bool,

    /// What to extract from what users say
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,

    /// What to extract from what agents say; '' lets --instructions hold for them too
    #[arg(long, value_name = "TEXT")]
    agent_instructions: Option<String>,

    /// What is to be remembered
    #[arg(long, value_name = "TEXT")]
    inclusion: Option<String>,

    /// What is not to be remembered
    #[arg(long, value_name = "TEXT")]
    exclusion: Option<String>,

    /// How much is remembered
    #[arg(long, value_name = "DEPTH")]
    memory_depth: Option<String>,

    /// The use case
    #[arg(long, value_name = "NAME|NUMBER")]
    usecase: Option<String>,

    /// The version of its memory pipeline
    #[arg(long, value_name = "VERSION")]
    pipeline_version: Option<String>,

    /// A setting that has no option here, by its name in the JSON; repeatable
    #[arg(long, value_name = "KEY=JSON", value_parser = pair)]
    set: Vec<(String, Value)>,

    /// Set this setting to null, by its name in the JSON; repeatable
    #[arg(long, value_name = "KEY")]
    clear: Vec<String>,
}

const COLUMNS: &[Column] = &[
    ("ID", "/project_id"),
    ("NAME", "/name"),
    ("ROLE", "/user_role"),
    ("DECAY", "/decay"),
    ("CREATED", "/created_at"),
];

const FIELDS: &[Column] = &[
    ("ID", "/project_id"),
    ("Organization", "/org_id"),
    ("Name", "/name"),
    ("Description", "/description"),
    ("Your role", "/user_role"),
    ("Default", "/is_default"),
    ("Decay", "/decay"),
    ("Multilingual", "/multilingual"),
    ("Categories", "/custom_categories"),
    ("Instructions", "/custom_instructions"),
    ("Agent instructions", "/agent_custom_instructions"),
    ("Update instructions", "/update_custom_instructions"),
    ("Summary instructions", "/summary_custom_instructions"),
    ("Summary batch size", "/summary_batch_size"),
    ("Summary tokens", "/summary_max_tokens"),
    ("Inclusion", "/inclusion_prompt"),
    ("Exclusion", "/exclusion_prompt"),
    ("Memory depth", "/memory_depth"),
    ("Use case", "/usecase"),
    ("Pipeline version", "/version"),
    ("Prompt profile", "/active_prompt_profile"),
    ("Graph", "/enable_graph"),
    ("Memories expire", "/expiration_date"),
    ("Created", "/created_at"),
    ("Updated", "/updated_at"),
];

/// What is shown only if it is asked for: `member list` is the place for them.
const MEMBERS: Column = ("Members", "/members");

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::List => session.output.list(&session.organization()?.projects()?, COLUMNS),
        Command::Show(Show { id, fields: None }) => {
            session.output.record(&named(session, id)?.get()?, FIELDS)
        }
        Command::Show(Show { id, fields: Some(fields) }) => {
            let fields = checked(&fields)?;
            show(session, &named(session, id)?, &fields)
        }
        Command::Create(create) => {
            let mut project = NewProject::new(create.name);
            if let Some(description) = create.description {
                project = project.description(text("--description", &description)?);
            }
            once(&project, create.set.iter().map(|(key, _)| key))?;
            let project =
                create.set.into_iter().fold(project, |project, (key, value)| project.set(key, value));
            let created = session.organization()?.create_project(project)?;
            session.output.record(&created, &[("ID", "/project_id"), ("Message", "/message")])
        }
        Command::Update(mut update) => {
            let id = update.id.take();
            let update = settings(*update)?;
            let answer = named(session, id.clone())?.update(update)?;
            let id = match id {
                Some(id) => id,
                None => session.project_id()?,
            };
            session.output.done(&answer, &format!("Updated the project {id}."))
        }
        Command::Delete { id } => delete(session, id),
    }
}

/// The project a verb names, or the one to work in.
fn named(session: &Session, id: Option<String>) -> Outcome<ProjectApi<Wire>> {
    let Some(id) = id else {
        return session.project();
    };
    if session.options.project.as_ref().is_some_and(|other| *other != id) {
        return Err(Failure::usage(
            "Two projects are named, one after the verb and one by --project: leave one of them out.",
        ));
    }
    Ok(session.client.project_in(session.org_id()?, id))
}

fn checked(fields: &str) -> Outcome<ProjectFields> {
    fields.parse().map_err(|_| {
        let known: Vec<&str> =
            FIELDS.iter().chain([&MEMBERS]).map(|(_, pointer)| pointer.trim_start_matches('/')).collect();
        Failure::usage(format!(
            "--fields names what is no field of a project, or nothing. The fields are {}.",
            known.join(", ")
        ))
    })
}

/// Shows chosen fields. The platform may answer with the whole project (contract D1).
fn show(session: &Session, project: &ProjectApi<Wire>, fields: &ProjectFields) -> Outcome {
    let found = serde_json::to_value(project.get_fields(fields.clone())?).unwrap_or_default();
    let chosen: Map<String, Value> =
        fields.names().map(|name| (name.to_owned(), found.get(name).cloned().unwrap_or_default())).collect();
    let column = |name: &str| {
        let is_it = |(_, pointer): &&Column| pointer.strip_prefix('/') == Some(name);
        FIELDS.iter().chain([&MEMBERS]).find(is_it).copied()
    };
    let columns: Vec<Column> = fields.names().filter_map(column).collect();
    session.output.chosen(&chosen.into(), &columns)
}

type SetText = fn(ProjectUpdate, String) -> ProjectUpdate;

fn settings(given: Update) -> Outcome<ProjectUpdate> {
    let texts: [(&str, Option<String>, SetText); 5] = [
        ("--description", given.description, ProjectUpdate::description),
        ("--instructions", given.instructions, ProjectUpdate::custom_instructions),
        ("--agent-instructions", given.agent_instructions, ProjectUpdate::agent_custom_instructions),
        ("--inclusion", given.inclusion, ProjectUpdate::inclusion_prompt),
        ("--exclusion", given.exclusion, ProjectUpdate::exclusion_prompt),
    ];
    let mut update = ProjectUpdate::new();
    if let Some(name) = given.name {
        update = update.name(name);
    }
    for (option, given, set) in texts {
        if let Some(given) = given {
            update = set(update, text(option, &given)?);
        }
    }
    if let Some(decay) = given.decay {
        update = update.decay(decay.is_on());
    }
    if let Some(multilingual) = given.multilingual {
        update = update.multilingual(multilingual.is_on());
    }
    if given.no_categories || !given.category.is_empty() {
        update = update.custom_categories(distinct(given.category)?);
    }
    if let Some(depth) = given.memory_depth {
        update = update.memory_depth(depth);
    }
    if let Some(usecase) = given.usecase {
        let number = usecase.parse::<i64>().map(UsecaseSetting::from);
        update = update.usecase_setting(number.unwrap_or_else(|_| usecase.into()));
    }
    if let Some(version) = given.pipeline_version {
        update = update.version(version);
    }
    once(&update, given.set.iter().map(|(key, _)| key).chain(&given.clear))?;
    update = given.set.into_iter().fold(update, |update, (key, value)| update.set(key, value));
    update = given.clear.into_iter().fold(update, ProjectUpdate::clear);
    if update.is_empty() {
        return Err(Failure::usage(
            "Nothing is to be changed: name a setting, such as --decay on. \
             `mem0ctl project update --help` lists them.",
        ));
    }
    Ok(update)
}

/// Refuses a setting that is named more than once, by its option or by its name: which of them is meant?
fn once<'a>(body: &impl Serialize, keys: impl Iterator<Item = &'a String>) -> Outcome {
    let body = serde_json::to_value(body).unwrap_or_default();
    let mut named: HashSet<&str> =
        body.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    for key in keys {
        if !named.insert(key) {
            return Err(Failure::usage(format!("The setting `{key}` is named twice: leave one out.")));
        }
    }
    Ok(())
}

/// A category of the command line.
fn category(given: &str) -> Result<CustomCategory, String> {
    let category = match given.split_once('=') {
        Some((name, description)) => CustomCategory::new(name.trim(), description.trim()),
        None => CustomCategory::named(given.trim()),
    };
    if category.name().is_empty() {
        return Err("expected NAME=DESCRIPTION, such as 'billing=Invoices and refunds'".to_owned());
    }
    Ok(category)
}

fn distinct(categories: Vec<CustomCategory>) -> Outcome<Vec<CustomCategory>> {
    for (index, category) in categories.iter().enumerate() {
        if categories.iter().take(index).any(|other| other.name() == category.name()) {
            let name = category.name();
            return Err(Failure::usage(format!("The category `{name}` is named twice: leave one out.")));
        }
    }
    Ok(categories)
}

fn delete(session: &Session, id: String) -> Outcome {
    let project = named(session, Some(id.clone()))?;
    let mut shown = id.clone();
    // Nobody reads the name where nobody is asked.
    if !session.options.yes {
        let name = project.get_fields(ProjectFields::new().name())?.name;
        shown = titled(name.as_deref(), &id);
        let is_own = session.identity()?.project_id.as_ref().is_some_and(|own| *own == *id);
        let own = "It is the project of the key you use, which will be good for nothing.".to_owned();
        let memories = if is_own {
            memories_of_key(session)
        } else {
            "unknown, since the key is not its own".to_owned()
        };
        Deletion {
            question: format!(
                "Delete the project {shown} with all its memories, members, webhooks and keys?"
            ),
            warnings: if is_own { vec![own] } else { Vec::new() },
            noun: "project",
            name: name.as_deref(),
            id: &id,
            memories,
        }
        .confirm(session)?;
    }
    let answer = project.delete()?;
    session.output.done(&answer, &format!("Deleted the project {shown}."))
}
