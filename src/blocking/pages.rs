//! Paginated lists as iterators.

use std::iter::FusedIterator;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Pages, Transport};
use crate::client::response_mode::ResponseMode;
use crate::error::Result;

/// Placeholder for a request in flight: blocking calls return with the page.
pub(crate) struct PendingPage<F>(PhantomData<fn() -> F>);

impl<F> Default for PendingPage<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<F> PendingPage<F> {
    #[allow(clippy::unused_self)]
    pub(crate) fn cancel(&mut self) {}
}

impl<I: DeserializeOwned, T: Transport, S: ResponseMode> Iterator for Pages<I, T, S> {
    type Item = Result<I>;

    fn next(&mut self) -> Option<Result<I>> {
        self.next_item()
    }
}

impl<I: DeserializeOwned, T: Transport, S: ResponseMode> FusedIterator for Pages<I, T, S> {}
