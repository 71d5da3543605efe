//! Record: the validated content of a line.

use serde_json::Value;

use crate::bulk::envelope::{EntityIds, Envelope, Expiration, parse_seconds};
use crate::bulk::hash::Hash;
use crate::bulk::record_line::{EntityId, LineMessage, Metadata, RecordLine};
use crate::ids::is_dot_segment;
use crate::types::checks::{DOT_SEGMENT, ENTITY_IDS};
use crate::types::{AddMemories, ChatMessage, ChatRole, nearest};

/// Memory, or conversation of several messages, to add.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Identifies the record in the checkpoint: line number, or for a copy the hash of the memory id.
    pub(crate) number: u64,
    /// Line as it is written to the rejects file.
    pub(crate) line: Vec<u8>,
    pub(crate) messages: Vec<Message>,
    pub(crate) envelope: Envelope,
    /// Names of unknown fields, truncated.
    pub(crate) unknown_fields: Vec<String>,
    /// Whether unpaired surrogates were replaced.
    pub(crate) has_replacements: bool,
}

/// Message of a user or an assistant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) is_assistant: bool,
    pub(crate) text: String,
}

impl Record {
    /// Parses a line. `default_owner` applies if the line has no owner. The error has the line and the reason.
    pub(crate) fn parse(
        number: u64,
        line: Vec<u8>,
        default_owner: &EntityIds,
    ) -> Result<Self, (Vec<u8>, String)> {
        match validate(&line, default_owner) {
            Ok(Content { messages, envelope, unknown_fields, has_replacements }) => {
                Ok(Self { number, line, messages, envelope, unknown_fields, has_replacements })
            }
            Err(reason) => Err((line, reason)),
        }
    }

    /// Hash of texts, entities and time: the key of its memories on the platform.
    pub(crate) fn key(&self) -> u64 {
        let hash = self.envelope.entity_ids.iter().fold(Hash::new(), |hash, id| hash.optional(id.as_deref()));
        let timestamp = self.envelope.timestamp.map(|seconds| seconds.to_string());
        let hash = hash.optional(timestamp.as_deref());
        self.messages.iter().fold(hash, |hash, message| hash.part(message.text.as_bytes())).value()
    }

    /// Approximate memory usage in bytes.
    pub(crate) fn size(&self) -> usize {
        2 * self.line.len() + 256
    }
}

/// Request that adds records with the same envelope.
pub(crate) fn add_request(records: &[Record]) -> AddMemories {
    let message = |message: &Message| {
        let text = message.text.as_str();
        if message.is_assistant { ChatMessage::assistant(text) } else { ChatMessage::user(text) }
    };
    let messages: Vec<ChatMessage> =
        records.iter().flat_map(|record| &record.messages).map(message).collect();
    let mut add = AddMemories::new(messages).infer(false);
    let Some(Record { envelope, .. }) = records.first() else { return add };
    for (name, id) in ["user_id", "agent_id", "app_id", "run_id"].into_iter().zip(&envelope.entity_ids) {
        if let Some(id) = id {
            add = add.set(name, id.as_str());
        }
    }
    if let Some(metadata) =
        envelope.metadata.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        add = add.metadata(metadata);
    }
    if let Some(seconds) = envelope.timestamp {
        add = add.timestamp(seconds);
    }
    add = match &envelope.expiration {
        Expiration::ProjectDefault => add,
        Expiration::Never => add.never_expires(),
        Expiration::Date(date) => add.expiration_date(date.as_str()),
    };
    match envelope.immutable {
        Some(immutable) => add.immutable(immutable),
        None => add,
    }
}

/// Validated content of a line.
struct Content {
    messages: Vec<Message>,
    envelope: Envelope,
    unknown_fields: Vec<String>,
    has_replacements: bool,
}

fn validate(line: &[u8], default_owner: &EntityIds) -> Result<Content, String> {
    let (line, has_replacements) = RecordLine::parse(line)?;
    let messages = match (line.memory, line.messages) {
        (Some(_), Some(_)) => return Err("both `memory` and `messages`; remove one of them".to_owned()),
        (Some(text), None) => vec![Message { is_assistant: false, text }],
        (None, Some(messages)) => convert_messages(messages)?,
        (None, None) => return Err(missing_text(&line.unknown_fields)),
    };
    if messages.iter().any(|message| message.text.trim().is_empty()) {
        return Err("empty text".to_owned());
    }
    let ids = [line.user_id, line.agent_id, line.app_id, line.run_id.or(line.session_id)];
    let mut entity_ids: EntityIds = ids.map(|id| id.map(|EntityId(id)| id));
    for (name, id) in ENTITY_IDS.iter().zip(&entity_ids) {
        let Some(id) = id else { continue };
        if id.trim().is_empty() {
            return Err(format!("empty `{name}`"));
        }
        if is_dot_segment(id) {
            return Err(format!("invalid `{name}`: {DOT_SEGMENT}"));
        }
    }
    if entity_ids.iter().all(Option::is_none) {
        entity_ids.clone_from(default_owner);
    }
    if entity_ids.iter().all(Option::is_none) {
        return Err("missing owner; expected `user_id`, `agent_id`, `app_id` or `run_id`".to_owned());
    }
    let timestamp = match (&line.timestamp, &line.created_at) {
        (Some(value), _) if !value.is_null() => Some(parse_seconds("timestamp", value)?),
        (_, Some(value)) if !value.is_null() => Some(parse_seconds("created_at", value)?),
        _ => None,
    };
    let envelope = Envelope {
        entity_ids,
        metadata: line.metadata.map(|Metadata(object)| Value::Object(object).to_string()),
        timestamp,
        expiration: line.expiration_date,
        immutable: line.immutable,
    };
    Ok(Content { messages, envelope, unknown_fields: line.unknown_fields, has_replacements })
}

/// Reason for a line without a text.
fn missing_text(unknown_fields: &[String]) -> String {
    let similar =
        unknown_fields.iter().find_map(|name| Some((name, nearest(name, &["memory", "messages"])?)));
    match similar {
        Some((name, meant)) => {
            let name = name.escape_debug();
            format!("missing `memory` or `messages`; did you mean `{meant}` instead of `{name}`?")
        }
        None => "missing `memory` or `messages`".to_owned(),
    }
}

/// Converts the messages of a line. System messages are left out, as the platform does with `infer: false`.
fn convert_messages(line_messages: Vec<LineMessage>) -> Result<Vec<Message>, String> {
    let mut messages = Vec::with_capacity(line_messages.len());
    for LineMessage { role, content } in line_messages {
        match role.parse() {
            Ok(ChatRole::User) => messages.push(Message { is_assistant: false, text: content }),
            Ok(ChatRole::Assistant) => messages.push(Message { is_assistant: true, text: content }),
            Ok(ChatRole::System) => {}
            _ => return Err("unsupported message role; expected user, assistant or system".to_owned()),
        }
    }
    if messages.is_empty() {
        return Err("no user or assistant message in `messages`".to_owned());
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn parse(line: &str) -> Result<Record, String> {
        Record::parse(7, line.as_bytes().to_vec(), &EntityIds::default()).map_err(|(_, reason)| reason)
    }

    fn request(lines: &[&str]) -> Value {
        let records: Vec<_> = lines.iter().map(|line| parse(line).unwrap()).collect();
        serde_json::to_value(add_request(&records)).unwrap()
    }

    #[test]
    fn the_request_has_the_fields_of_the_line() {
        let line = r#"{"id":"m1","memory":" Likes tea ","user_id":"alice","agent_id":null,"session_id":"r1",
            "metadata":{"b":1,"a":[null]},"created_at":"2026-01-01T09:00:00.75-07:00","expiration_date":"2030-01-01",
            "immutable":true,"categories":["food"],"updated_at":"x","score":0.5}"#;
        assert_eq!(
            request(&[line]),
            json!({
                "messages": [{"role": "user", "content": " Likes tea "}], "infer": false, "user_id": "alice",
                "run_id": "r1", "metadata": {"b": 1, "a": [null]}, "timestamp": 1_767_283_200,
                "expiration_date": "2030-01-01", "immutable": true,
            })
        );
        let conversation = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u","name":"n"},
            {"role":"Assistant","content":"a"}],"app_id":"x","expiration_date":null}"#;
        assert_eq!(
            request(&[conversation, r#"{"memory":"second","app_id":"x"}"#]),
            json!({
                "messages": [
                    {"role": "user", "content": "u"}, {"role": "assistant", "content": "a"},
                    {"role": "user", "content": "second"},
                ],
                "infer": false, "app_id": "x", "expiration_date": null,
            })
        );
    }

    #[test]
    fn times_are_parsed_in_every_format() {
        for (time, seconds) in [
            ("0", 0),
            ("1767258000", 1_767_258_000),
            ("1.9", 1),
            ("-0.5", -1),
            ("\"2026-01-01T09:00:00Z\"", 1_767_258_000),
            ("\"2026-01-01T09:00:00.999999+00:00\"", 1_767_258_000),
            ("\"2026-01-01T09:00:00\"", 1_767_258_000),
            ("\"2026-01-01 09:00:00\"", 1_767_258_000),
            ("\"2026-01-01\"", 1_767_225_600),
            ("\"1969-12-31T23:59:59.5Z\"", -1),
        ] {
            for name in ["timestamp", "created_at"] {
                let line = format!(r#"{{"memory":"m","user_id":"u","{name}":{time}}}"#);
                assert_eq!(parse(&line).unwrap().envelope.timestamp, Some(seconds), "{line}");
            }
        }
        let both = parse(r#"{"memory":"m","user_id":"u","timestamp":5,"created_at":"nonsense"}"#).unwrap();
        assert_eq!(both.envelope.timestamp, Some(5));
    }

    #[test]
    fn invalid_lines_have_a_reason() {
        for (line, reason) in [
            ("[1]", "not a JSON object"),
            ("7", "not a JSON object"),
            (r#"{"memory":"m","user_id":"u""#, "invalid JSON at column"),
            (r#"{"memory":7,"user_id":"u"}"#, "expected a string"),
            (r#"{"memory":"m"}"#, "missing owner"),
            (r#"{"memory":"m","user_id":null}"#, "missing owner"),
            (r#"{"memory":"m","user_id":" "}"#, "empty `user_id`"),
            (r#"{"memory":" ","user_id":"u"}"#, "empty text"),
            (r#"{"user_id":"u"}"#, "missing `memory` or `messages`"),
            (r#"{"memory":"m","messages":[],"user_id":"u"}"#, "both `memory` and `messages`"),
            (r#"{"messages":[],"user_id":"u"}"#, "no user or assistant message"),
            (
                r#"{"messages":[{"role":"system","content":"s"}],"user_id":"u"}"#,
                "no user or assistant message",
            ),
            (r#"{"messages":[{"role":"tool","content":"s"}],"user_id":"u"}"#, "unsupported message role"),
            (r#"{"memory":"m","user_id":"u","metadata":[]}"#, "invalid type: sequence"),
            (r#"{"memory":"m","user_id":".."}"#, "invalid `user_id`"),
            (r#"{"memory":"m","user_id":"u","run_id":"."}"#, "invalid `run_id`"),
            (r#"{"memory":"m","user_id":"u","metadata":1.5}"#, "invalid type: number"),
            (r#"{"memory":"m","user_id":"u","created_at":"soon"}"#, "invalid `created_at`"),
            (r#"{"memory":"m","user_id":"u","timestamp":1e300}"#, "invalid `timestamp`"),
            (r#"{"memory":"m","user_id":"u","timestamp":true}"#, "invalid `timestamp`"),
        ] {
            let found = parse(line).unwrap_err();
            assert!(found.contains(reason) && !found.contains(" line "), "{line}: {found}");
        }
        let (_, found) =
            Record::parse(1, b"{\"memory\":\"\xff\"}".to_vec(), &EntityIds::default()).unwrap_err();
        assert_eq!(found, "invalid UTF-8 at byte 12");
    }

    #[test]
    fn unknown_fields_are_reported_except_those_of_an_export() {
        let line = r#"{"id":"m1","memory":"m","user_id":"u","hash":"h","updated_at":"x","score":1,"metdata":{"a":1},
            "categories":[],"colour":"blue"}"#;
        assert_eq!(parse(line).unwrap().unknown_fields, ["metdata", "colour"]);
        let long = format!(r#"{{"memory":"m","user_id":"u","{}":1}}"#, "x".repeat(100_000));
        assert_eq!(parse(&long).unwrap().unknown_fields[0].len(), 60);
        let found = parse(r#"{"memroy":"m","user_id":"u"}"#).unwrap_err();
        assert_eq!(found, "missing `memory` or `messages`; did you mean `memory` instead of `memroy`?");
        let duplicate = parse(r#"{"memory":"m","memory":"n","user_id":"u"}"#).unwrap_err();
        assert!(duplicate.contains("duplicate field"), "{duplicate}");
    }

    #[test]
    fn a_line_without_an_owner_gets_the_default_owner() {
        let owner = [None, Some("butler".to_owned()), None, None];
        let ids =
            |line: &str| Record::parse(1, line.as_bytes().to_vec(), &owner).unwrap().envelope.entity_ids;
        assert_eq!(ids(r#"{"memory":"m","user_id":null}"#), owner);
        assert_eq!(ids(r#"{"memory":"m","run_id":"r"}"#), [None, None, None, Some("r".to_owned())]);
    }

    #[test]
    fn integers_are_valid_ids() {
        for (id, text) in
            [("7", "7"), ("-100123", "-100123"), ("18446744073709551615", "18446744073709551615")]
        {
            let record = parse(&format!(r#"{{"memory":"m","user_id":{id},"run_id":null}}"#)).unwrap();
            assert_eq!(record.envelope.entity_ids, [Some(text.to_owned()), None, None, None]);
        }
        for invalid in ["1.5", "true", "[1]", "{}", "1e3"] {
            let found = parse(&format!(r#"{{"memory":"m","user_id":{invalid}}}"#)).unwrap_err();
            assert!(found.contains("expected a string or an integer"), "{invalid}: {found}");
        }
    }

    #[test]
    fn unpaired_surrogates_are_replaced() {
        for (text, expected) in [
            (r"cut \ud83d", "cut \u{fffd}"),
            (r"\uD83Dx", "\u{fffd}x"),
            (r"\ude00\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\\\ud83d\u0041", "\\\u{fffd}A"),
        ] {
            let record = parse(&format!(r#"{{"memory":"{text}","user_id":"u"}}"#)).unwrap();
            assert_eq!(
                (record.messages[0].text.as_str(), record.has_replacements),
                (expected, true),
                "{text}"
            );
        }
        let paired = parse(r#"{"memory":"\ud83d\ude00 \\ud83d","user_id":"u"}"#).unwrap();
        assert_eq!((paired.messages[0].text.as_str(), paired.has_replacements), ("\u{1f600} \\ud83d", false));
        let in_metadata = parse(r#"{"memory":"m","user_id":"u","metadata":{"a":"\ud83d"}}"#).unwrap();
        assert_eq!(in_metadata.envelope.metadata.as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
        assert!(parse(r#"{"memory":"\ud83d","user_id":"#).is_err());
        assert!(parse("{\"memory\":\"\\ud8\u{e9}\"}").is_err());
    }

    #[test]
    fn the_key_depends_on_text_scope_and_time() {
        let key = |line: &str| parse(line).unwrap().key();
        let one = key(r#"{"memory":"m","user_id":"u","metadata":{"a":1}}"#);
        assert_eq!(one, key(r#"{"memory":"m","user_id":"u"}"#));
        for other in [
            r#"{"memory":"n","user_id":"u"}"#,
            r#"{"memory":"m","agent_id":"u"}"#,
            r#"{"memory":"m","user_id":"u","run_id":"r"}"#,
            r#"{"memory":"m","user_id":"u","timestamp":0}"#,
        ] {
            assert_ne!(one, key(other), "{other}");
        }
    }
}
