//! A model that extracts memories from messages, reached by a chat completion.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use rusqlite::Connection;
use serde_json::Value;

use crate::config::{Config, Settings, TransportSettings, variable};
use crate::error::{Error, Result};
use crate::local::addition::Addition;
use crate::local::error::LocalError;
use crate::local::lock;
use crate::local::making::{self, Draft, Manner};
use crate::local::prompt;
use crate::local::sending::send;
use crate::local::service::Service;
use crate::local::store::events;
use crate::local::store::keys::Place;
use crate::local::store::memories::{self, Memory};
use crate::local::task::Order;
use crate::mask::{Masked, one_line};
use crate::request::{Request, Segment};

/// How many memories a model is shown of those that are there.
const KNOWN: usize = 20;

/// How much of a model's answer is read.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// A model behind an OpenAI-compatible endpoint, by which adds that infer become facts in place of the messages as
/// they are. It is told the project's instructions and categories.
///
/// It is asked by a thread of the platform's own, one add after the other; an endpoint that is overloaded is asked up to three times. A failure ends the add's event
/// with `FAILED` and a sentence in its `error`. Images are passed on to it, and the texts of documents that came in
/// base64; of any other document it is told the URL.
///
/// ```
/// use mem0::local::{Extraction, LocalPlatform};
///
/// let model = Extraction::new("http://127.0.0.1:11434/v1", "none", "llama3.1");
/// let platform = LocalPlatform::builder().extraction(model).start()?;
/// # Ok::<(), mem0::local::LocalError>(())
/// ```
///
/// Needs the feature `blocking` or `async`, whose HTTP library it is asked with.
#[derive(Clone)]
pub struct Extraction {
    base_url: String,
    api_key: String,
    model: String,
    timeout: Duration,
}

impl Extraction {
    /// A model of that name. `base_url` is what the endpoint's `/chat/completions` comes behind, such as
    /// `https://api.openai.com/v1`; plain `http` is spoken to this machine only. An endpoint that wants no key is
    /// given any word.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: api_key.into(),
            model: model.into(),
            timeout: Duration::from_secs(60),
        }
    }

    /// How long it has for one answer; a minute unless this says otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks it all, without asking anybody.
    pub(crate) fn check(self) -> std::result::Result<Model, LocalError> {
        let refused = |error: Error| {
            let message = match error {
                Error::Config { field, message } | Error::Invalid { field, message } => {
                    format!("{field} {message}")
                }
                other => other.to_string(),
            };
            LocalError::invalid("extraction", message)
        };
        if self.model.trim().is_empty() {
            return Err(LocalError::invalid("extraction", "the model has no name"));
        }
        let bearer = format!("Bearer {}", self.api_key);
        let settings = Settings {
            api_key: Some(self.api_key),
            base_url: Some(self.base_url),
            attempt_timeout: self.timeout,
            connect_timeout: self.timeout.min(Settings::default().connect_timeout),
            body_limit: ANSWER_LIMIT,
            ..Settings::default()
        };
        let mut config = settings.check(|_| None).map_err(refused)?;
        let transport = config.transport_settings(variable).map_err(refused)?;
        let mut authorization = HeaderValue::try_from(bearer)
            .map_err(|_| LocalError::invalid("extraction", "api_key can't be sent in a header"))?;
        authorization.set_sensitive(true);
        // None of the platform's own headers is any of this endpoint's business.
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (ACCEPT, json.clone()),
            (ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
            (CONTENT_TYPE, json),
        ]);
        config.headers = Arc::new(headers);
        config.body_headers = config.headers.clone();
        Ok(Model { config, transport, name: self.model })
    }
}

impl fmt::Debug for Extraction {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction").field("model", &Masked(&self.model)).finish_non_exhaustive()
    }
}

/// A model that can be asked.
#[derive(Debug)]
pub(crate) struct Model {
    config: Config,
    transport: TransportSettings,
    name: String,
}

/// Asks the model for the memories of an add, and makes them. No lock is held while it thinks.
pub(crate) fn carry_out(service: &Service, model: &Model, add: &Order) -> rusqlite::Result<()> {
    let now = service.clock.now_in_microseconds();
    let begun = lock(&service.store).write(|connection| {
        let Some((event, addition)) = making::waiting(connection, &add.id)? else { return Ok(None) };
        let Some(addition) = addition else {
            events::fail(connection, &add.id, making::UNREADABLE, now)?;
            return Ok(None);
        };
        events::run(connection, &add.id, now)?;
        let manner = Manner::of(connection, event.place(), addition.custom_categories.clone())?;
        let known = known(connection, event.place(), &addition)?;
        Ok::<_, rusqlite::Error>(Some((addition, manner, known)))
    })?;
    if let Some((addition, manner, known)) = begun {
        let body = prompt::completion(&model.name, &addition, &manner, &known, now);
        let drafts = ask(model, &body).and_then(|answer| {
            let drafts = prompt::drafts(&answer, &addition, &manner, &known);
            drafts.map_err(|problem| format!("{}: {problem}", call_of(model)))
        });
        end(service, add, &manner, drafts)?;
    }
    service.tasks.done(0, std::slice::from_ref(add));
    Ok(())
}

/// The newest active memories of the user or the agent of an add.
fn known(connection: &Connection, place: Place<'_>, addition: &Addition) -> rusqlite::Result<Vec<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM memories WHERE project_id = ?1 AND org_id = ?2 \
             AND (user_id = ?3 OR agent_id = ?4) AND lifecycle_state = 'active' ORDER BY number DESC LIMIT {KNOWN}",
            memories::COLUMNS
        ))?
        .query_map((place.project_id, place.org_id, &addition.user_id, &addition.agent_id), memories::read)?
        .collect()
}

/// Stores what the model made of an add, unless somebody else was faster.
fn end(
    service: &Service,
    add: &Order,
    manner: &Manner,
    drafts: std::result::Result<Vec<Draft>, String>,
) -> rusqlite::Result<()> {
    let now = service.clock.now_in_microseconds();
    let mut store = lock(&service.store);
    let left = store.write(|connection| {
        let mut left = Vec::new();
        if let Some((event, Some(addition))) = making::waiting(connection, &add.id)? {
            match drafts {
                Ok(drafts) => making::finish(connection, &event, &addition, manner, drafts, now, &mut left)?,
                Err(sentence) => events::fail(connection, &event.event_id, &sentence, now)?,
            }
        }
        Ok::<_, rusqlite::Error>(left)
    })?;
    service.leave(&mut store, left);
    Ok(())
}

/// The text of the model's answer. The error is a sentence, in which nothing of an answer stands.
fn ask(model: &Model, body: &Value) -> std::result::Result<String, String> {
    let unsendable = |error: Error| format!("The model could not be asked: {}", error.message());
    let mut request = chat(model).map_err(unsendable)?;
    request.set_json(body).map_err(unsendable)?;
    let mut attempt = 1;
    let answer = loop {
        match exchange(model, &request) {
            Ok(answer) => break answer,
            Err(error) if attempt < ATTEMPTS && is_passing(&error) => {
                std::thread::sleep(pause(&error, attempt));
                attempt += 1;
            }
            Err(error) => {
                return Err(format!("{}: {} (attempts: {attempt})", call_of(model), reason(&error)));
            }
        }
    };
    let text = answer["choices"][0]["message"]["content"].as_str().map(str::to_owned);
    text.ok_or_else(|| format!("{}: the answer has no choices[0].message.content", call_of(model)))
}

/// How often a model is asked that is overloaded or can't be reached.
const ATTEMPTS: u32 = 3;

/// The longest wait between two attempts: a worker waits, and adds behind it do.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Whether asking again may help.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Api(error) => error.status.as_u16() == 429 || error.status.is_server_error(),
        Error::Transport(error) => !error.is_certificate_rejected(),
        _ => false,
    }
}

fn pause(error: &Error, attempt: u32) -> Duration {
    let own = Duration::from_millis(500) * 2_u32.pow(attempt - 1);
    error.retry_after().unwrap_or(own).min(LONGEST_PAUSE)
}

fn reason(error: &Error) -> String {
    match error {
        Error::Api(error) => format!("status {}", error.status),
        Error::Decode(_) => "the answer is not JSON of the expected form".to_owned(),
        error => one_line(&error.message()),
    }
}

/// Method, host and path of the request.
fn call_of(model: &Model) -> String {
    chat(model).map_or_else(
        |_| "POST /chat/completions".to_owned(),
        |request| format!("POST {} at {}", request.path(), request.endpoint()),
    )
}

fn exchange(model: &Model, request: &Request) -> Result<Value> {
    let key = &model.config.key;
    send(&model.transport, request)?.accept(request, key)?.decode(request, key)
}

/// A request for a chat completion, without its body.
fn chat(model: &Model) -> Result<Request> {
    let segments = [Segment::Fixed("chat"), Segment::Fixed("completions")];
    let mut request = Request::new(Method::POST, &model.config, segments)?;
    request.drop_trailing_slash();
    Ok(request)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::local::sending;
    use crate::response::Response;

    type Send = fn(&TransportSettings, &Request) -> Result<Response>;

    /// The library a platform asks with is the one there is; both ask the same.
    #[test]
    fn the_endpoint_is_asked_in_the_same_way_by_each_library() {
        let mut server = mockito::Server::new();
        let model = Extraction::new(format!("{}/v1/", server.url()), "sk-secret", "m").check().unwrap();
        let mut request = chat(&model).unwrap();
        request.set_json(&serde_json::json!({})).unwrap();
        let libraries: &[Send] = &[
            #[cfg(feature = "blocking")]
            sending::send_blocking,
            #[cfg(feature = "async")]
            sending::send_async,
        ];
        for send in libraries {
            let mock = server
                .mock("POST", "/v1/chat/completions")
                .match_header("authorization", "Bearer sk-secret")
                .match_header("content-type", "application/json")
                .match_header("user-agent", mockito::Matcher::Missing)
                .with_body("{\"a\": 1}")
                .expect(1)
                .create();
            let answer = send(&model.transport, &request).unwrap();
            mock.assert();
            assert_eq!(answer.body(), "{\"a\": 1}");
        }
    }
}
