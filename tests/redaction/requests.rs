//! What is asked of the platform, and how.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::names::*;

pub(super) fn walk() -> Vec<Printed> {
    [memories(), others(), settings()].into_iter().flatten().collect()
}

fn said() -> String {
    format!("{SAID} {}", leaky())
}

fn filter() -> Filter {
    let raw = Filter::raw(json!({ "user_id": leaky(), leaky(): leaky() }));
    let fields =
        Filter::agent(EMAIL).or(Filter::metadata(leaky()).eq(leaky())).or(Filter::memory_ids([EMAIL]));
    raw.and(fields).and(Filter::created_at().gte(EMAIL).not())
}

fn memories() -> Vec<Printed> {
    let messages = [ChatMessage::new(leaky(), said()).name(leaky()), said().into()];
    let add = AddMemories::new(messages.clone())
        .user_id(EMAIL)
        .metadata(json!({ leaky(): said() }))
        .custom_instructions(said())
        .custom_categories([CustomCategory::new(leaky(), said())])
        .set(leaky(), said());
    vec![
        printed(&messages[0]),
        printed(&ChatMessages::from(messages)),
        printed(&ChatContent::Other(json!(said()))),
        printed(&ChatContent::PdfUrl(said())),
        printed(&add),
        printed(&SearchMemories::new(said(), filter()).categories([said()]).set(leaky(), said())),
        printed(&ListMemories::new(filter()).keywords(said()).start_date(EMAIL).set(leaky(), said())),
        printed(&MemoryUpdate::new().text(said()).metadata(json!({ leaky(): said() })).set(leaky(), said())),
        printed(&BatchUpdateItem::new(EMAIL).text(said()).set(leaky(), said())),
        printed(&DeleteMemories::of_user(EMAIL).metadata(json!({ leaky(): said() }))),
        printed(&filter()),
        printed(&Filter::user_id()),
        printed(&Filter::created_at()),
        printed(&Filter::categories()),
        printed(&Filter::keywords()),
        printed(&Filter::metadata(leaky())),
    ]
}

fn others() -> Vec<Printed> {
    let project = ProjectUpdate::new()
        .name(leaky())
        .custom_instructions(leaky())
        .custom_categories([CustomCategory::new(leaky(), leaky())])
        .set(leaky(), leaky());
    let profiles = ProfileSettingsUpdate::new()
        .schema(json!({ "description": leaky(), leaky(): 1 }))
        .custom_instructions(leaky())
        .set(leaky(), leaky());
    let url = format!("https://{EMAIL}@hooks.example/{KEY}?{SAID}");
    vec![
        printed(&project),
        printed(&NewProject::new(leaky()).description(leaky()).set(leaky(), leaky())),
        printed(&ProjectFields::new().other(leaky())),
        printed(&NewEntity::new(leaky()).name(leaky()).metadata(leaky(), said())),
        printed(&NewExport::new(json!({ leaky(): said() }), filter()).instructions(said())),
        printed(&NewWebhook::new(leaky(), url.as_str(), [leaky()]).set(leaky(), said())),
        printed(&WebhookUpdate::new().name(leaky()).url(url).event_types([leaky()]).set(leaky(), said())),
        printed(&ProfileTrigger::new(leaky()).idempotency_key(leaky())),
        printed(&ProfileSample::new().limit(3).idempotency_key(leaky())),
        printed(&profiles),
        printed(&CustomCategory::named(leaky())),
        printed(&CustomCategory::new(leaky(), leaky())),
    ]
}

fn settings() -> Vec<Printed> {
    let remaining = Duration::from_secs(1);
    vec![
        printed(&RequestOptions::new().header("X-Secret", KEY).header(leaky(), leaky())),
        printed(&PollPolicy::default()),
        printed(&RetryPolicy::default()),
        printed(&RetryBudget::default()),
        printed(&Attempt { number: 1, idempotent: true, remaining, jitter: 0.5 }),
        printed(&RetryPolicy::default().base_delay(remaining)),
    ]
}
