//! Removal of secrets: API keys, fields with secret names, and paths of webhook URLs.

use serde_json::Value;

use crate::cassette::ORIGIN_PLACEHOLDER;
use crate::cassette::exchange::RecordedResponse;
use crate::cassette::exchange::{RecordedBody, RecordedRequest};
use mem0::redact::redact_key;
use mem0::redact::{REDACTED, redact_keys};

/// Minimum length of a key that is redacted in texts. Shorter words are not keys, and may occur anywhere.
const MIN_KEY_LEN: usize = 8;

/// Maximum length of a key whose encoded forms are redacted too. Longer keys are redacted only as they were sent, as the
/// time of the search grows with the product of both lengths.
const MAX_DECODED_KEY_LEN: usize = 512;

/// Names of fields that hold secrets, in lower case, without `-` and `_`. Names that end with one of [`SECRET_ENDINGS`]
/// hold secrets too.
const SECRET_NAMES: [&str; 7] = ["auth", "authorization", "bearer", "cookie", "jwt", "passwd", "pwd"];
const SECRET_ENDINGS: [&str; 9] = [
    "accesskey",
    "apikey",
    "credential",
    "passphrase",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "token",
];

/// Replacement for the path and the query of a webhook's URL.
const REDACTED_PATH: &str = "/redacted";

/// Known secrets and their replacements. The same text is always redacted in the same way, so that a repeated request
/// matches the recorded one.
#[derive(Default)]
pub(super) struct Scrubber {
    /// Longest first, as one secret may start with another.
    secrets: Vec<(String, String)>,
    keys: Vec<String>,
    /// URLs of the recorded platform.
    origins: Vec<String>,
}

impl Scrubber {
    /// Creates a scrubber for the platform at a URL.
    pub(super) fn for_platform(base_url: &str) -> Self {
        let origin = base_url.find("://").map_or(base_url, |scheme| {
            let host = scheme + "://".len();
            base_url[host..].find('/').map_or(base_url, |end| &base_url[..host + end])
        });
        let plain = origin.replacen("https://", "http://", 1);
        let mut origins = vec![base_url.to_owned(), origin.to_owned(), plain];
        origins.dedup();
        Self { origins, ..Self::default() }
    }

    /// Registers an API key, and returns its name in the cassette.
    pub(super) fn key_name(&mut self, key: &str) -> String {
        let index = self.keys.iter().position(|other| other == key).unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        });
        format!("key-{}", index + 1)
    }

    pub(super) fn request(&mut self, request: RecordedRequest) -> RecordedRequest {
        let is_webhook = is_webhook(&request.path);
        let body = request.body.map(|body| self.content(body, is_webhook));
        let query = request.query.into_iter().map(|(name, value)| {
            let value = if is_secret(&name) { REDACTED.to_owned() } else { value };
            (name, value)
        });
        RecordedRequest { body, query: query.collect(), ..request }.map(&mut |text| self.text(text))
    }

    /// Redacts the response to a request of a path.
    pub(super) fn response(&mut self, path: &str, response: RecordedResponse) -> RecordedResponse {
        let is_webhook = is_webhook(path);
        let body = response.body.map(|body| self.content(body, is_webhook));
        RecordedResponse { body, ..response }.map(&mut |text| self.text(text))
    }

    /// Redacts a text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = redact_keys(text);
        for key in self.keys.iter().filter(|key| key.len() >= MIN_KEY_LEN) {
            text = if key.len() > MAX_DECODED_KEY_LEN {
                text.replace(key.as_str(), REDACTED)
            } else {
                redact_key(&text, key)
            };
        }
        for (secret, replacement) in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), replacement);
            }
        }
        for origin in &self.origins {
            if let Some(rest) = text.strip_prefix(origin.as_str())
                && (rest.is_empty() || rest.starts_with(['/', '?']))
            {
                return format!("{ORIGIN_PLACEHOLDER}{rest}");
            }
        }
        text
    }

    fn add_secret(&mut self, secret: &str, replacement: &str) {
        if self.secrets.iter().any(|(other, _)| other == secret) {
            return;
        }
        let index = self.secrets.partition_point(|(other, _)| other.len() > secret.len());
        self.secrets.insert(index, (secret.to_owned(), replacement.to_owned()));
    }

    fn content(&mut self, content: RecordedBody, is_webhook: bool) -> RecordedBody {
        match content {
            RecordedBody::Json(value) => RecordedBody::Json(self.value(value, is_webhook)),
            other => other,
        }
    }

    /// Redacts fields with secret names.
    fn value(&mut self, value: Value, is_webhook: bool) -> Value {
        match value {
            Value::Array(list) => list.into_iter().map(|item| self.value(item, is_webhook)).collect(),
            Value::Object(pairs) => {
                let redacted = |(name, value): (String, Value)| {
                    let value = match value {
                        value if is_secret(&name) => redact_texts(value),
                        Value::String(url) if is_webhook && name == "url" => Value::from(self.url(&url)),
                        value => self.value(value, is_webhook),
                    };
                    (name, value)
                };
                pairs.into_iter().map(redacted).collect()
            }
            other => other,
        }
    }

    /// Redacts a webhook's URL. Credentials may be anywhere in it except in the host.
    fn url(&mut self, url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let path = if path.len() > 1 { REDACTED_PATH } else { path };
        let redacted = format!("{scheme}://{host}{path}");
        if redacted != url {
            // Other texts may contain the URL.
            self.add_secret(url, &redacted);
        }
        redacted
    }
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|character| !"-_ ".contains(*character));
    let name: String = letters.flat_map(char::to_lowercase).collect();
    let name = name.strip_suffix('s').unwrap_or(&name);
    SECRET_NAMES.contains(&name) || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Redacts all texts of a value that are not empty.
fn redact_texts(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => Value::from(REDACTED),
        Value::Array(list) => list.into_iter().map(redact_texts).collect(),
        Value::Object(pairs) => pairs.into_iter().map(|(name, value)| (name, redact_texts(value))).collect(),
        other => other,
    }
}

fn is_webhook(path: &str) -> bool {
    path.split('/').any(|segment| segment == "webhooks")
}
