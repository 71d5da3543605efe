//! `mem0ctl project`: projects and their settings.

use std::collections::HashSet;

use clap::{Args, Subcommand};
use mem0::blocking::ProjectApi;
use mem0::projects::{NewProject, UsecaseSetting};
use mem0::{CustomCategory, ProjectFields, ProjectUpdate};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::deletion::{Deletion, memories_of_key, title_of};
use crate::failure::{Failure, Outcome};

use crate::input::value_parsers::{OnOff, key_json, text_option};
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List projects
    #[command(after_help = "\
Examples:
  mem0ctl project list
  mem0ctl project list --org org_123 --output json")]
    List,
    /// Show a project and its settings
    #[command(after_help = "\
Examples:
  mem0ctl project show
  mem0ctl project show proj_123
  mem0ctl project show --fields name,decay --output json")]
    Show(Show),
    /// Create a project and become its OWNER
    #[command(after_help = "\
Examples:
  mem0ctl project create 'Support bot'
  mem0ctl project create 'Support bot' --description 'Answers customers'")]
    Create(Create),
    /// Update settings of a project
    #[command(after_help = "\
Examples:
  mem0ctl project update --decay on --multilingual off
  mem0ctl project update --category billing=Invoices --category support
  mem0ctl project update proj_123 --instructions @instructions.txt --dry-run
  mem0ctl project update --set enable_graph=true --clear memory_depth

TEXT is literal, @FILE reads a file, @- reads stdin, and @@ escapes a leading @.
The final line break of a file is dropped. '' clears a text.")]
    Update(Box<Update>),
    /// Delete a project with all its memories, members, webhooks and keys
    #[command(after_help = "Example:\n  mem0ctl project delete proj_123")]
    Delete {
        /// Project ID
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Project ID (default: the key's project)
    id: Option<String>,

    /// Fields to show, by their JSON names
    #[arg(long, value_name = "NAME,...")]
    fields: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Project name
    name: String,

    /// Description, @FILE, or @- for stdin
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Any other setting, by its JSON name; can be repeated
    #[arg(long, value_name = "KEY=JSON", value_parser = key_json)]
    set: Vec<(String, Value)>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Project ID (default: the key's project)
    id: Option<String>,

    /// New name
    #[arg(long)]
    name: Option<String>,

    /// Description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Rank recently used memories higher
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    decay: Option<OnOff>,

    /// Keep memories in their original language
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    multilingual: Option<OnOff>,

    /// Category that replaces all current ones; can be repeated
    #[arg(long, value_name = "NAME=DESCRIPTION", value_parser = category, conflicts_with = "no_categories")]
    category: Vec<CustomCategory>,

    /// Restore the platform's default categories
    #[arg(long)]
    no_categories: bool,

    /// Instructions for extraction from user messages
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,

    /// Instructions for agent messages; '' applies --instructions to them
    #[arg(long, value_name = "TEXT")]
    agent_instructions: Option<String>,

    /// Content to remember
    #[arg(long, value_name = "TEXT")]
    inclusion: Option<String>,

    /// Content to leave out
    #[arg(long, value_name = "TEXT")]
    exclusion: Option<String>,

    /// Amount of detail to remember
    #[arg(long, value_name = "DEPTH")]
    memory_depth: Option<String>,

    /// Use case
    #[arg(long, value_name = "NAME|NUMBER")]
    usecase: Option<String>,

    /// Version of the memory pipeline
    #[arg(long, value_name = "VERSION")]
    pipeline_version: Option<String>,

    /// Any other setting, by its JSON name; can be repeated
    #[arg(long, value_name = "KEY=JSON", value_parser = key_json)]
    set: Vec<(String, Value)>,

    /// Setting to set to null, by its JSON name; can be repeated
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

/// Field shown with `--fields` only; `member list` lists members.
const MEMBERS: Column = ("Members", "/members");

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::List => {
            let organization = session.organization()?;
            let projects = organization.projects()?;
            let id = session.org_id()?;
            session.output.list(&projects, COLUMNS, || {
                let name = organization.get().ok().and_then(|organization| organization.name);
                format!("No projects in organization {}.", title_of(name.as_deref(), id.as_str()))
            })
        }
        Command::Show(Show { id, fields: None }) => {
            session.output.record(&project_api(session, id)?.get()?, FIELDS)
        }
        Command::Show(Show { id, fields: Some(fields) }) => {
            let fields = parse_fields(&fields)?;
            show(session, &project_api(session, id)?, &fields)
        }
        Command::Create(create) => {
            let mut project = NewProject::new(create.name);
            if let Some(description) = create.description {
                project = project.description(text_option("--description", &description)?);
            }
            check_distinct_keys(&project, create.set.iter().map(|(key, _)| key))?;
            let project =
                create.set.into_iter().fold(project, |project, (key, value)| project.set(key, value));
            let created = session.organization()?.create_project(project)?;
            session.output.record(&created, &[("ID", "/project_id"), ("Message", "/message")])
        }
        Command::Update(mut update) => {
            let id = update.id.take();
            let update = project_update(*update)?;
            let response = project_api(session, id.clone())?.update(update)?;
            let id = match id {
                Some(id) => id,
                None => session.project_id()?,
            };
            session.output.success(&response, &format!("Updated project {id}."))
        }
        Command::Delete { id } => delete(session, id),
    }
}

/// API of the named project, or of the selected one.
fn project_api(session: &Session, id: Option<String>) -> Outcome<ProjectApi> {
    let Some(id) = id else {
        return session.project();
    };
    if session.options.project.as_ref().is_some_and(|other| *other != id) {
        return Err(Failure::usage("the project ID and --project differ; pass one of them"));
    }
    Ok(session.client.project_in(session.org_id()?, id))
}

fn parse_fields(fields: &str) -> Outcome<ProjectFields> {
    fields.parse().map_err(|_| {
        let names: Vec<&str> =
            FIELDS.iter().chain([&MEMBERS]).map(|(_, pointer)| pointer.trim_start_matches('/')).collect();
        Failure::usage(format!("invalid value {fields:?} for --fields; the fields are {}", names.join(", ")))
    })
}

/// Shows selected fields. The platform may return the whole project.
fn show(session: &Session, project: &ProjectApi, fields: &ProjectFields) -> Outcome {
    let found = serde_json::to_value(project.get_fields(fields.clone())?).unwrap_or_default();
    let selected: Map<String, Value> =
        fields.names().map(|name| (name.to_owned(), found.get(name).cloned().unwrap_or_default())).collect();
    let column = |name: &str| {
        let matches = |(_, pointer): &&Column| pointer.strip_prefix('/') == Some(name);
        FIELDS.iter().chain([&MEMBERS]).find(matches).copied()
    };
    let columns: Vec<Column> = fields.names().filter_map(column).collect();
    session.output.selected_fields(&selected.into(), &columns)
}

type SetText = fn(ProjectUpdate, String) -> ProjectUpdate;

fn project_update(args: Update) -> Outcome<ProjectUpdate> {
    let texts: [(&str, Option<String>, SetText); 5] = [
        ("--description", args.description, ProjectUpdate::description),
        ("--instructions", args.instructions, ProjectUpdate::custom_instructions),
        ("--agent-instructions", args.agent_instructions, ProjectUpdate::agent_custom_instructions),
        ("--inclusion", args.inclusion, ProjectUpdate::inclusion_prompt),
        ("--exclusion", args.exclusion, ProjectUpdate::exclusion_prompt),
    ];
    let mut update = ProjectUpdate::new();
    if let Some(name) = args.name {
        update = update.name(name);
    }
    for (option, text, set) in texts {
        if let Some(text) = text {
            update = set(update, text_option(option, &text)?);
        }
    }
    if let Some(decay) = args.decay {
        update = update.decay(decay.is_on());
    }
    if let Some(multilingual) = args.multilingual {
        update = update.multilingual(multilingual.is_on());
    }
    if args.no_categories || !args.category.is_empty() {
        update = update.custom_categories(check_distinct_categories(args.category)?);
    }
    if let Some(depth) = args.memory_depth {
        update = update.memory_depth(depth);
    }
    if let Some(usecase) = args.usecase {
        let number = usecase.parse::<i64>().map(UsecaseSetting::from);
        update = update.usecase_setting(number.unwrap_or_else(|_| usecase.into()));
    }
    if let Some(version) = args.pipeline_version {
        update = update.version(version);
    }
    check_distinct_keys(&update, args.set.iter().map(|(key, _)| key).chain(&args.clear))?;
    update = args.set.into_iter().fold(update, |update, (key, value)| update.set(key, value));
    update = args.clear.into_iter().fold(update, ProjectUpdate::clear);
    if update.is_empty() {
        return Err(Failure::usage(
            "nothing to update; pass a setting, such as --decay on (see `mem0ctl project update --help`)",
        ));
    }
    Ok(update)
}

/// Rejects a setting that is given more than once, by option or by name.
fn check_distinct_keys<'a>(body: &impl Serialize, keys: impl Iterator<Item = &'a String>) -> Outcome {
    let body = serde_json::to_value(body).unwrap_or_default();
    let mut names: HashSet<&str> =
        body.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    for key in keys {
        if !names.insert(key) {
            return Err(Failure::usage(format!("setting `{key}` is given twice; remove one")));
        }
    }
    Ok(())
}

/// Parses a category.
fn category(text: &str) -> Result<CustomCategory, String> {
    let category = match text.split_once('=') {
        Some((name, description)) => CustomCategory::new(name.trim(), description.trim()),
        None => CustomCategory::named(text.trim()),
    };
    if category.name().is_empty() {
        return Err("expected NAME=DESCRIPTION, such as 'billing=Invoices and refunds'".to_owned());
    }
    Ok(category)
}

fn check_distinct_categories(categories: Vec<CustomCategory>) -> Outcome<Vec<CustomCategory>> {
    for (index, category) in categories.iter().enumerate() {
        if categories.iter().take(index).any(|other| other.name() == category.name()) {
            let name = category.name();
            return Err(Failure::usage(format!("category `{name}` is given twice; remove one")));
        }
    }
    Ok(categories)
}

fn delete(session: &Session, id: String) -> Outcome {
    let project = project_api(session, Some(id.clone()))?;
    let mut title = id.clone();
    // The name is needed for the prompt only.
    if !session.options.yes {
        let name = project.get_fields(ProjectFields::new().name())?.name;
        title = title_of(name.as_deref(), &id);
        let is_key_project =
            session.identity()?.project_id.as_ref().is_some_and(|key_project| *key_project == *id);
        let warning = "This is the project of your API key, which will stop working.".to_owned();
        let memories = if is_key_project {
            memories_of_key(session)
        } else {
            "unknown (the key belongs to another project)".to_owned()
        };
        Deletion {
            question: format!("Delete project {title} with all its memories, members, webhooks and keys?"),
            warnings: if is_key_project { vec![warning] } else { Vec::new() },
            noun: "project",
            name: name.as_deref(),
            id: &id,
            memories,
        }
        .confirm(session)?;
    }
    let response = project.delete()?;
    session.output.success(&response, &format!("Deleted project {title}."))
}
