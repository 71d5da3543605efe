//! Model that extracts memories from messages by chat completions.

use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use mem0::redact::Redacted;
use reqwest::{Client, Url};
use serde_json::Value;

use crate::error::LocalError;
use crate::outgoing::{self, BodyError, block_on};

/// Maximum length of a response, in bytes.
const MAX_RESPONSE_LEN: usize = 4 * 1024 * 1024;

/// Model behind an OpenAI-compatible endpoint that extracts memories from messages.
///
/// Without a model, each message becomes one memory. The prompt contains the instructions and categories of the project,
/// the texts of the messages, images, the texts of documents in base64, and the URLs of other documents.
///
/// A background thread sends one request per add, one add at a time. If the endpoint is overloaded or unreachable, the
/// request is retried up to twice. If it fails, the status of the add's event is `FAILED`, and its `error` has the
/// reason.
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
    /// Creates a model from its name. `base_url` is the URL without `/chat/completions`, such as
    /// `https://api.openai.com/v1`; `http` is allowed for loopback hosts only. If the endpoint needs no key, `api_key` can
    /// be any text without white space.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: api_key.into(),
            model: model.into(),
            timeout: Duration::from_secs(60),
        }
    }

    /// Sets the time limit for one response. The default is one minute.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks the settings, without sending a request.
    pub(crate) fn check(self) -> Result<Model, LocalError> {
        if self.model.trim().is_empty() {
            return Err(LocalError::invalid("extraction", "the model name is empty"));
        }
        let mut url = outgoing::base_url("extraction", &self.base_url)?;
        let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
        url.set_path(&path);
        if self.api_key.is_empty() || self.api_key.contains(char::is_whitespace) {
            let message = "api_key is empty or contains white space; use any text without white space if the endpoint needs no key";
            return Err(LocalError::invalid("extraction", message));
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", self.api_key)).map_err(|_| {
            LocalError::invalid(
                "extraction",
                "api_key contains characters that are not allowed in a header value",
            )
        })?;
        authorization.set_sensitive(true);
        let client = outgoing::shared_client(&url)
            .build()
            .map_err(|error| LocalError::invalid("extraction", outgoing::reason(&error)))?;
        Ok(Model { client, url, authorization, name: self.model, timeout: self.timeout })
    }
}

impl fmt::Debug for Extraction {
    /// Redacts the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction").field("model", &Redacted(&self.model)).finish_non_exhaustive()
    }
}

/// A checked model.
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
    fn endpoint(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("POST {} at {host}{port}", self.url.path())
    }
}

/// Sends a request and reads the text of the model's response. The error is a message that contains no part of the
/// response.
pub(crate) fn complete<T>(
    model: &Model,
    body: &Value,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, String> {
    let mut attempt = 1;
    loop {
        let response = block_on(request_completion(model, body));
        match response.and_then(|response| read(&response).map_err(Failure::permanent)) {
            Ok(read) => return Ok(read),
            Err(failure) if attempt < MAX_ATTEMPTS && failure.is_transient => {
                std::thread::sleep(failure.delay(attempt));
                attempt += 1;
            }
            Err(failure) => {
                return Err(format!("{}: {} (attempts: {attempt})", model.endpoint(), failure.reason));
            }
        }
    }
}

/// Maximum number of attempts if the endpoint is overloaded or unreachable.
const MAX_ATTEMPTS: u32 = 3;

/// Maximum delay between two attempts. Later adds wait meanwhile.
const MAX_DELAY: Duration = Duration::from_secs(20);

/// Reason why a request failed.
#[derive(Debug)]
struct Failure {
    reason: String,
    /// Whether another attempt may succeed.
    is_transient: bool,
    /// Delay requested by the endpoint in `Retry-After`.
    retry_after: Option<Duration>,
}

impl Failure {
    fn permanent(reason: String) -> Self {
        Self { reason, is_transient: false, retry_after: None }
    }

    fn of_status(status: StatusCode, headers: &HeaderMap) -> Self {
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self {
            reason: format!("status {status}"),
            is_transient: status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    fn delay(&self, attempt: u32) -> Duration {
        let backoff = Duration::from_millis(500) * 2_u32.pow(attempt - 1);
        self.retry_after.unwrap_or(backoff).min(MAX_DELAY)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let is_transient = !error.is_timeout() && !error.is_builder();
        Self { reason: outgoing::reason(&error), is_transient, retry_after: None }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Broken(error) => error.into(),
            BodyError::TooLarge(_) => Self::permanent(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::permanent(error.to_string())
    }
}

async fn request_completion(model: &Model, body: &Value) -> Result<String, Failure> {
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
    let body = outgoing::body(&mut response, MAX_RESPONSE_LEN).await?;
    let json: Value = serde_json::from_slice(&body)
        .map_err(|_| Failure::permanent("the response is not JSON of the expected form".to_owned()))?;
    let text = json["choices"][0]["message"]["content"].as_str().map(str::to_owned);
    text.ok_or_else(|| Failure::permanent("the response has no choices[0].message.content".to_owned()))
}
