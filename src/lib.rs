//! The Rust SDK for the Mem0 Platform.

mod api_error;
#[cfg(any(feature = "blocking", feature = "async"))]
mod api_response;
#[cfg(feature = "async")]
pub mod asynchronous;
#[cfg(any(feature = "blocking", feature = "async"))]
mod base_url;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "blocking", feature = "async"))]
mod call;
#[cfg(any(feature = "blocking", feature = "async"))]
mod config;
mod error;
#[cfg(any(feature = "blocking", feature = "async"))]
mod error_body;
mod fields;
#[cfg(any(feature = "blocking", feature = "async"))]
mod http_date;
mod id;
#[cfg(any(feature = "blocking", feature = "async"))]
mod limits;
#[cfg(feature = "local")]
pub mod local;
mod mask;
mod model;
#[cfg(any(feature = "blocking", feature = "async"))]
mod options;
#[cfg(any(feature = "blocking", feature = "async"))]
mod request;
#[cfg(any(feature = "blocking", feature = "async"))]
mod response;
#[cfg(any(feature = "blocking", feature = "async"))]
mod retry;
#[cfg(any(feature = "blocking", feature = "async"))]
mod secret;
#[cfg(any(feature = "blocking", feature = "async"))]
mod trace;

pub use api_error::{ApiError, ApiErrorKind, RateLimit};
#[cfg(any(feature = "blocking", feature = "async"))]
pub use api_response::{ApiResponse, Plain, Shape, WithResponse};
#[cfg(feature = "async")]
pub use asynchronous::MemoryClient as AsyncMemoryClient;
#[cfg(feature = "blocking")]
pub use blocking::MemoryClient;
pub use error::{
    CallInfo, DecodeError, Error, Phase, Result, TimeoutError, TimeoutKind, TooLargeError, TransportError,
};
pub use fields::ProjectFields;
pub use http::{HeaderMap, Method, StatusCode};
pub use id::{OrgId, ProjectId, UserId};
pub use model::{
    CustomCategory, Identity, Instructions, Member, Members, Message, NewProject, Organization,
    OrganizationCreated, Project, ProjectCreated, ProjectUpdate, Role, Timestamp, UsecaseSetting,
};
#[cfg(any(feature = "blocking", feature = "async"))]
pub use options::RequestOptions;
#[cfg(any(feature = "blocking", feature = "async"))]
pub use request::Request;
#[cfg(any(feature = "blocking", feature = "async"))]
pub use response::Response;
#[cfg(any(feature = "blocking", feature = "async"))]
pub use retry::{Attempt, Decision, RetryBudget, RetryPolicy};
