//! What is one text: identifiers, moments, and words this version does not know.

use super::*;
use crate::names::*;

/// Prints what each of these types makes of the text.
macro_rules! each {
    ($text:ident: $($name:ident)*) => { [$(printed(&$name::from($text.as_str()))),*] };
}

/// Prints unknown words of these types, and why a caller's text is none.
macro_rules! unknown {
    ($text:ident: $($name:ident)*) => {
        [$(printed(&$name::Other($text.clone())), said(&$name::try_from($text.as_str()).unwrap_err())),*]
    };
}

pub(super) fn walk() -> Vec<Printed> {
    let text = leaky();
    let words = each![text:
        EntityId EventId ExportId MemoryId OrgId ProfileJobId ProjectId UserId WebhookId
        ChatContent ChatMessage ChatMessages CustomCategory IdempotencyKey Instructions DateOrTimestamp
        Timestamp UsecaseSetting WebhookUrl
    ];
    let unknown = unknown![text:
        ChatRole EntityKind EventStatus EventType Feedback MemoryChange ProfileJobStatus ProfileOperation
        ProfileStatus Role WebhookEventName WebhookEventType
    ];
    let message = printed(&ChatMessage::new(text.as_str(), "tea"));
    words.into_iter().chain(unknown).chain([message]).collect()
}
