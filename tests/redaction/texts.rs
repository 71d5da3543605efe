//! Types that hold one text: identifiers, timestamps and enums with unknown values.

use super::*;
use crate::names::*;

/// Prints a value of each of these types, made from the text.
macro_rules! each {
    ($text:ident: $($name:ident)*) => { [$(printed(&$name::from($text.as_str()))),*] };
}

/// Prints unknown values of these types, and the errors for a caller's text.
macro_rules! unknown {
    ($text:ident: $($name:ident)*) => {
        [$(printed(&$name::Other($text.clone())), displayed(&$name::try_from($text.as_str()).unwrap_err())),*]
    };
}

pub(super) fn walk() -> Vec<Printed> {
    let text = leaky();
    let texts = each![text:
        EntityId EventId ExportId MemoryId OrgId ProfileJobId ProjectId UserId WebhookId
        ChatContent ChatMessage ChatMessages CustomCategory IdempotencyKey Instructions DateOrTimestamp
        Timestamp UsecaseSetting WebhookUrl
    ];
    let unknown = unknown![text:
        ChatRole EntityKind EventStatus EventType Feedback MemoryChange ProfileJobStatus ProfileOperation
        ProfileStatus Role WebhookEventName WebhookEventType
    ];
    let message = printed(&ChatMessage::new(text.as_str(), "tea"));
    texts.into_iter().chain(unknown).chain([message]).collect()
}
