//! Prompt for a model, and parsing of its response.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::jobs::add_request::{AddRequest, Content, Message, MessageRole};
use crate::jobs::ingest::{self, IngestSettings, MemoryDraft};
use crate::store::memories::Memory;

/// Maximum number of memories in one response.
const MAX_DRAFTS: usize = 200;

const SYSTEM_PROMPT: &str = "You turn a conversation into memories. A memory is one short sentence that stands by itself \
     and states a lasting fact, preference, plan or event of whoever the conversation is about. Leave out \
     greetings, general knowledge and what is known already. Answer with one JSON object and nothing else: \
     {\"memories\": [{\"memory\": TEXT, \"speaker\": \"user\" or \"assistant\", \"categories\": [NAMES], \
     \"event_date\": \"YYYY-MM-DD\" or null, \"supersedes\": [NUMBERS]}]}. `speaker` is who stated it. \
     `categories` are of the names given below. `event_date` is the day on which it happens, if one is known. \
     `supersedes` are the numbers of known memories that are no longer true because of it. \
     The list may be empty.";

/// Body of a chat completion that extracts the memories of a request.
pub(crate) fn chat_request(
    model: &str,
    request: &AddRequest,
    settings: &IngestSettings,
    known: &[Memory],
    now: i64,
) -> Value {
    let mut parts = vec![json!({ "type": "text", "text": transcript(&request.messages) })];
    parts.extend(request.messages.iter().filter_map(image));
    // Not every endpoint accepts a list of parts, so a single text is sent as a string.
    let content = if parts.len() == 1 { parts.swap_remove(0)["text"].take() } else { parts.into() };
    json!({
        "model": model,
        "temperature": 0,
        "response_format": { "type": "json_object" },
        "messages": [
            { "role": "system", "content": system_prompt(request, settings, known, now) },
            { "role": "user", "content": content },
        ],
    })
}

fn system_prompt(request: &AddRequest, settings: &IngestSettings, known: &[Memory], now: i64) -> String {
    let mut text = SYSTEM_PROMPT.to_owned();
    let mut section = |heading: &str, body: &str| {
        text.push_str("\n\n");
        text.push_str(heading);
        text.push_str(":\n");
        text.push_str(body);
    };
    section("Today", &clock::format_date(request.timestamp.unwrap_or(now)));
    let language = if settings.project.get("multilingual") == Some(&Value::Bool(true)) {
        "that of the conversation"
    } else {
        "English"
    };
    section("Language of the memories", language);
    for (heading, body) in instructions(request, &settings.project) {
        section(heading, &body);
    }
    let setting = |name| text_of(&settings.project, name);
    for (heading, body) in [
        ("Include", request.includes.clone().or_else(|| setting("inclusion_prompt"))),
        ("Exclude", request.excludes.clone().or_else(|| setting("exclusion_prompt"))),
    ] {
        if let Some(body) = body {
            section(heading, &body);
        }
    }
    let categories: Vec<String> = settings
        .categories
        .iter()
        .map(|category| format!("- {}: {}", category.name, category.description))
        .collect();
    section("Categories", &categories.join("\n"));
    let known: Vec<String> =
        known.iter().enumerate().map(|(at, memory)| format!("{}. {}", at + 1, memory.memory)).collect();
    if !known.is_empty() {
        section("Known memories", &known.join("\n"));
    }
    text
}

/// Instructions that apply: the agent instructions to memories of the agent, if there are any, else the custom
/// instructions. Instructions of a request replace those of the project. See
/// `docs/platform-api.md#custom-instructions`.
fn instructions(request: &AddRequest, settings: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let instructions_of = |own: &Option<String>, name| own.clone().or_else(|| text_of(settings, name));
    let general = instructions_of(&request.custom_instructions, "custom_instructions");
    let general = general.filter(|text| !text.is_empty());
    let agents = instructions_of(&request.agent_custom_instructions, "agent_custom_instructions");
    let agents = agents.filter(|text| !text.is_empty()).or_else(|| general.clone());
    match (&request.user_id, &request.agent_id) {
        (None, Some(_)) => agents.map(|text| ("Instructions", text)).into_iter().collect(),
        (Some(_), Some(_)) if agents != general => {
            let general = general.map(|text| ("Instructions for what the user stated", text));
            let agents = agents.map(|text| ("Instructions for what the assistant stated", text));
            general.into_iter().chain(agents).collect()
        }
        _ => general.map(|text| ("Instructions", text)).into_iter().collect(),
    }
}

fn text_of(settings: &Map<String, Value>, name: &str) -> Option<String> {
    settings.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn transcript(messages: &[Message]) -> String {
    let line = |message: &Message| {
        let text = match &message.content {
            Content::Text(text) => text.clone(),
            Content::Media(media) => document(media)?,
        };
        let role = match message.role {
            MessageRole::User => "user",
            MessageRole::Assistant => "assistant",
            MessageRole::System => return None,
        };
        let name = message.sent["name"].as_str().map(|name| format!(" ({name})")).unwrap_or_default();
        Some(format!("{role}{name}: {text}"))
    };
    messages.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Text of a document: its content if it was sent in base64, otherwise its URL, which is not fetched. `None` for an
/// image.
fn document(media: &Value) -> Option<String> {
    let kind = media["type"].as_str()?;
    let name = match kind {
        "mdx_url" => "Markdown document",
        "txt_url" => "text document",
        "pdf_url" => "PDF document",
        _ => return None,
    };
    let url = media[kind]["url"].as_str()?;
    if url.starts_with("http://") || url.starts_with("https://") {
        return Some(format!("[{name} at {url}]"));
    }
    // The platform documents no base64 for PDF, and the content would not be text.
    let bytes = BASE64.decode(url).ok().filter(|_| kind != "pdf_url");
    Some(match bytes.map(String::from_utf8) {
        Some(Ok(text)) => format!("[{name}]\n{text}"),
        _ => format!("[unreadable {name}]"),
    })
}

fn image(message: &Message) -> Option<Value> {
    let Content::Media(media) = &message.content else { return None };
    (media["type"] == "image_url").then(|| media.clone())
}

/// Finds the JSON object with a list of memories in a response. A model may write its reasoning first, put the JSON
/// into a code fence, or add other text. Reasoning tags inside a JSON string are text.
fn find_json(response: &str) -> Option<Value> {
    let mut values = Vec::new();
    let mut is_reasoning = false;
    let (mut rest, mut failures) = (response, 0);
    while let Some(at) = rest.find(['{', '<']) {
        rest = &rest[at..];
        let mut length = 1;
        if rest.starts_with("</think>") {
            // Everything before the closing tag is reasoning, even without an opening tag.
            values.clear();
            is_reasoning = false;
        } else if rest.starts_with("<think>") {
            is_reasoning = true;
        } else if rest.starts_with('{') && failures < MAX_PARSE_FAILURES {
            let mut found = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            match found.next() {
                Some(Ok(value)) => {
                    length = found.byte_offset();
                    values.push(value);
                }
                _ => failures += 1,
            }
        }
        rest = &rest[length..];
    }
    if is_reasoning {
        // After unterminated reasoning, the result is the last value.
        values.reverse();
    }
    let index = values.iter().position(|value| value["memories"].is_array()).unwrap_or_default();
    values.into_iter().nth(index)
}

/// Maximum number of positions at which parsing is tried without success.
const MAX_PARSE_FAILURES: usize = 4096;

/// Parses the memories of a response. The error is a message that contains no part of the response.
pub(crate) fn parse_drafts(
    response: &str,
    request: &AddRequest,
    settings: &IngestSettings,
    known: &[Memory],
) -> Result<Vec<MemoryDraft>, String> {
    let read = find_json(response).ok_or("the model's response contains no JSON object")?;
    let Some(items) = read["memories"].as_array() else {
        return Err("the model's response has no list of memories".to_owned());
    };
    let input: Value = request
        .messages
        .iter()
        .filter(|message| message.role != MessageRole::System)
        .map(|message| message.sent.clone())
        .collect();
    let draft = |item: &Value| {
        let memory = item["memory"].as_str().or(item.as_str())?.trim();
        let role = if item["speaker"] == "assistant" { MessageRole::Assistant } else { MessageRole::User };
        let named = |name: &String| {
            item["categories"].as_array().is_some_and(|list| list.iter().any(|known| known == name.as_str()))
        };
        let supersedes = item["supersedes"].as_array().into_iter().flatten();
        let supersedes = supersedes
            .filter_map(|number| known.get(usize::try_from(number.as_u64()?.checked_sub(1)?).ok()?))
            .map(|memory| memory.memory_id.clone());
        (!memory.is_empty()).then(|| MemoryDraft {
            memory: memory.to_owned(),
            role: Some(role),
            categories: settings
                .categories
                .iter()
                .map(|category| category.name.clone())
                .filter(named)
                .collect(),
            input: input.clone(),
            event_date: item["event_date"].as_str().and_then(ingest::date_in),
            supersedes: supersedes.collect(),
        })
    };
    Ok(items.iter().filter_map(draft).take(MAX_DRAFTS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::body_reader::BodyReader;
    use crate::protocol::error_shape::ErrorShape;

    fn request(fields: &Value) -> AddRequest {
        let mut fields = fields.as_object().cloned().unwrap_or_default();
        fields.insert("messages".to_owned(), json!([{ "role": "user", "content": "Hi" }]));
        AddRequest::read(&mut BodyReader::from_fields(ErrorShape::InvalidInput, fields))
            .unwrap_or_else(|| unreachable!())
    }

    #[test]
    fn a_document_becomes_text() {
        for (kind, url, expected) in [
            ("pdf_url", "https://x.io/a.pdf", Some("[PDF document at https://x.io/a.pdf]")),
            ("mdx_url", "http://x.io/a", Some("[Markdown document at http://x.io/a]")),
            ("mdx_url", "IyBUZWEKw7w=", Some("[Markdown document]\n# Tea\nü")),
            ("txt_url", "VGVh", Some("[text document]\nTea")),
            ("txt_url", "/w==", Some("[unreadable text document]")),
            ("txt_url", "not base64", Some("[unreadable text document]")),
            ("pdf_url", "VGVh", Some("[unreadable PDF document]")),
            ("image_url", "https://x.io/a.jpg", None),
        ] {
            let media = json!({"type": kind, kind: {"url": url}});
            assert_eq!(document(&media).as_deref(), expected, "{media}");
        }
    }

    #[test]
    fn instructions_depend_on_the_owner() {
        let both = json!({ "custom_instructions": "G", "agent_custom_instructions": "A" });
        let only_general = json!({ "custom_instructions": "G", "agent_custom_instructions": "" });
        for (fields, settings, expected) in [
            (json!({"user_id": "u"}), &both, vec![("Instructions", "G")]),
            (json!({"agent_id": "a"}), &both, vec![("Instructions", "A")]),
            (json!({"run_id": "r"}), &both, vec![("Instructions", "G")]),
            (
                json!({"user_id": "u", "agent_id": "a"}),
                &both,
                vec![
                    ("Instructions for what the user stated", "G"),
                    ("Instructions for what the assistant stated", "A"),
                ],
            ),
            (json!({"user_id": "u", "agent_id": "a"}), &only_general, vec![("Instructions", "G")]),
            (json!({"agent_id": "a"}), &only_general, vec![("Instructions", "G")]),
            (
                json!({"agent_id": "a", "agent_custom_instructions": "own"}),
                &both,
                vec![("Instructions", "own")],
            ),
            (json!({"user_id": "u", "custom_instructions": "own"}), &both, vec![("Instructions", "own")]),
            (json!({"user_id": "u"}), &json!({}), vec![]),
        ] {
            let settings = settings.as_object().cloned().unwrap_or_default();
            let found = instructions(&request(&fields), &settings);
            let found: Vec<_> = found.iter().map(|(heading, text)| (*heading, text.as_str())).collect();
            assert_eq!(found, expected, "{fields}");
        }
    }
}
