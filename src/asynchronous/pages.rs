//! Long lists as streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::Stream;
use serde::de::DeserializeOwned;

use super::{Pages, Transport};
use crate::client::api_response::ResponseMode;
use crate::error::Result;

/// The page a stream has asked for and does not have yet.
pub(crate) struct Fetching<F>(Option<Pin<Box<dyn Future<Output = Result<F>> + Send>>>);

impl<F> Default for Fetching<F> {
    fn default() -> Self {
        Self(None)
    }
}

impl<F> Fetching<F> {
    pub(crate) fn stop(&mut self) {
        self.0 = None;
    }
}

impl<I, T, S> Stream for Pages<I, T, S>
where
    I: DeserializeOwned + Send + 'static,
    T: Transport,
    S: ResponseMode,
{
    type Item = Result<I>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<I>>> {
        let pages = self.get_mut();
        loop {
            if let Some(item) = pages.take_item() {
                return Poll::Ready(Some(Ok(item)));
            }
            if pages.fetching.0.is_none() {
                let position = match pages.turn() {
                    Some(Ok(position)) => position,
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                };
                let source = pages.source.clone();
                pages.fetching.0 = Some(Box::pin(async move { source.fetch(position).await }));
            }
            let Some(fetching) = &mut pages.fetching.0 else { continue };
            let fetched = ready!(fetching.as_mut().poll(context));
            pages.fetching.stop();
            if let Err(error) = pages.take_in(fetched) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}
