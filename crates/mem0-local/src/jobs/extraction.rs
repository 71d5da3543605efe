//! A model that extracts memories from messages, reached by a chat completion.

use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use mem0::redact::Redacted;
use reqwest::{Client, Url};
use serde_json::Value;

use crate::error::LocalError;
use crate::outgoing::{self, BodyError, block_on};

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
/// use mem0_local::{Extraction, LocalPlatform};
///
/// let model = Extraction::new("http://127.0.0.1:11434/v1", "none", "llama3.1");
/// let platform = LocalPlatform::builder().extraction(model).start()?;
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
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
    pub(crate) fn check(self) -> Result<Model, LocalError> {
        if self.model.trim().is_empty() {
            return Err(LocalError::invalid("extraction", "the model has no name"));
        }
        let mut url = outgoing::base_url("extraction", &self.base_url)?;
        let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
        url.set_path(&path);
        if self.api_key.is_empty() || self.api_key.contains(char::is_whitespace) {
            let message = "the api_key is empty or contains a blank; an endpoint without keys takes any word";
            return Err(LocalError::invalid("extraction", message));
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", self.api_key))
            .map_err(|_| LocalError::invalid("extraction", "api_key can't be sent in a header"))?;
        authorization.set_sensitive(true);
        let client = outgoing::shared_client(&url)
            .build()
            .map_err(|error| LocalError::invalid("extraction", outgoing::reason(&error)))?;
        Ok(Model { client, url, authorization, name: self.model, timeout: self.timeout })
    }
}

impl fmt::Debug for Extraction {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction").field("model", &Redacted(&self.model)).finish_non_exhaustive()
    }
}

/// A model that can be asked.
#[derive(Debug)]
pub(crate) struct Model {
    client: Client,
    url: Url,
    authorization: HeaderValue,
    name: String,
    timeout: Duration,
}

impl Model {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Method, host and path of the request.
    fn call(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("POST {} at {host}{port}", self.url.path())
    }
}

/// Reads the text of the model's answer. The error is a sentence, in which nothing of an answer stands.
pub(crate) fn ask<T>(
    model: &Model,
    body: &Value,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, String> {
    let mut attempt = 1;
    loop {
        let answer = block_on(exchange(model, body));
        match answer.and_then(|answer| read(&answer).map_err(Failure::lasting)) {
            Ok(read) => return Ok(read),
            Err(failure) if attempt < ATTEMPTS && failure.is_passing => {
                std::thread::sleep(failure.pause(attempt));
                attempt += 1;
            }
            Err(failure) => {
                return Err(format!("{}: {} (attempts: {attempt})", model.call(), failure.reason));
            }
        }
    }
}

/// How often a model is asked that is overloaded or can't be reached.
const ATTEMPTS: u32 = 3;

/// The longest wait between two attempts: a worker waits, and adds behind it do.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Debug)]
struct Failure {
    reason: String,
    /// Whether another attempt may succeed.
    is_passing: bool,
    /// Delay that the endpoint asks for by `Retry-After`.
    retry_after: Option<Duration>,
}

impl Failure {
    fn lasting(reason: String) -> Self {
        Self { reason, is_passing: false, retry_after: None }
    }

    fn of_status(status: StatusCode, headers: &HeaderMap) -> Self {
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self {
            reason: format!("status {status}"),
            is_passing: status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    fn pause(&self, attempt: u32) -> Duration {
        let own = Duration::from_millis(500) * 2_u32.pow(attempt - 1);
        self.retry_after.unwrap_or(own).min(LONGEST_PAUSE)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let is_passing = !error.is_timeout() && !error.is_builder();
        Self { reason: outgoing::reason(&error), is_passing, retry_after: None }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Broken(error) => error.into(),
            BodyError::TooLarge(_) => Self::lasting(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::lasting(error.to_string())
    }
}

async fn exchange(model: &Model, body: &Value) -> Result<String, Failure> {
    let request = model
        .client
        .post(model.url.clone())
        .timeout(model.timeout)
        .header(AUTHORIZATION, model.authorization.clone())
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string());
    let mut response = request.send().await?;
    if !response.status().is_success() {
        return Err(Failure::of_status(response.status(), response.headers()));
    }
    let body = outgoing::body(&mut response, ANSWER_LIMIT).await?;
    let answer: Value = serde_json::from_slice(&body)
        .map_err(|_| Failure::lasting("the answer is not JSON of the expected form".to_owned()))?;
    let text = answer["choices"][0]["message"]["content"].as_str().map(str::to_owned);
    text.ok_or_else(|| Failure::lasting("the answer has no choices[0].message.content".to_owned()))
}
