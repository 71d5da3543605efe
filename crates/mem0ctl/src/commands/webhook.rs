//! `mem0ctl webhook`: where a project's events are told.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use mem0::blocking::WebhooksApi;
use mem0::webhooks::{NewWebhook, Webhook, WebhookEventType, WebhookId, WebhookUpdate};

use crate::commands::deletion::titled;
use crate::failure::{Exit, Failure, Outcome};

use crate::input::setting::Switch;
use crate::output::Column;
use crate::output::prompt::confirm;
use crate::session::Session;
use crate::wire::Wire;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists the webhooks of a project
    #[command(after_help = "\
Examples:
  mem0ctl webhook list
  mem0ctl webhook list --org org_123 --project proj_123 --output json")]
    List,
    /// Shows a webhook
    #[command(after_help = "Example:\n  mem0ctl webhook show wh_123")]
    Show {
        /// Its identifier
        id: String,
    },
    /// Creates a webhook
    #[command(after_help = "\
Examples:
  mem0ctl webhook create audit https://example.com/hooks/7f3a --event memory_add,memory_delete
  mem0ctl webhook create jobs https://example.com/jobs --event ingest_job_failed --active off

The platform signs nothing: put something into the URL that nobody else knows.")]
    Create(Create),
    /// Changes a webhook; what is not named stays
    #[command(after_help = "\
Examples:
  mem0ctl webhook update wh_123 --url https://example.com/hooks/9c1b
  mem0ctl webhook update wh_123 --event memory_add --active off")]
    Update(Update),
    /// Deletes a webhook
    #[command(after_help = "Example:\n  mem0ctl webhook delete wh_123")]
    Delete {
        /// Its identifier
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Its name
    name: String,

    /// Where it delivers to
    #[arg(value_parser = |url: &str| Ok::<_, String>(mem0::webhooks::WebhookUrl::from(url)))]
    url: mem0::webhooks::WebhookUrl,

    /// What it is told of; repeatable, or several with commas between
    #[arg(long = "event", value_name = "TYPE", required = true, value_delimiter = ',', value_parser = event_type())]
    events: Vec<WebhookEventType>,

    /// Whether it delivers from the start
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    active: Option<Switch>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// Its identifier
    id: String,

    /// Its name
    #[arg(long)]
    name: Option<String>,

    /// Where it delivers to
    #[arg(long, value_parser = |url: &str| Ok::<_, String>(mem0::webhooks::WebhookUrl::from(url)))]
    url: Option<mem0::webhooks::WebhookUrl>,

    /// What it is told of, in place of what it was; repeatable, or several with commas between
    #[arg(long = "event", value_name = "TYPE", value_delimiter = ',', value_parser = event_type())]
    events: Vec<WebhookEventType>,

    /// Whether it delivers
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    active: Option<Switch>,
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
        Command::List => session.output.list(&webhooks(session)?.list()?, COLUMNS),
        Command::Show { id } => session.output.record(&found(session, &id)?, FIELDS),
        Command::Create(Create { name, url, events, active }) => {
            let mut webhook = NewWebhook::new(name, url, events);
            if let Some(active) = active {
                webhook = webhook.is_active(active.is_on());
            }
            session.output.record(&webhooks(session)?.create(webhook)?, FIELDS)
        }
        Command::Update(update) => {
            let answer = webhooks(session)?.update(&*update.id, changed(&update)?)?;
            session.output.done(&answer, &format!("Updated the webhook {}.", update.id))
        }
        Command::Delete { id } => {
            let name = if session.options.yes { None } else { found(session, &id)?.name };
            let shown = titled(name.as_deref(), &id);
            let question = format!("Delete the webhook {shown}? Nothing is delivered to its URL any more.");
            confirm(session, &question)?;
            let answer = webhooks(session)?.delete(&*id)?;
            session.output.done(&answer, &format!("Deleted the webhook {shown}."))
        }
    }
}

fn webhooks(session: &Session) -> Outcome<WebhooksApi<Wire>> {
    Ok(session.project()?.webhooks())
}

/// One of the project's. The platform has no call that reads one (contract 7).
fn found(session: &Session, id: &str) -> Outcome<Webhook> {
    let is_it = |webhook: &Webhook| webhook.webhook_id.as_ref().map(WebhookId::as_str) == Some(id);
    webhooks(session)?.list()?.into_iter().find(is_it).ok_or_else(|| {
        let sentence = format!("The project has no webhook {id}: `mem0ctl webhook list` shows those it has.");
        Failure::new(Exit::NotFound, sentence)
    })
}

fn changed(given: &Update) -> Outcome<WebhookUpdate> {
    let mut update = WebhookUpdate::new();
    if let Some(name) = &given.name {
        update = update.name(name);
    }
    if let Some(url) = &given.url {
        update = update.url(url.clone());
    }
    if !given.events.is_empty() {
        update = update.event_types(given.events.clone());
    }
    if let Some(active) = given.active {
        update = update.set("is_active", active.is_on());
    }
    if update.is_empty() {
        return Err(Failure::usage("Nothing is to be changed: name --name, --url, --event or --active."));
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
    let words = PossibleValuesParser::new(EVENT_TYPES.iter().map(WebhookEventType::as_str));
    words.try_map(|word| word.parse::<WebhookEventType>())
}
