//! Long lists, a page at a time.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::vec;

use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DefaultTransport, Fetching, MemoryClient, Transport, maybe_async};
use crate::client::api_response::{ResponseMode, ValueOnly};
use crate::client::links::number_of_next_page;
use crate::client::page_position::{PageSize, Position};
use crate::client::request::Request;
use crate::client::response::Response;
use crate::error::{CallInfo, DecodeError, Error, Result};
use crate::redact::redact_all;
use crate::types::Page;

/// How many pages without results may follow each other, before a server that always names a next one is taken at
/// its word no longer.
const MOST_EMPTY_PAGES: u32 = 100;

/// A long list, fetched as it is read. Made by the calls that list; making it sends nothing.
///
/// Three ways to read it:
///
/// * its items, one after the other: it is an `Iterator` in the blocking flavour and a `Stream` in the async one,
/// * the same by [`next_item`](Self::next_item), in both,
/// * whole pages, by [`next_page`](Self::next_page).
///
/// Items come as results. An error is an item too, and the last one: an iteration that ends without an error has
/// gone through everything. It holds one page at a time, and the next one is asked for when that is used up.
///
/// The server's link to the next page is read for its page number alone and never followed, so it makes no difference
/// where it points. A link without a number, or with one that does not advance, is an [`Error::Decode`] in place of
/// the next page. The error names the call whose answer held the link.
///
/// A page is a request, and the time limits and retries of the client hold for each.
///
/// A page whose body is larger than the client's `body_limit` is asked for again in smaller pages, down to a single
/// item, so that no item is skipped or repeated; the pages grow again where the items are smaller. Only an item that is
/// larger by itself is an [`Error::TooLarge`]. For a [raw request](super::RawRequest::pages), this takes a `page_size`
/// in its query.
///
#[doc = example!(
"use mem0::Filter;

let mut memories = client.get_all(Filter::user(\"alice\"))?;
while let Some(memory) = memories.next_item()" await " {
    println!(\"{:?}\", memory?.memory);
}
println!(\"that was {:?} memories\", memories.total());"
)]
///
/// # Deleting while iterating
///
/// Pages are counted from the start of the list as it is when each one is requested. Deleting items of page 1 moves
/// the items of page 2 up into page 1, so that the request for page 2 returns what used to be page 3: the items in
/// between are skipped without an error, or the list ends early with 404. In the same way, an item added meanwhile
/// may make another one appear twice.
///
/// Collect the identifiers first, then delete:
///
#[doc = example!(
"use mem0::Filter;

let mut memories = client.get_all(Filter::user(\"alice\"))?;
let mut ids = Vec::new();
while let Some(memory) = memories.next_item()" await " {
    ids.extend(memory?.id);
}
for id in ids {
    client.delete(id)" await "?;
}"
)]
#[must_use = "Pages fetch nothing until they are read"]
pub struct Pages<I, T = DefaultTransport, S = ValueOnly> {
    pub(crate) source: Arc<Source<T, S>>,
    next: Next,
    total: Option<u64>,
    /// What is left of the page that is iterated over.
    items: vec::IntoIter<I>,
    empty: u32,
    /// Whether an iteration has met an error.
    is_over: bool,
    pub(crate) fetching: Fetching<Fetched<I>>,
}

/// Where the pages come from.
pub(crate) struct Source<T, S> {
    client: MemoryClient<T, S>,
    /// The request without its query.
    template: Request,
    /// What follows the page's number in the query.
    query: Vec<(Cow<'static, str>, String)>,
    size: PageSize,
}

/// What comes next.
enum Next {
    /// A page; the first one goes without a number unless the caller gave one.
    Page(Position),
    /// Something that can't be asked for.
    Broken(DecodeError),
    /// Nothing: the last page has been there.
    End,
}

/// A page, and what came along with it.
pub(crate) struct Fetched<I> {
    page: Page<I>,
    response: Response,
    /// The call that fetched it.
    call: CallInfo,
    next: Next,
}

impl<I, T: Transport, S: ResponseMode> Pages<I, T, S> {
    /// Pages of what `template` asks for, which has no query yet; they start at `page`, or where the platform
    /// starts. `query` goes with each, and names the page size by `size`, if the route takes one.
    pub(super) fn new(
        client: MemoryClient<T, S>,
        template: Request,
        page: Option<u64>,
        query: Vec<(Cow<'static, str>, String)>,
        size: Option<&'static str>,
    ) -> Self {
        let asked = query.iter().find(|(name, _)| Some(name.as_ref()) == size);
        let size = PageSize::new(size, asked.and_then(|(_, value)| value.parse().ok()));
        Self {
            source: Arc::new(Source { client, template, query, size }),
            next: Next::Page(Position::at(page)),
            total: None,
            items: Vec::new().into_iter(),
            empty: 0,
            is_over: false,
            fetching: Fetching::default(),
        }
    }

    /// The same list from that page on; the first one is 1. Zero is refused when it would be asked for.
    ///
    /// Where that page is larger than the body limit, smaller ones are counted from the page size you asked for, and from
    /// the platform's limit of 200. A server with a lower limit counts otherwise: start at page 1 there.
    pub fn starting_at(self, page: u64) -> Self {
        Self {
            next: Next::Page(Position::at(Some(page))),
            items: Vec::new().into_iter(),
            is_over: false,
            ..self
        }
    }

    /// How many items all pages have together, as the page that was read last told; `None` before the first.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// An item lacks what is needed of it.
    pub(super) fn missing(&self, field: &str, message: &str, item: &impl Serialize) -> Error {
        let template = &self.source.template;
        let method = template.method().clone();
        DecodeError::missing(method, &redact_all(template.path()), StatusCode::OK, field, message, item)
    }

    /// The next item of the page at hand.
    pub(crate) fn take_item(&mut self) -> Option<I> {
        self.items.next()
    }

    /// Lets go of the page at hand, and says which one an iteration asks for next; `None` where it is over.
    pub(crate) fn turn(&mut self) -> Option<Result<Position>> {
        self.items = Vec::new().into_iter();
        if self.is_over {
            return None;
        }
        let position = self.position_of_next();
        self.is_over = !matches!(position, Some(Ok(_)));
        position
    }

    /// Takes in the page an iteration asked for.
    pub(crate) fn take_in(&mut self, fetched: Result<Fetched<I>>) -> Result<()> {
        match fetched {
            Ok(fetched) => {
                let (page, _) = self.move_on(fetched);
                self.items = page.results.into_iter();
                Ok(())
            }
            Err(error) => {
                self.is_over = true;
                Err(error)
            }
        }
    }

    /// The page to ask for next; `None` after the last page.
    fn position_of_next(&self) -> Option<Result<Position>> {
        match &self.next {
            Next::Page(position) if position.number == Some(0) => {
                Some(Err(Error::invalid("page", "is 0; the first page is 1")))
            }
            Next::Page(position) => Some(Ok(*position)),
            Next::Broken(error) => Some(Err(Error::Decode(Box::new(error.clone())))),
            Next::End => None,
        }
    }

    fn move_on(&mut self, fetched: Fetched<I>) -> (Page<I>, Response) {
        let Fetched { page, response, call, next } = fetched;
        self.total = page.count.or(self.total);
        self.next = next;
        self.empty = if page.results.is_empty() { self.empty + 1 } else { 0 };
        if self.empty > MOST_EMPTY_PAGES && matches!(self.next, Next::Page(_)) {
            let key = &self.source.client.inner.config.key;
            let message = "names a next page again, after a hundred pages without results";
            self.next = Next::Broken(response.unexpected(call, "next", message, key));
        }
        (page, response)
    }
}

#[maybe_async]
impl<I: DeserializeOwned, T: Transport, S: ResponseMode> Pages<I, T, S> {
    /// Fetches the next page; `None` after the last one.
    ///
    /// After an error the same page is asked for again. What an iteration has left of its page is passed over.
    ///
    /// # Errors
    /// As any call; [`Error::Decode`] for an answer that is no page, and in place of a page whose link can't be
    /// used; [`Error::Api`] with 404 for a page beyond the end, as when items were deleted meanwhile.
    ///
    #[doc = example!(
    "use mem0::Filter;

let mut pages = client.get_all(Filter::user(\"alice\"))?;
while let Some(page) = pages.next_page()" await "? {
    println!(\"{} of {:?}\", page.results.len(), page.count);
}"
    )]
    pub async fn next_page(&mut self) -> Result<Option<S::Of<Page<I>>>> {
        self.fetching.stop();
        self.items = Vec::new().into_iter();
        let Some(position) = self.position_of_next().transpose()? else { return Ok(None) };
        let fetched = self.source.fetch(position).await?;
        let (page, response) = self.move_on(fetched);
        let key = &self.source.client.inner.config.key;
        Ok(Some(S::convert(page, |page| response.along_with(page, key))))
    }

    /// The next item, from the next page where this one is used up; `None` after the last item, and after an
    /// error.
    pub async fn next_item(&mut self) -> Option<Result<I>> {
        self.fetching.stop();
        loop {
            if let Some(item) = self.take_item() {
                return Some(Ok(item));
            }
            let position = match self.turn()? {
                Ok(position) => position,
                Err(error) => return Some(Err(error)),
            };
            let fetched = self.source.fetch(position).await;
            if let Err(error) = self.take_in(fetched) {
                return Some(Err(error));
            }
        }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> Source<T, S> {
    /// Fetches the page at a position, in smaller pages where it is larger than the body limit.
    pub(crate) async fn fetch<I: DeserializeOwned>(&self, mut position: Position) -> Result<Fetched<I>> {
        loop {
            match self.ask(position).await {
                Err(Error::TooLarge(error)) => match self.size.smaller(position) {
                    Some(smaller) => position = smaller,
                    None => return Err(Error::TooLarge(error)),
                },
                outcome => return outcome,
            }
        }
    }

    /// Sends one request. The link of the answer is looked at here and told of when the next page is wanted.
    async fn ask<I: DeserializeOwned>(&self, position: Position) -> Result<Fetched<I>> {
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
        // Otherwise its number would stand for other items.
        if position.size.is_some_and(|size| length > size) {
            let message = "holds more than the smaller page that was asked for";
            let error = response.unexpected(call, "results", message, key);
            return Err(Error::Decode(Box::new(error)));
        }
        let number = position.number.unwrap_or(1);
        let next = match page.next.as_deref().map(|link| number_of_next_page(link, number)) {
            None => Next::End,
            Some(Ok(number)) => {
                let has_room = response.body().len() <= request.body_limit() / 4;
                Next::Page(position.followed_by(number, length, has_room))
            }
            Some(Err(message)) => Next::Broken(response.unexpected(call.clone(), "next", message, key)),
        };
        Ok(Fetched { page, response, call, next })
    }
}

/// No part of it is ever pinned.
impl<I, T, S> Unpin for Pages<I, T, S> {}

impl<I, T, S> fmt::Debug for Pages<I, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.source.template)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
