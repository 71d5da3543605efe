//! Paginated lists as streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::Stream;
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;

use super::{Pages, Transport};
use crate::client::response_mode::ResponseMode;
use crate::error::Result;

/// Request of a stream for the next page, in flight.
pub(crate) struct PendingPage<F>(Option<SyncWrapper<FetchFuture<F>>>);

type FetchFuture<F> = Pin<Box<dyn Future<Output = Result<F>> + Send>>;

impl<F> Default for PendingPage<F> {
    fn default() -> Self {
        Self(None)
    }
}

impl<F> PendingPage<F> {
    pub(crate) fn cancel(&mut self) {
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
            if pages.pending.0.is_none() {
                let position = match pages.advance() {
                    Some(Ok(position)) => position,
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                };
                let source = pages.source.clone();
                let fetch = Box::pin(async move { source.fetch(position).await });
                pages.pending.0 = Some(SyncWrapper::new(fetch));
            }
            let Some(pending) = &mut pages.pending.0 else { continue };
            let fetched = ready!(pending.get_mut().as_mut().poll(context));
            pages.pending.cancel();
            if let Err(error) = pages.store_page(fetched) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}
