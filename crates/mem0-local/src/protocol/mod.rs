//! Requests and replies as values, without sockets.

pub(crate) mod body_reader;
pub(crate) mod error_shape;
pub(crate) mod path_ids;
pub(crate) mod reply;
pub(crate) mod request;
