//! Requests, filters and options.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::names::*;

pub(super) fn walk() -> Vec<Printed> {
    [memories(), other_requests(), options()].into_iter().flatten().collect()
}

fn private() -> String {
    format!("{PRIVATE} {}", leaky())
}

fn filter() -> Filter {
    let raw = Filter::raw(json!({ "user_id": leaky(), leaky(): leaky() }));
    let fields =
        Filter::agent(EMAIL).or(Filter::metadata(leaky()).eq(leaky())).or(Filter::memory_ids([EMAIL]));
    raw.and(fields).and(Filter::created_at().gte(EMAIL).not())
}

fn memories() -> Vec<Printed> {
    let messages = [ChatMessage::new(leaky(), private()).name(leaky()), private().into()];
    let add = AddMemories::new(messages.clone())
        .user_id(EMAIL)
        .metadata(json!({ leaky(): private() }))
        .custom_instructions(private())
        .custom_categories([CustomCategory::new(leaky(), private())])
        .set(leaky(), private());
    vec![
        printed(&messages[0]),
        printed(&ChatMessages::from(messages)),
        printed(&ChatContent::Other(json!(private()))),
        printed(&ChatContent::PdfUrl(private())),
        printed(&add),
        printed(&SearchMemories::new(private(), filter()).categories([private()]).set(leaky(), private())),
        printed(&ListMemories::new(filter()).keywords(private()).start_date(EMAIL).set(leaky(), private())),
        printed(
            &MemoryUpdate::new()
                .text(private())
                .metadata(json!({ leaky(): private() }))
                .set(leaky(), private()),
        ),
        printed(&BatchUpdateItem::new(EMAIL).text(private()).set(leaky(), private())),
        printed(&DeleteMemories::of_user(EMAIL).metadata(json!({ leaky(): private() }))),
        printed(&filter()),
        printed(&Filter::user_id()),
        printed(&Filter::created_at()),
        printed(&Filter::categories()),
        printed(&Filter::keywords()),
        printed(&Filter::metadata(leaky())),
    ]
}

fn other_requests() -> Vec<Printed> {
    let project = ProjectUpdate::new()
        .name(leaky())
        .custom_instructions(leaky())
        .custom_categories([CustomCategory::new(leaky(), leaky())])
        .set(leaky(), leaky());
    let profiles = ProfileSettingsUpdate::new()
        .schema(json!({ "description": leaky(), leaky(): 1 }))
        .custom_instructions(leaky())
        .set(leaky(), leaky());
    let url = format!("https://{EMAIL}@hooks.example/{KEY}?{PRIVATE}");
    vec![
        printed(&project),
        printed(&NewProject::new(leaky()).description(leaky()).set(leaky(), leaky())),
        printed(&ProjectFields::new().other(leaky())),
        printed(&NewEntity::new(leaky()).name(leaky()).metadata(leaky(), private())),
        printed(&NewExport::new(json!({ leaky(): private() }), filter()).instructions(private())),
        printed(&NewWebhook::new(leaky(), url.as_str(), [leaky()]).set(leaky(), private())),
        printed(&WebhookUpdate::new().name(leaky()).url(url).event_types([leaky()]).set(leaky(), private())),
        printed(&ProfileTrigger::new(leaky()).idempotency_key(leaky())),
        printed(&ProfileSample::new().limit(3).idempotency_key(leaky())),
        printed(&profiles),
        printed(&CustomCategory::named(leaky())),
        printed(&CustomCategory::new(leaky(), leaky())),
    ]
}

fn options() -> Vec<Printed> {
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
