//! Response modes: the value alone, or the value with its response.

use crate::client::api_response::ApiResponse;

/// Response mode of a client or a handle: its calls return the value alone ([`ValueOnly`]) or an [`ApiResponse`]
/// ([`FullResponse`]).
pub trait ResponseMode: sealed::Sealed + Clone + Send + Sync + 'static {
    /// Return type of a call with a value of type `V`.
    type Of<V>;

    #[doc(hidden)]
    fn convert<V>(value: V, with_response: impl FnOnce(V) -> ApiResponse<V>) -> Self::Of<V>;
}

/// Response mode of calls that return the value alone.
#[derive(Debug, Clone, Copy)]
pub struct ValueOnly;

/// Response mode of calls that return an [`ApiResponse`].
#[derive(Debug, Clone, Copy)]
pub struct FullResponse;

impl ResponseMode for ValueOnly {
    type Of<V> = V;

    fn convert<V>(value: V, _: impl FnOnce(V) -> ApiResponse<V>) -> V {
        value
    }
}

impl ResponseMode for FullResponse {
    type Of<V> = ApiResponse<V>;

    fn convert<V>(value: V, with_response: impl FnOnce(V) -> ApiResponse<V>) -> ApiResponse<V> {
        with_response(value)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::ValueOnly {}
    impl Sealed for super::FullResponse {}
}
