//! What is one text: identifiers, moments, and words this version does not know.

use super::*;
use mem0::*;

/// Prints what each of these types makes of the text.
macro_rules! each {
    ($text:ident: $($name:ident)*) => { vec![$(printed(&$name::from($text.as_str()))),*] };
}

pub(super) fn walk() -> Vec<Printed> {
    let text = leaky();
    each![text:
        EntityId EventId ExportId MemoryId OrgId ProfileJobId ProjectId UserId WebhookId
        ChatContent ChatMessage ChatMessages ChatRole CustomCategory EntityKind EventStatus EventType Feedback
        IdempotencyKey Instructions MemoryChange Moment ProfileJobStatus ProfileOperation ProfileStatus Role
        Timestamp UsecaseSetting WebhookEventName WebhookEventType WebhookUrl
    ]
}
