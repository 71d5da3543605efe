//! Parts that both flavours share: settings, requests, responses, retries and polling. `api` holds the calls; each
//! flavour loads it.

pub(crate) mod any_client;
pub(crate) mod api_key;
pub(crate) mod api_response;
pub(crate) mod base_url;
pub(crate) mod call;
pub(crate) mod config;
pub(crate) mod headers;
pub(crate) mod http_date;
pub(crate) mod limits;
pub(crate) mod links;
pub(crate) mod options;
pub(crate) mod page_position;
pub(crate) mod poll;
pub(crate) mod project_scope;
pub(crate) mod proxy;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod response_mode;
pub(crate) mod retry;
pub(crate) mod settings;
pub(crate) mod tls;
pub(crate) mod trace;

pub use any_client::AnyClient;
pub use api_response::ApiResponse;
pub use options::RequestOptions;
pub use poll::PollPolicy;
pub use request::{Request, RequestBuilder};
pub use response::Response;
pub use response_mode::{FullResponse, ResponseMode, ValueOnly};
pub use retry::{Attempt, Decision, RetryBudget, RetryPolicy};
pub use tls::TlsBackend;

pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
