//! Requests for the pages of a list.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::{MemoryClient, Transport, maybe_async};
use crate::client::links::number_of_next_page;
use crate::client::page_position::{PageSize, Position};
use crate::client::request::Request;
use crate::client::response::Response;
use crate::client::response_mode::ResponseMode;
use crate::error::{CallInfo, DecodeError, Error, Result};
use crate::types::Page;

/// Request of a list, from which the request of each page is built.
pub(crate) struct Source<T, S> {
    pub(super) client: MemoryClient<T, S>,
    /// The request without its query.
    pub(super) template: Request,
    /// Query pairs after the page number.
    pub(super) query: Vec<(Cow<'static, str>, String)>,
    pub(super) size: PageSize,
}

/// Next page of a list.
pub(super) enum Next {
    /// A page. The first one has no number unless the caller chose one.
    Page(Position),
    /// An invalid link to it.
    Invalid(DecodeError),
    /// None: the last page has been read.
    End,
}

/// A page with its response.
pub(crate) struct FetchedPage<I> {
    pub(super) page: Page<I>,
    pub(super) response: Response,
    /// Call that fetched the page.
    pub(super) call: CallInfo,
    pub(super) next: Next,
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> Source<T, S> {
    /// Fetches the page at a position. If it is larger than the body limit, fetches its first part as a smaller page.
    pub(crate) async fn fetch<I: DeserializeOwned>(&self, mut position: Position) -> Result<FetchedPage<I>> {
        loop {
            match self.request_page(position).await {
                Err(Error::TooLarge(error)) => match self.size.smaller(position) {
                    Some(smaller) => position = smaller,
                    None => return Err(Error::TooLarge(error)),
                },
                outcome => return outcome,
            }
        }
    }

    /// Sends one request. An invalid link in the response is reported when the next page is requested.
    async fn request_page<I: DeserializeOwned>(&self, position: Position) -> Result<FetchedPage<I>> {
        let call = self.client.begin()?;
        let mut request = self.template.clone();
        if let Some(number) = position.number {
            request.push_query("page", &number.to_string());
        }
        let own_size = self.size.parameter.zip(position.size);
        for (name, value) in &self.query {
            if own_size.is_none_or(|(parameter, _)| parameter != name) {
                request.push_query(name, value);
            }
        }
        if let Some((parameter, size)) = own_size {
            request.push_query(parameter, &size.to_string());
        }
        let (page, response, attempts) = self.client.receive::<Page<I>>(&call, &mut request).await?;
        let call = call.info(&request, attempts);
        let key = &self.client.inner.config.key;
        let length = page.results.len() as u64;
        // With more items than requested, the page number would refer to other items.
        if position.size.is_some_and(|size| length > size) {
            let message = "has more items than requested";
            let error = response.field_error(call, "results", message, key);
            return Err(Error::Decode(Box::new(error)));
        }
        let number = position.number.unwrap_or(1);
        let next = match page.next.as_deref().map(|link| number_of_next_page(link, number)) {
            None => Next::End,
            Some(Ok(number)) => {
                let can_grow = response.body().len() <= request.body_limit() / 4;
                Next::Page(position.next(number, length, can_grow))
            }
            Some(Err(message)) => Next::Invalid(response.field_error(call.clone(), "next", message, key)),
        };
        Ok(FetchedPage { page, response, call, next })
    }
}

impl<T, S> Clone for Source<T, S> {
    fn clone(&self) -> Self {
        let Self { client, template, query, size } = self;
        let (client, template) = (client.clone(), template.clone());
        Self { client, template, query: query.clone(), size: size.clone() }
    }
}
