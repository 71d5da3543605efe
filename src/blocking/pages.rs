//! Long lists as iterators.

use std::iter::FusedIterator;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Pages, Transport};
use crate::client::api_response::ResponseMode;
use crate::error::Result;

/// Nothing is ever under way here: a page has been fetched when the call returns.
pub(crate) struct Fetching<F>(PhantomData<fn() -> F>);

impl<F> Default for Fetching<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<F> Fetching<F> {
    #[allow(clippy::unused_self)]
    pub(crate) fn stop(&mut self) {}
}

impl<I: DeserializeOwned, T: Transport, S: ResponseMode> Iterator for Pages<I, T, S> {
    type Item = Result<I>;

    fn next(&mut self) -> Option<Result<I>> {
        self.next_item()
    }
}

impl<I: DeserializeOwned, T: Transport, S: ResponseMode> FusedIterator for Pages<I, T, S> {}
