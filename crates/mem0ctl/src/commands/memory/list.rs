//! `mem0ctl memory list` and `mem0ctl memory changes`: paginated lists.

use clap::Args;
use mem0::Memory;
use mem0::blocking::Pages;
use mem0::memories::ListMemories;
use serde::de::DeserializeOwned;

use crate::commands::memory;
use crate::commands::memory::scope::{EntityName, FilterArgs};
use crate::failure::{Failure, Outcome};
use crate::output::Column;
use crate::session::Session;

/// Arguments of `memory list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory list --user-id alice
  mem0ctl memory list --user-id '*' --category food --limit 20
  mem0ctl memory list --filter '{\"OR\": [{\"user_id\": \"ann\"}, {\"run_id\": \"7\"}]}'
  mem0ctl memory list --entity user/alice --output jsonl > alice.jsonl

Lists all memories of the project unless options or the environment name an
owner, as `memory export` and `memory copy` do.")]
pub(crate) struct List {
    /// Maximum number of memories (default: all)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Memories per request, up to 200; fewer if a page exceeds --body-limit
    /// [default: 100]
    #[arg(long, value_name = "NUMBER", conflicts_with = "entity")]
    page_size: Option<u32>,
    /// Page to list, starting at 1
    #[arg(long, value_name = "NUMBER")]
    page: Option<u64>,
    /// List only memories that contain these words
    #[arg(long, value_name = "WORDS", conflicts_with = "entity")]
    keywords: Option<String>,
    /// Fields of the memories to request
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', conflicts_with = "entity")]
    fields: Vec<String>,
    /// Include expired memories
    #[arg(long, conflicts_with = "entity")]
    show_expired: bool,
    /// Leave out memories that newer ones replaced
    #[arg(long, conflicts_with = "entity")]
    latest_only: bool,
    /// Entity whose memories to list, such as user/alice; excludes a filter
    #[arg(long, value_name = "KIND/ID", conflicts_with_all = ["EntityArgs", "FilterArgs"])]
    entity: Option<EntityName>,
    #[command(flatten)]
    matching: FilterArgs,
}

/// Arguments of `memory changes`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory changes --limit 20
  mem0ctl memory changes --output jsonl")]
pub(crate) struct Changes {
    /// Maximum number of entries (default: all)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Entries per request, up to 200 [default: 100]
    #[arg(long, value_name = "NUMBER")]
    page_size: Option<u32>,
}

const CHANGES: &[Column] =
    &[("MEMORY ID", "/memory_id"), ("WHEN", "/created_at"), ("EVENT", "/event"), ("MEMORY", "/new_memory")];

/// Default page size of the platform.
const DEFAULT_PAGE_SIZE: u64 = 100;

pub(crate) fn run(list: &List, session: &Session) -> Outcome {
    let mut limit = list.limit;
    if list.page.is_some() {
        let size = list.page_size.map_or(DEFAULT_PAGE_SIZE, u64::from);
        limit = Some(limit.map_or(size, |limit| limit.min(size)));
    }
    if let Some(EntityName { kind, id }) = &list.entity {
        let pages = session.project_client()?.memories_of(kind.clone(), id)?;
        let pages = match list.page {
            Some(page) => pages.starting_at(page),
            None => pages,
        };
        return stream(session, pages, limit, memory::COLUMNS, "memories");
    }
    let mut request = ListMemories::new(list.matching.filter_with_note(session)?);
    if let Some(size) = list.page_size {
        request = request.page_size(size);
    }
    if let Some(page) = list.page {
        request = request.page(page);
    }
    if let Some(words) = &list.keywords {
        request = request.keywords(words);
    }
    if !list.fields.is_empty() {
        request = request.fields(&list.fields);
    }
    if list.show_expired {
        request = request.show_expired(true);
    }
    if list.latest_only {
        request = request.latest_only(true);
    }
    let pages: Pages<Memory> = session.project_client()?.get_all(request)?;
    stream(session, pages, limit, memory::COLUMNS, "memories")
}

pub(crate) fn changes(changes: &Changes, session: &Session) -> Outcome {
    let mut pages = session.project_client()?.memory_events()?;
    if let Some(size) = changes.page_size {
        pages = pages.page_size(size);
    }
    stream(session, pages, changes.limit, CHANGES, "changes")
}

/// Prints a paginated list up to a limit. `nouns` names the items of an empty list.
pub(crate) fn stream<I: DeserializeOwned + serde::Serialize>(
    session: &Session,
    pages: Pages<I>,
    limit: Option<u64>,
    columns: &[Column],
    nouns: &str,
) -> Outcome {
    let pages = match limit {
        Some(limit) => pages.limit(limit),
        None => pages,
    };
    let empty = || format!("No {nouns} in {}.", session.project_title());
    session.output.stream(pages.map(|item| item.map_err(Failure::from)), columns, empty)
}
