//! The Rust SDK for the Mem0 Platform.

mod api_error;
mod error;
#[cfg(any(feature = "blocking", feature = "async"))]
mod error_body;
mod id;
#[cfg(feature = "local")]
pub mod local;
mod mask;
mod model;
#[cfg(any(feature = "blocking", feature = "async"))]
mod secret;

pub use api_error::{ApiError, ApiErrorKind, RateLimit};
pub use error::{
    CallInfo, DecodeError, Error, Phase, Result, TimeoutError, TimeoutKind, TooLargeError, TransportError,
};
pub use id::{OrgId, ProjectId, UserId};
pub use model::{
    CustomCategory, Identity, Instructions, Member, Members, Message, NewProject, Organization,
    OrganizationCreated, Project, ProjectCreated, ProjectUpdate, Role, Timestamp, UsecaseSetting,
};
