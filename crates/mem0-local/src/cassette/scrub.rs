//! Taking secrets out: keys, what is called a secret, and what webhooks' URLs hold.

use serde_json::Value;

use crate::cassette::ORIGIN;
use crate::cassette::exchange::Answered;
use crate::cassette::exchange::{Asked, Content};
use mem0::redact::scrub_key;
use mem0::redact::{REDACTED, redact_keys};

/// A shorter word in the place of a key is none, and would blank out half of what was said.
const SHORTEST_KEY: usize = 8;

/// Longer keys are taken out only where they stand as they were sent, without escapes: looking for every encoding takes
/// time that grows with the product of both lengths.
const LONGEST_DECODED_KEY: usize = 512;

/// Fields whose texts are secrets whatever they are, without capitals, `-` and `_`, which nobody writes alike. A name
/// that ends with one of the second list is one too.
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

/// What takes the place of the path and the query of a webhook's URL.
const HIDDEN_PATH: &str = "/redacted";

/// Everything secret that was seen, and what is written in place of each. The same text is always redacted in the
/// same way, so that what was asked again fits what was recorded.
#[derive(Default)]
pub(super) struct Scrub {
    /// Longest first: one may begin with another.
    secrets: Vec<(String, String)>,
    keys: Vec<String>,
    /// Where the recorded platform is.
    origins: Vec<String>,
}

impl Scrub {
    /// For what comes from a platform at that URL.
    pub(super) fn of_platform(base_url: &str) -> Self {
        let origin = base_url.find("://").map_or(base_url, |scheme| {
            let host = scheme + "://".len();
            base_url[host..].find('/').map_or(base_url, |end| &base_url[..host + end])
        });
        let plain = origin.replacen("https://", "http://", 1);
        let mut origins = vec![base_url.to_owned(), origin.to_owned(), plain];
        origins.dedup();
        Self { origins, ..Self::default() }
    }

    /// Learns a key, and returns the name it goes by.
    pub(super) fn key(&mut self, key: &str) -> String {
        let place = self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        });
        format!("key-{}", place + 1)
    }

    pub(super) fn asked(&mut self, asked: Asked) -> Asked {
        let is_webhook = is_webhook(&asked.path);
        let body = asked.body.map(|body| self.content(body, is_webhook));
        let query = asked.query.into_iter().map(|(name, value)| {
            let value = if is_secret(&name) { REDACTED.to_owned() } else { value };
            (name, value)
        });
        Asked { body, query: query.collect(), ..asked }.map(&mut |text| self.text(text))
    }

    /// The answer to a request of that path.
    pub(super) fn answered(&mut self, path: &str, answered: Answered) -> Answered {
        let is_webhook = is_webhook(path);
        let body = answered.body.map(|body| self.content(body, is_webhook));
        Answered { body, ..answered }.map(&mut |text| self.text(text))
    }

    /// Any other text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = redact_keys(text);
        for key in self.keys.iter().filter(|key| key.len() >= SHORTEST_KEY) {
            text = if key.len() > LONGEST_DECODED_KEY {
                text.replace(key.as_str(), REDACTED)
            } else {
                scrub_key(&text, key)
            };
        }
        for (secret, instead) in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), instead);
            }
        }
        for origin in &self.origins {
            if let Some(rest) = text.strip_prefix(origin.as_str())
                && (rest.is_empty() || rest.starts_with(['/', '?']))
            {
                return format!("{ORIGIN}{rest}");
            }
        }
        text
    }

    fn learn(&mut self, secret: &str, instead: &str) {
        if self.secrets.iter().any(|(known, _)| known == secret) {
            return;
        }
        let place = self.secrets.partition_point(|(known, _)| known.len() > secret.len());
        self.secrets.insert(place, (secret.to_owned(), instead.to_owned()));
    }

    fn content(&mut self, content: Content, is_webhook: bool) -> Content {
        match content {
            Content::Json(value) => Content::Json(self.value(value, is_webhook)),
            other => other,
        }
    }

    /// Hides what the name of a field says is secret.
    fn value(&mut self, value: Value, is_webhook: bool) -> Value {
        match value {
            Value::Array(list) => list.into_iter().map(|item| self.value(item, is_webhook)).collect(),
            Value::Object(pairs) => {
                let hidden = |(name, value): (String, Value)| {
                    let value = match value {
                        value if is_secret(&name) => hidden_texts(value),
                        Value::String(url) if is_webhook && name == "url" => Value::from(self.url(&url)),
                        value => self.value(value, is_webhook),
                    };
                    (name, value)
                };
                pairs.into_iter().map(hidden).collect()
            }
            other => other,
        }
    }

    /// A webhook's URL without what lets others write to it, which it may hold anywhere but in its host.
    fn url(&mut self, url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let path = if path.len() > 1 { HIDDEN_PATH } else { path };
        let hidden = format!("{scheme}://{host}{path}");
        if hidden != url {
            // Others may quote it.
            self.learn(url, &hidden);
        }
        hidden
    }
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|character| !"-_ ".contains(*character));
    let name: String = letters.flat_map(char::to_lowercase).collect();
    let name = name.strip_suffix('s').unwrap_or(&name);
    SECRET_NAMES.contains(&name) || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The value with all texts in it redacted. An empty one holds no secret.
fn hidden_texts(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => Value::from(REDACTED),
        Value::Array(list) => list.into_iter().map(hidden_texts).collect(),
        Value::Object(pairs) => pairs.into_iter().map(|(name, value)| (name, hidden_texts(value))).collect(),
        other => other,
    }
}

fn is_webhook(path: &str) -> bool {
    path.split('/').any(|segment| segment == "webhooks")
}
