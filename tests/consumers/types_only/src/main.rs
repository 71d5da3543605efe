//! The types without a flavour: what is sent is written, and what comes is read.

use mem0::webhooks::{WebhookDelivery, WebhookEvent};
use mem0::{Filter, Memory, ProjectUpdate};

fn main() {
    let update = ProjectUpdate::new().decay(true).description("");
    assert_eq!(serde_json::to_string(&update).unwrap(), r#"{"decay":true,"description":""}"#);
    let filter = serde_json::to_value(Filter::user("alice")).unwrap();
    assert!(filter.to_string().contains("alice"), "{filter}");
    let memory: Memory = serde_json::from_str(r#"{"id":"m-1","memory":"Likes tea","new":1}"#).unwrap();
    assert_eq!((memory.memory.as_deref(), memory.extra.len()), (Some("Likes tea"), 1));
    let body = br#"{"event_details":{"id":"m-1","data":{"memory":"Likes tea"},"event":"ADD"}}"#;
    let delivery = WebhookDelivery::from_slice(body).unwrap();
    assert!(matches!(delivery.event_details, Some(WebhookEvent::Memory(_))), "{delivery:?}");
}
