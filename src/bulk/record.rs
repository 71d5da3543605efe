//! A line's model, and what it has to be.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde_json::{Map, Value};

use crate::bulk::hash::Hash;
use crate::ids::is_dot_segment;
use crate::types::checks::DOT_SEGMENT;
use crate::types::{AddMemories, ChatMessage, ChatRole, nearest};

/// A memory, or several of one conversation, that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// What it is known by in the checkpoint: its line, or the hash of the identifier it had elsewhere.
    pub(crate) number: u64,
    /// The line as it is put into the file of rejects.
    pub(crate) line: Vec<u8>,
    pub(crate) said: Vec<Said>,
    pub(crate) envelope: Envelope,
    /// Names of fields that nobody knows.
    pub(crate) unknown: Vec<String>,
    /// Whether a surrogate without its other half was replaced.
    pub(crate) is_replaced: bool,
}

/// A message: who says it, and what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) by_assistant: bool,
    pub(crate) text: String,
}

/// What a request says of all of its memories: lines with the same one can go together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Envelope {
    pub(crate) ids: Owner,
    /// JSON, with its keys in order.
    pub(crate) metadata: Option<String>,
    /// Seconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) expiration: Expiration,
    pub(crate) immutable: Option<bool>,
}

/// User, agent, app and run.
pub(crate) type Owner = [Option<String>; 4];

/// Until when a memory is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) enum Expiration {
    /// As the project's setting says.
    #[default]
    AsTheProject,
    Never,
    On(String),
}

/// The line as it is written.
#[derive(Default)]
struct Written {
    memory: Option<String>,
    messages: Option<Vec<WrittenMessage>>,
    user_id: Option<Id>,
    agent_id: Option<Id>,
    app_id: Option<Id>,
    run_id: Option<Id>,
    session_id: Option<Id>,
    metadata: Option<Metadata>,
    timestamp: Option<Value>,
    created_at: Option<Value>,
    expiration_date: Expiration,
    immutable: Option<bool>,
    unknown: Vec<String>,
}

/// Fields that are read.
pub(crate) const READ_FIELDS: [&str; 12] = [
    "memory",
    "messages",
    "user_id",
    "agent_id",
    "app_id",
    "run_id",
    "session_id",
    "metadata",
    "timestamp",
    "created_at",
    "expiration_date",
    "immutable",
];

/// Other fields of memories that the platform sends, and so an export has. They have no place in an import.
const PASSED_OVER: [&str; 16] = [
    "id",
    "hash",
    "name",
    "type",
    "owner",
    "organization",
    "categories",
    "score",
    "score_breakdown",
    "updated_at",
    "structured_attributes",
    "replaced_by",
    "synthesized",
    "lifecycle_state",
    "is_updated",
    "input",
];

/// How much of the name of an unknown field is kept.
const NAME_CHARACTERS: usize = 60;

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                let mut written = Written::default();
                let mut is_read = [false; READ_FIELDS.len()];
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let known = READ_FIELDS.iter().position(|known| *known == name);
                    if let Some(twice) = known.filter(|known| std::mem::replace(&mut is_read[*known], true)) {
                        return Err(de::Error::duplicate_field(READ_FIELDS[twice]));
                    }
                    match &*name {
                        "memory" => written.memory = map.next_value()?,
                        "messages" => written.messages = map.next_value()?,
                        "user_id" => written.user_id = map.next_value()?,
                        "agent_id" => written.agent_id = map.next_value()?,
                        "app_id" => written.app_id = map.next_value()?,
                        "run_id" => written.run_id = map.next_value()?,
                        "session_id" => written.session_id = map.next_value()?,
                        "metadata" => written.metadata = map.next_value()?,
                        "timestamp" => written.timestamp = map.next_value()?,
                        "created_at" => written.created_at = map.next_value()?,
                        "expiration_date" => written.expiration_date = map.next_value()?,
                        "immutable" => written.immutable = map.next_value()?,
                        name => {
                            if !PASSED_OVER.contains(&name) {
                                written.unknown.push(name.chars().take(NAME_CHARACTERS).collect());
                            }
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(written)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[derive(serde::Deserialize)]
struct WrittenMessage {
    role: String,
    content: String,
}

/// An identifier: a text, or an integer, which other programs have in place of one.
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_integer = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if is_integer(&number.to_string()) => Ok(Self(number.to_string())),
            other => Err(de::Error::invalid_type(kind_of(&other), &"a string or an integer")),
        }
    }
}

/// By way of a value, since a `Map` takes a number for an object where `serde_json`'s `arbitrary_precision` is on.
struct Metadata(Map<String, Value>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Ok(Self(object)),
            other => Err(de::Error::invalid_type(kind_of(&other), &"an object")),
        }
    }
}

/// Says what a value is without showing it.
fn kind_of(value: &Value) -> Unexpected<'static> {
    match value {
        Value::Object(_) => Unexpected::Map,
        Value::Null => Unexpected::Unit,
        Value::Array(_) => Unexpected::Seq,
        Value::String(_) => Unexpected::Other("string"),
        Value::Bool(_) => Unexpected::Other("boolean"),
        Value::Number(_) => Unexpected::Other("number"),
    }
}

/// Tells `null` from what is missing.
impl<'de> Deserialize<'de> for Expiration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(mut day) = Option::<String>::deserialize(deserializer)? else { return Ok(Self::Never) };
        // Some answers have a time behind the day.
        if day.get(10..11) == Some("T") {
            day.truncate(10);
        }
        Ok(Self::On(day))
    }
}

impl Record {
    /// Reads a line, of `owner` where it names none. The error is why it can't be imported.
    pub(crate) fn read(number: u64, line: Vec<u8>, owner: &Owner) -> Result<Self, (Vec<u8>, String)> {
        match parse(&line, owner) {
            Ok(Parsed { said, envelope, unknown, is_replaced }) => {
                Ok(Self { number, line, said, envelope, unknown, is_replaced })
            }
            Err(reason) => Err((line, reason)),
        }
    }

    /// What tells it from other memories of the platform, for whoever compares.
    pub(crate) fn key(&self) -> u64 {
        let hash = self.envelope.ids.iter().fold(Hash::new(), |hash, id| hash.optional(id.as_deref()));
        let timestamp = self.envelope.timestamp.map(|seconds| seconds.to_string());
        let hash = hash.optional(timestamp.as_deref());
        self.said.iter().fold(hash, |hash, said| hash.part(said.text.as_bytes())).value()
    }

    /// How much memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        2 * self.line.len() + 256
    }
}

/// What is sent for records of the same envelope.
pub(crate) fn add_of(records: &[Record]) -> AddMemories {
    let message = |said: &Said| {
        let text = said.text.as_str();
        if said.by_assistant { ChatMessage::assistant(text) } else { ChatMessage::user(text) }
    };
    let messages: Vec<ChatMessage> = records.iter().flat_map(|record| &record.said).map(message).collect();
    let mut add = AddMemories::new(messages).infer(false);
    let Some(Record { envelope, .. }) = records.first() else { return add };
    for (name, id) in ["user_id", "agent_id", "app_id", "run_id"].into_iter().zip(&envelope.ids) {
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
        Expiration::AsTheProject => add,
        Expiration::Never => add.never_expires(),
        Expiration::On(day) => add.expiration_date(day.as_str()),
    };
    match envelope.immutable {
        Some(immutable) => add.immutable(immutable),
        None => add,
    }
}

/// What a line says.
struct Parsed {
    said: Vec<Said>,
    envelope: Envelope,
    unknown: Vec<String>,
    is_replaced: bool,
}

fn parse(line: &[u8], owner: &Owner) -> Result<Parsed, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("is no UTF-8 from byte {} on", error.valid_up_to() + 1))?;
    // A sequence would be taken for an object whose fields come in order.
    if !text.trim_start().starts_with('{') {
        return Err("is no JSON object".to_owned());
    }
    let (written, is_replaced) = match serde_json::from_str::<Written>(text) {
        Ok(written) => (written, false),
        Err(error) => match without_lone_surrogates(text).map(|text| serde_json::from_str(&text)) {
            Some(Ok(written)) => (written, true),
            Some(Err(error)) => return Err(unread(&error)),
            None => return Err(unread(&error)),
        },
    };
    let said = match (written.memory, written.messages) {
        (Some(_), Some(_)) => return Err("has both memory and messages; leave one of them out".to_owned()),
        (Some(text), None) => vec![Said { by_assistant: false, text }],
        (None, Some(messages)) => spoken(messages)?,
        (None, None) => return Err(without_text(&written.unknown)),
    };
    if said.iter().any(|said| said.text.trim().is_empty()) {
        return Err("has an empty text".to_owned());
    }
    let ids = [
        ("user_id", written.user_id),
        ("agent_id", written.agent_id),
        ("app_id", written.app_id),
        ("run_id", written.run_id.or(written.session_id)),
    ];
    let ids = ids.map(|(name, id)| (name, id.map(|Id(id)| id)));
    if let Some((name, _)) = ids.iter().find(|(_, id)| id.as_ref().is_some_and(|id| id.trim().is_empty())) {
        return Err(format!("has an empty {name}"));
    }
    if let Some((name, _)) = ids.iter().find(|(_, id)| id.as_deref().is_some_and(is_dot_segment)) {
        return Err(format!("has a {name} that {DOT_SEGMENT}"));
    }
    let mut ids = ids.map(|(_, id)| id);
    if ids.iter().all(Option::is_none) {
        ids.clone_from(owner);
    }
    if ids.iter().all(Option::is_none) {
        return Err("names no user_id, agent_id, app_id or run_id".to_owned());
    }
    let timestamp = match (&written.timestamp, &written.created_at) {
        (Some(value), _) if !value.is_null() => Some(seconds("timestamp", value)?),
        (_, Some(value)) if !value.is_null() => Some(seconds("created_at", value)?),
        _ => None,
    };
    let metadata = written.metadata.map(|Metadata(object)| Value::Object(object).to_string());
    let envelope = Envelope {
        ids,
        metadata,
        timestamp,
        expiration: written.expiration_date,
        immutable: written.immutable,
    };
    Ok(Parsed { said, envelope, unknown: written.unknown, is_replaced })
}

/// Why a line is not a memory.
fn unread(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let what = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(what, _)| what);
    // A text that stands where none belongs is quoted, whatever somebody has said in it.
    let unquoted = what.split_once('"').and_then(|(before, quoted)| {
        let (_, after) = quoted.rsplit_once('"')?;
        Some(format!("{}{after}", before.trim_end()))
    });
    let what = unquoted.as_deref().unwrap_or(what);
    format!("can't be read at column {}: {what}", error.column())
}

fn without_text(unknown: &[String]) -> String {
    let text = ["memory", "messages"];
    let near = unknown.iter().find_map(|name| Some((name, nearest(name, &text)?)));
    match near {
        Some((name, meant)) => {
            format!(
                "has no memory and no messages; did you mean `{meant}` instead of `{}`?",
                name.escape_debug()
            )
        }
        None => "has no memory and no messages".to_owned(),
    }
}

/// JSON in which each surrogate without its other half is U+FFFD; `None` where there is none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    const REPLACEMENT: &str = "\\ufffd";
    let surrogate = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let mut replaced = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match surrogate(at) {
            Some(..0xdc00) if surrogate(at + 6).is_some_and(|low| low >= 0xdc00) => at += 12,
            Some(_) => {
                replaced.push_str(&text[copied..at]);
                replaced.push_str(REPLACEMENT);
                at += 6;
                copied = at;
            }
            // The character that is escaped may be another backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    (copied > 0).then(|| replaced + &text[copied..])
}

fn spoken(messages: Vec<WrittenMessage>) -> Result<Vec<Said>, String> {
    let mut said = Vec::with_capacity(messages.len());
    for WrittenMessage { role, content } in messages {
        match role.parse() {
            Ok(ChatRole::User) => said.push(Said { by_assistant: false, text: content }),
            Ok(ChatRole::Assistant) => said.push(Said { by_assistant: true, text: content }),
            // The platform leaves these out where memories are stored as they are.
            Ok(ChatRole::System) => {}
            _ => return Err("has a message of a role other than user, assistant and system".to_owned()),
        }
    }
    if said.is_empty() {
        return Err("has no message of a user or an assistant".to_owned());
    }
    Ok(said)
}

/// A moment, in whole seconds since 1970.
fn seconds(name: &str, value: &Value) -> Result<i64, String> {
    let found = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let zoned = text.parse::<jiff::Timestamp>();
            zoned
                .ok()
                .or_else(|| in_utc(text))
                .map(|moment| moment.as_nanosecond().div_euclid(1_000_000_000))
                .and_then(|seconds| i64::try_from(seconds).ok())
        }
        _ => None,
    };
    let moment = found.filter(|seconds| jiff::Timestamp::from_second(*seconds).is_ok());
    moment.ok_or_else(|| format!("has a {name} that is no moment; expected seconds since 1970 or ISO 8601"))
}

fn in_utc(text: &str) -> Option<jiff::Timestamp> {
    TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

#[allow(clippy::cast_possible_truncation)] // No moment is that far away.
fn whole(seconds: f64) -> Option<i64> {
    (seconds.abs() < 1e15).then(|| seconds.floor() as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn read(line: &str) -> Result<Record, String> {
        Record::read(7, line.as_bytes().to_vec(), &Owner::default()).map_err(|(_, reason)| reason)
    }

    fn sent(lines: &[&str]) -> Value {
        let records: Vec<_> = lines.iter().map(|line| read(line).unwrap()).collect();
        serde_json::to_value(add_of(&records)).unwrap()
    }

    #[test]
    fn what_is_sent_is_what_the_line_says() {
        let line = r#"{"id":"m1","memory":" Likes tea ","user_id":"alice","agent_id":null,"session_id":"r1",
            "metadata":{"b":1,"a":[null]},"created_at":"2026-01-01T09:00:00.75-07:00","expiration_date":"2030-01-01",
            "immutable":true,"categories":["food"],"updated_at":"x","score":0.5}"#;
        assert_eq!(
            sent(&[line]),
            json!({
                "messages": [{"role": "user", "content": " Likes tea "}], "infer": false, "user_id": "alice",
                "run_id": "r1", "metadata": {"b": 1, "a": [null]}, "timestamp": 1_767_283_200,
                "expiration_date": "2030-01-01", "immutable": true,
            })
        );
        let talk = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u","name":"n"},
            {"role":"Assistant","content":"a"}],"app_id":"x","expiration_date":null}"#;
        assert_eq!(
            sent(&[talk, r#"{"memory":"second","app_id":"x"}"#]),
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
    fn moments_are_read_in_every_spelling() {
        for (moment, seconds) in [
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
                let line = format!(r#"{{"memory":"m","user_id":"u","{name}":{moment}}}"#);
                assert_eq!(read(&line).unwrap().envelope.timestamp, Some(seconds), "{line}");
            }
        }
        let both = read(r#"{"memory":"m","user_id":"u","timestamp":5,"created_at":"nonsense"}"#).unwrap();
        assert_eq!(both.envelope.timestamp, Some(5));
    }

    #[test]
    fn what_can_not_be_imported_is_said_why() {
        for (line, reason) in [
            ("[1]", "no JSON object"),
            ("7", "no JSON object"),
            (r#"{"memory":"m","user_id":"u""#, "can't be read at column"),
            (r#"{"memory":7,"user_id":"u"}"#, "expected a string"),
            (r#"{"memory":"m"}"#, "names no user_id"),
            (r#"{"memory":"m","user_id":null}"#, "names no user_id"),
            (r#"{"memory":"m","user_id":" "}"#, "empty user_id"),
            (r#"{"memory":" ","user_id":"u"}"#, "empty text"),
            (r#"{"user_id":"u"}"#, "no memory and no messages"),
            (r#"{"memory":"m","messages":[],"user_id":"u"}"#, "both memory and messages"),
            (r#"{"messages":[],"user_id":"u"}"#, "no message of a user"),
            (r#"{"messages":[{"role":"system","content":"s"}],"user_id":"u"}"#, "no message of a user"),
            (r#"{"messages":[{"role":"tool","content":"s"}],"user_id":"u"}"#, "role other than"),
            (r#"{"memory":"m","user_id":"u","metadata":[]}"#, "invalid type: sequence"),
            (r#"{"memory":"m","user_id":".."}"#, "user_id that is `.` or `..`"),
            (r#"{"memory":"m","user_id":"u","run_id":"."}"#, "run_id that is `.` or `..`"),
            (r#"{"memory":"m","user_id":"u","metadata":1.5}"#, "invalid type: number"),
            (r#"{"memory":"m","user_id":"u","created_at":"soon"}"#, "created_at that is no moment"),
            (r#"{"memory":"m","user_id":"u","timestamp":1e300}"#, "timestamp that is no moment"),
            (r#"{"memory":"m","user_id":"u","timestamp":true}"#, "timestamp that is no moment"),
        ] {
            let found = read(line).unwrap_err();
            assert!(found.contains(reason) && !found.contains(" line "), "{line}: {found}");
        }
        let (_, found) = Record::read(1, b"{\"memory\":\"\xff\"}".to_vec(), &Owner::default()).unwrap_err();
        assert_eq!(found, "is no UTF-8 from byte 12 on");
    }

    #[test]
    fn unknown_fields_are_named_and_those_of_an_export_are_not() {
        let line = r#"{"id":"m1","memory":"m","user_id":"u","hash":"h","updated_at":"x","score":1,"metdata":{"a":1},
            "categories":[],"colour":"blue"}"#;
        assert_eq!(read(line).unwrap().unknown, ["metdata", "colour"]);
        let long = format!(r#"{{"memory":"m","user_id":"u","{}":1}}"#, "x".repeat(100_000));
        assert_eq!(read(&long).unwrap().unknown[0].len(), NAME_CHARACTERS);
        let found = read(r#"{"memroy":"m","user_id":"u"}"#).unwrap_err();
        assert_eq!(found, "has no memory and no messages; did you mean `memory` instead of `memroy`?");
        let twice = read(r#"{"memory":"m","memory":"n","user_id":"u"}"#).unwrap_err();
        assert!(twice.contains("duplicate field"), "{twice}");
    }

    #[test]
    fn a_line_that_names_no_owner_has_the_default_one() {
        let owner = [None, Some("butler".to_owned()), None, None];
        let ids = |line: &str| Record::read(1, line.as_bytes().to_vec(), &owner).unwrap().envelope.ids;
        assert_eq!(ids(r#"{"memory":"m","user_id":null}"#), owner);
        assert_eq!(ids(r#"{"memory":"m","run_id":"r"}"#), [None, None, None, Some("r".to_owned())]);
    }

    #[test]
    fn integers_are_identifiers() {
        for (id, text) in
            [("7", "7"), ("-100123", "-100123"), ("18446744073709551615", "18446744073709551615")]
        {
            let record = read(&format!(r#"{{"memory":"m","user_id":{id},"run_id":null}}"#)).unwrap();
            assert_eq!(record.envelope.ids, [Some(text.to_owned()), None, None, None]);
        }
        for wrong in ["1.5", "true", "[1]", "{}", "1e3"] {
            let found = read(&format!(r#"{{"memory":"m","user_id":{wrong}}}"#)).unwrap_err();
            assert!(found.contains("expected a string or an integer"), "{wrong}: {found}");
        }
    }

    #[test]
    fn a_surrogate_without_its_other_half_is_replaced() {
        for (text, expected) in [
            (r"cut \ud83d", "cut \u{fffd}"),
            (r"\uD83Dx", "\u{fffd}x"),
            (r"\ude00\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\\\ud83d\u0041", "\\\u{fffd}A"),
        ] {
            let record = read(&format!(r#"{{"memory":"{text}","user_id":"u"}}"#)).unwrap();
            assert_eq!((record.said[0].text.as_str(), record.is_replaced), (expected, true), "{text}");
        }
        let whole = read(r#"{"memory":"\ud83d\ude00 \\ud83d","user_id":"u"}"#).unwrap();
        assert_eq!((whole.said[0].text.as_str(), whole.is_replaced), ("\u{1f600} \\ud83d", false));
        let in_metadata = read(r#"{"memory":"m","user_id":"u","metadata":{"a":"\ud83d"}}"#).unwrap();
        assert_eq!(in_metadata.envelope.metadata.as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
        assert!(read(r#"{"memory":"\ud83d","user_id":"#).is_err());
        assert!(read("{\"memory\":\"\\ud8\u{e9}\"}").is_err());
    }

    #[test]
    fn a_key_is_that_of_text_scope_and_moment() {
        let key = |line: &str| read(line).unwrap().key();
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
