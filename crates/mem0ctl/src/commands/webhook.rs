//! `mem0ctl webhook`: webhooks of a project.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use mem0::blocking::WebhooksApi;
use mem0::webhooks::{NewWebhook, Webhook, WebhookEventType, WebhookId, WebhookUpdate};

use crate::commands::deletion::title_of;
use crate::failure::{Exit, Failure, Outcome};

use crate::input::value_parsers::OnOff;
use crate::output::Column;
use crate::output::prompt::confirm;
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the webhooks of a project
    #[command(after_help = "\
Examples:
  mem0ctl webhook list
  mem0ctl webhook list --org org_123 --project proj_123 --output json")]
    List,
    /// Show a webhook
    #[command(after_help = "Example:\n  mem0ctl webhook show wh_123")]
    Show {
        /// Webhook ID
        id: String,
    },
    /// Create a webhook
    #[command(after_help = "\
Examples:
  mem0ctl webhook create audit https://example.com/7f3a --event memory_add
  mem0ctl webhook create jobs https://example.com/9c1b --event ingest_job_failed

Deliveries are not signed: use a URL that cannot be guessed.")]
    Create(Create),
    /// Update a webhook
    #[command(after_help = "\
Examples:
  mem0ctl webhook update wh_123 --url https://example.com/hooks/9c1b
  mem0ctl webhook update wh_123 --event memory_add --active off")]
    Update(Update),
    /// Delete a webhook
    #[command(after_help = "Example:\n  mem0ctl webhook delete wh_123")]
    Delete {
        /// Webhook ID
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Webhook name
    name: String,

    /// URL to deliver events to
    #[arg(value_parser = |url: &str| Ok::<_, String>(mem0::webhooks::WebhookUrl::from(url)))]
    url: mem0::webhooks::WebhookUrl,

    /// Event types, separated by commas; can be repeated
    #[arg(long = "event", value_name = "TYPE", required = true, value_delimiter = ',', value_parser = event_type())]
    events: Vec<WebhookEventType>,

    /// Turn the webhook on or off
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    active: Option<OnOff>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Webhook ID
    id: String,

    /// New name
    #[arg(long)]
    name: Option<String>,

    /// New URL to deliver events to
    #[arg(long, value_parser = |url: &str| Ok::<_, String>(mem0::webhooks::WebhookUrl::from(url)))]
    url: Option<mem0::webhooks::WebhookUrl>,

    /// Event types that replace the current ones, separated by commas; can be
    /// repeated
    #[arg(long = "event", value_name = "TYPE", value_delimiter = ',', value_parser = event_type())]
    events: Vec<WebhookEventType>,

    /// Turn the webhook on or off
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    active: Option<OnOff>,
}

const COLUMNS: &[Column] = &[
    ("ID", "/webhook_id"),
    ("NAME", "/name"),
    ("URL", "/url"),
    ("EVENTS", "/event_types"),
    ("ACTIVE", "/is_active"),
];

const FIELDS: &[Column] = &[
    ("ID", "/webhook_id"),
    ("Name", "/name"),
    ("URL", "/url"),
    ("Events", "/event_types"),
    ("Active", "/is_active"),
    ("Project", "/project"),
    ("Owner", "/owner"),
    ("Created", "/created_at"),
    ("Updated", "/updated_at"),
];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::List => {
            let webhooks = webhooks(session)?.list()?;
            let empty = || format!("No webhooks in {}.", session.project_title());
            session.output.list(&webhooks, COLUMNS, empty)
        }
        Command::Show { id } => session.output.record(&find(session, &id)?, FIELDS),
        Command::Create(Create { name, url, events, active }) => {
            let mut webhook = NewWebhook::new(name, url, events);
            if let Some(active) = active {
                webhook = webhook.is_active(active.is_on());
            }
            session.output.record(&webhooks(session)?.create(webhook)?, FIELDS)
        }
        Command::Update(update) => {
            let response = webhooks(session)?.update(&*update.id, webhook_update(&update)?)?;
            session.output.success(&response, &format!("Updated webhook {}.", update.id))
        }
        Command::Delete { id } => {
            let name = if session.options.yes { None } else { find(session, &id)?.name };
            let title = title_of(name.as_deref(), &id);
            let question = format!("Delete webhook {title}?");
            confirm(session, &question)?;
            let response = webhooks(session)?.delete(&*id)?;
            session.output.success(&response, &format!("Deleted webhook {title}."))
        }
    }
}

fn webhooks(session: &Session) -> Outcome<WebhooksApi> {
    Ok(session.project()?.webhooks())
}

/// Finds a webhook in the project's list: the platform has no request for a single one.
fn find(session: &Session, id: &str) -> Outcome<Webhook> {
    let matches = |webhook: &Webhook| webhook.webhook_id.as_ref().map(WebhookId::as_str) == Some(id);
    webhooks(session)?.list()?.into_iter().find(matches).ok_or_else(|| {
        let project = session.project_title();
        let message =
            format!("no webhook {id} in {project}; run `mem0ctl webhook list` to list its webhooks");
        Failure::new(Exit::NotFound, message)
    })
}

fn webhook_update(update_args: &Update) -> Outcome<WebhookUpdate> {
    let mut update = WebhookUpdate::new();
    if let Some(name) = &update_args.name {
        update = update.name(name);
    }
    if let Some(url) = &update_args.url {
        update = update.url(url.clone());
    }
    if !update_args.events.is_empty() {
        update = update.event_types(update_args.events.clone());
    }
    if let Some(active) = update_args.active {
        update = update.set("is_active", active.is_on());
    }
    if update.is_empty() {
        return Err(Failure::usage("nothing to update; pass --name, --url, --event or --active"));
    }
    Ok(update)
}

static EVENT_TYPES: [WebhookEventType; 8] = [
    WebhookEventType::MemoryAdd,
    WebhookEventType::MemoryUpdate,
    WebhookEventType::MemoryDelete,
    WebhookEventType::MemoryCategorize,
    WebhookEventType::IngestJobCompleted,
    WebhookEventType::IngestJobPartiallyCompleted,
    WebhookEventType::IngestJobFailed,
    WebhookEventType::IngestJobCancelled,
];

fn event_type() -> impl TypedValueParser<Value = WebhookEventType> {
    let names = PossibleValuesParser::new(EVENT_TYPES.iter().map(WebhookEventType::as_str));
    names.try_map(|name| name.parse::<WebhookEventType>())
}
