//! Paginated lists.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::vec;

use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::page_source::{FetchedPage, Next, Source};
use super::{DefaultTransport, MemoryClient, PendingPage, Transport, maybe_async};
use crate::client::page_position::{DEFAULT_SIZE, MAX_SIZE, PageSize, Position};
use crate::client::request::Request;
use crate::client::response::Response;
use crate::client::response_mode::{ResponseMode, ValueOnly};
use crate::error::{DecodeError, Error, Result};
use crate::redact::redact_all;
use crate::types::Page;

/// Maximum number of consecutive pages without results. Protects from a server that always names a next page.
const MAX_EMPTY_PAGES: u32 = 100;

/// A paginated list, requested page by page while it is read. Creating it sends nothing.
///
/// There are three ways to read it:
///
/// * item by item, as an `Iterator` of the blocking client or a `Stream` of the async one,
/// * item by item, with [`next_item`](Self::next_item), in both,
/// * page by page, with [`next_page`](Self::next_page), in both.
///
/// [`limit`](Self::limit) ends the list early, [`page_size`](Self::page_size) sets the number of items per request, and
/// [`starting_at`](Self::starting_at) the first page.
///
/// Each item is a `Result`. An error is the last item: an iteration that ends without an error has returned every item.
/// One page is held in memory at a time; the next one is requested after the last item of the current one.
///
/// Only the page number is read from the server's link to the next page; the link is never followed. A link without a
/// number, or with one that does not advance, is an [`Error::Decode`] in place of the next page. The error names the
/// call whose response contained the link.
///
/// Each page is one call with its own timeouts and retries.
///
/// A page whose body is larger than the client's `body_limit` is requested again in smaller pages, down to a single
/// item, without skipping or repeating an item; pages grow again when items are smaller. Only a single item over the
/// limit is an [`Error::TooLarge`]. A [raw request](super::RawRequest::pages) needs a `page_size` in its query for
/// this.
///
#[doc = example!(
"use mem0::Filter;

let mut memories = client.get_all(Filter::user(\"alice\"))?;
while let Some(memory) = memories.next_item()" await " {
    println!(\"{:?}\", memory?.memory);
}
println!(\"{:?} memories in total\", memories.total());"
)]
///
/// # Collecting the items
///
#[doc = flavour!(
    "`collect` into a `Result` returns all items, or the first error:",
    "`try_collect` of `TryStreamExt`, from the crate `futures-util` or `futures`, returns all items, or the first error:"
)]
///
#[doc = example!(
["use mem0::{Filter, Memory};", "use futures_util::TryStreamExt;
use mem0::{Filter, Memory};"]
"

let memories = client.get_all(Filter::user(\"alice\"))?.limit(500);
"
["let memories = memories.collect::<mem0::Result<Vec<Memory>>>()?;",
 "let memories: Vec<Memory> = memories.try_collect().await?;"]
"
println!(\"{} memories\", memories.len());"
)]
///
/// # Deleting while iterating
///
/// The server counts pages from the start of the list at the time of each request. Deleting the items of page 1 moves
/// the items of page 2 up into page 1, and the request for page 2 returns the former page 3: the items in between are
/// skipped without an error, or the list ends early with 404. In the same way, adding an item during an iteration may
/// make another one appear twice.
///
/// To delete all memories of a user, [`delete_all`](MemoryClient::delete_all) needs no list. Otherwise, collect the ids
/// first, then delete. `examples/delete_old_memories.rs` does both:
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
// Each is a state of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct Pages<I, T = DefaultTransport, S = ValueOnly> {
    pub(crate) source: Arc<Source<T, S>>,
    next: Next,
    total: Option<u64>,
    /// Rest of the current page.
    items: vec::IntoIter<I>,
    consecutive_empty: u32,
    /// Whether an iteration has returned an error.
    is_finished: bool,
    /// Number of items that may still be returned; `None` without a limit.
    remaining: Option<u64>,
    /// Whether a page has been requested.
    has_begun: bool,
    /// Whether the page size is that of the limit.
    is_size_lowered: bool,
    /// Whether the rest of the current page is what a limit cut off.
    is_cut: bool,
    /// Invalid setting, which every read reports: its name, and the problem.
    invalid: Option<(&'static str, &'static str)>,
    pub(crate) pending: PendingPage<FetchedPage<I>>,
}

impl<I, T: Transport, S: ResponseMode> Pages<I, T, S> {
    /// Pages of the request `template`, which has no query yet. They start at `page`, or at the platform's first page.
    /// `query` is sent for each page; `size` is the name of the page size parameter, if the route has one.
    pub(super) fn new(
        client: MemoryClient<T, S>,
        template: Request,
        page: Option<u64>,
        query: Vec<(Cow<'static, str>, String)>,
        size: Option<&'static str>,
    ) -> Self {
        let requested = query.iter().find(|(name, _)| Some(name.as_ref()) == size);
        let size = PageSize::new(size, requested.and_then(|(_, value)| value.parse().ok()));
        Self {
            source: Arc::new(Source { client, template, query, size }),
            next: Next::Page(Position::at(page)),
            total: None,
            items: Vec::new().into_iter(),
            consecutive_empty: 0,
            is_finished: false,
            remaining: None,
            has_begun: false,
            is_size_lowered: false,
            is_cut: false,
            invalid: None,
            pending: PendingPage::default(),
        }
    }

    /// Starts at this page; the first one is 1. For zero, the first read fails with [`Error::Invalid`].
    ///
    /// If that page is larger than the body limit, its position is calculated from the requested page size and the
    /// platform's maximum of 200. For a server with a lower maximum, start at page 1.
    pub fn starting_at(mut self, page: u64) -> Self {
        if self.is_size_lowered {
            // The page counts in pages of the default size.
            self.set_page_size(None);
        }
        Self {
            next: Next::Page(Position::at(Some(page))),
            items: Vec::new().into_iter(),
            is_finished: false,
            has_begun: false,
            is_size_lowered: false,
            is_cut: false,
            pending: PendingPage::default(),
            ..self
        }
    }

    /// Sets the maximum number of items to return from here on, over all pages. [`next_page`](Self::next_page) cuts the
    /// last page. For zero, the first read fails with [`Error::Invalid`].
    ///
    /// A limit below 100 also lowers the page size to the limit, so that no more items are requested than needed. This
    /// applies to lists that start at page 1, if no page size is set and the list has one.
    ///
    /// A later limit counts from where it is set. If the old one has cut a page, the rest of that page is read with
    /// [`next_item`](Self::next_item); `next_page` fails with [`Error::Invalid`] until then.
    ///
    /// [`total`](Self::total) stays the number of items of the whole list.
    ///
    #[doc = example!(
    "let mut events = client.events().list()?.limit(20);
while let Some(event) = events.next_item()" await " {
    println!(\"{:?}\", event?.status);
}"
    )]
    pub fn limit(mut self, items: u64) -> Self {
        if items == 0 {
            self.invalid.get_or_insert(("limit", "is 0; expected at least 1"));
            return self;
        }
        self.remaining = Some(items);
        self
    }

    /// Sets the number of items per request, from 1 to 200; the platform's default is 100. Set it before the first page
    /// is requested.
    ///
    /// The lists of memories, entities, events and [changes](MemoryClient::memory_events) have a page size. For a list
    /// without one, such as [`memories_of`](MemoryClient::memories_of), and for a size out of range, the first read fails
    /// with [`Error::Invalid`]. A [raw request](super::RawRequest::pages) has one if its query does.
    ///
    #[doc = example!(
    "let mut entities = client.entities().list()?.page_size(50);
while let Some(page) = entities.next_page()" await "? {
    println!(\"{} of {:?}\", page.results.len(), page.count);
}"
    )]
    pub fn page_size(mut self, items: u32) -> Self {
        let problem = match self.source.size.parameter {
            None => "is not supported by this list; leave it out",
            Some(_) if self.has_begun => "was set after the first page; set it before",
            Some(_) if !(1..=MAX_SIZE).contains(&items.into()) => "is out of range; expected 1 to 200",
            Some(_) => {
                self.set_page_size(Some(items.into()));
                return self;
            }
        };
        self.invalid.get_or_insert(("page_size", problem));
        self
    }

    /// Sets the page size of a list that has one; `None` is the default.
    fn set_page_size(&mut self, size: Option<u64>) {
        let source = Arc::make_mut(&mut self.source);
        let Some(parameter) = source.size.parameter else { return };
        source.query.retain(|(name, _)| name != parameter);
        source.query.extend(size.map(|size| (parameter.into(), size.to_string())));
        source.size = PageSize::new(Some(parameter), size);
    }

    /// Returns the number of items on all pages, as reported by the last page read; `None` before the first one.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Error for an item without a field that the caller needs.
    pub(super) fn missing_field(&self, field: &str, message: &str, item: &impl Serialize) -> Error {
        let template = &self.source.template;
        let method = template.method().clone();
        DecodeError::missing(method, &redact_all(template.path()), StatusCode::OK, field, message, item)
    }

    /// Next item of the current page, up to the limit.
    pub(crate) fn take_item(&mut self) -> Option<I> {
        let remaining = self.remaining.map(|remaining| remaining.checked_sub(1));
        if remaining == Some(None) || self.invalid.is_some() {
            return None;
        }
        let item = self.items.next()?;
        self.remaining = remaining.flatten();
        Some(item)
    }

    /// Returns the position of the page after the current one; `None` at the end of an iteration.
    pub(crate) fn advance(&mut self) -> Option<Result<Position>> {
        if self.is_finished {
            return None;
        }
        let position = self.next_position();
        self.is_finished = matches!(position, Some(Err(_)));
        position
    }

    /// Stores the page that an iteration has fetched.
    pub(crate) fn store_page(&mut self, fetched: Result<FetchedPage<I>>) -> Result<()> {
        match fetched {
            Ok(fetched) => {
                let (page, _) = self.apply_page(fetched);
                self.items = page.results.into_iter();
                Ok(())
            }
            Err(error) => {
                self.is_finished = true;
                Err(error)
            }
        }
    }

    /// Position of the next page; `None` after the last one, and at the limit.
    fn next_position(&mut self) -> Option<Result<Position>> {
        if let Some((field, message)) = self.invalid {
            return Some(Err(Error::invalid(field, message)));
        }
        if self.remaining == Some(0) {
            return None;
        }
        self.begin();
        match &self.next {
            Next::Page(position) if position.number == Some(0) => {
                Some(Err(Error::invalid("page", "is 0; the first page is 1")))
            }
            Next::Page(position) => Some(Ok(*position)),
            Next::Invalid(error) => Some(Err(Error::Decode(Box::new(error.clone())))),
            Next::End => None,
        }
    }

    /// Cuts a page at the limit. The rest is kept for an iteration with a higher limit.
    fn cut(&mut self, results: &mut Vec<I>) {
        let Some(remaining) = self.remaining else { return };
        let len = usize::try_from(remaining).map_or(results.len(), |remaining| remaining.min(results.len()));
        self.is_cut = len < results.len();
        self.items = results.split_off(len).into_iter();
        self.remaining = Some(remaining - len as u64);
    }

    /// Lowers the page size to the limit, once.
    fn begin(&mut self) {
        // Any other page counts in pages of the default size.
        let is_first = matches!(&self.next, Next::Page(position) if position.number.unwrap_or(1) == 1);
        let limit = self.remaining.filter(|limit| *limit < DEFAULT_SIZE);
        if let Some(limit) = limit
            && is_first
            && !self.has_begun
            && self.source.size.requested.is_none()
        {
            self.set_page_size(Some(limit));
            self.is_size_lowered = true;
        }
        self.has_begun = true;
    }

    fn apply_page(&mut self, fetched: FetchedPage<I>) -> (Page<I>, Response) {
        let FetchedPage { page, response, call, next } = fetched;
        self.total = page.count.or(self.total);
        self.next = next;
        self.consecutive_empty = if page.results.is_empty() { self.consecutive_empty + 1 } else { 0 };
        if self.consecutive_empty > MAX_EMPTY_PAGES && matches!(self.next, Next::Page(_)) {
            let key = &self.source.client.inner.config.key;
            let message = "names another page after 100 pages without results";
            self.next = Next::Invalid(response.field_error(call, "next", message, key));
        }
        (page, response)
    }
}

#[maybe_async]
impl<I: DeserializeOwned, T: Transport, S: ResponseMode> Pages<I, T, S> {
    /// Fetches the next page and returns it; `Ok(None)` after the last one.
    ///
    /// The result is a `Result<Option<Page<I>>>` in both clients, which `while let Some(page) = …?` reads. After
    /// [`with_response`](MemoryClient::with_response), it has an [`ApiResponse`](crate::client::ApiResponse) of the page.
    ///
    /// After an error, the next call requests the same page again. The rest of a page that an iteration has begun is
    /// skipped.
    ///
    /// Dropping the future of the async client cancels the request; the next call requests the same page again.
    ///
    /// # Errors
    /// [`Error::Decode`] for a response that is not a page, and in place of a page with an invalid link; [`Error::Api`]
    /// with 404 for a page beyond the end, for example after items were deleted; the errors of every call.
    ///
    #[doc = example!(
    "use mem0::Filter;

let mut pages = client.get_all(Filter::user(\"alice\"))?;
while let Some(page) = pages.next_page()" await "? {
    println!(\"{} of {:?}\", page.results.len(), page.count);
}"
    )]
    pub async fn next_page(&mut self) -> Result<Option<S::Of<Page<I>>>> {
        self.pending.cancel();
        let Some(position) = self.next_position().transpose()? else { return Ok(None) };
        if self.is_cut && self.items.len() > 0 {
            let message = "was raised after it had cut a page; read the rest of that page with `next_item`";
            return Err(Error::invalid("limit", message));
        }
        self.items = Vec::new().into_iter();
        let fetched = self.source.fetch(position).await?;
        let (mut page, response) = self.apply_page(fetched);
        self.cut(&mut page.results);
        let key = &self.source.client.inner.config.key;
        Ok(Some(S::convert(page, |page| response.into_api_response(page, key))))
    }

    /// Returns the next item, and fetches the next page if the current one has no more items; `None` after the last
    /// item, and after an error.
    ///
    /// The result is an `Option<Result<I>>` in both clients, like that of an `Iterator`. The method is the same as `next`
    /// of the blocking client's iterator, and needs no `Stream` extension in the async client.
    ///
    /// Dropping the future of the async client cancels the request and loses no item: the next call requests the same
    /// page again.
    ///
    #[doc = example!(
    "use mem0::Filter;

let mut memories = client.get_all(Filter::user(\"alice\"))?;
while let Some(memory) = memories.next_item()" await " {
    println!(\"{:?}\", memory?.memory);
}"
    )]
    pub async fn next_item(&mut self) -> Option<Result<I>> {
        self.pending.cancel();
        loop {
            if let Some(item) = self.take_item() {
                return Some(Ok(item));
            }
            let position = match self.advance()? {
                Ok(position) => position,
                Err(error) => return Some(Err(error)),
            };
            let fetched = self.source.fetch(position).await;
            if let Err(error) = self.store_page(fetched) {
                return Some(Err(error));
            }
        }
    }
}

/// No field is pinned structurally.
impl<I, T, S> Unpin for Pages<I, T, S> {}

impl<I, T, S> fmt::Debug for Pages<I, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.source.template)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
