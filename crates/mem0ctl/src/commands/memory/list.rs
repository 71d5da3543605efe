//! `mem0ctl memory list` and `mem0ctl memory changes`: what comes in pages.

use clap::Args;
use mem0::Memory;
use mem0::blocking::Pages;
use mem0::memories::ListMemories;
use serde::de::DeserializeOwned;

use crate::commands::memory;
use crate::commands::memory::scope::{EntityName, Matching};
use crate::failure::{Failure, Outcome};
use crate::output::Column;
use crate::session::Session;
use crate::wire::Wire;

/// Which memories, and how many.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory list --user-id alice
  mem0ctl memory list --user-id '*' --category food --metadata plan=pro --limit 20
  mem0ctl memory list --filter '{\"OR\": [{\"user_id\": \"alice\"}, {\"agent_id\": \"butler\"}]}'
  mem0ctl memory list --entity user/alice --output jsonl > alice.jsonl

As for an export and a copy: without anybody named, here or in the environment, all memories of the
project.")]
pub(crate) struct List {
    /// How many memories at most; all of them without it
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Memories per request, up to 200 [default: 100]; fewer where a page of them is larger than
    /// --body-limit
    #[arg(long, value_name = "NUMBER", conflicts_with = "entity")]
    page_size: Option<u32>,
    /// Only this page, the first of which is 1
    #[arg(long, value_name = "NUMBER")]
    page: Option<u64>,
    /// Only memories with these words
    #[arg(long, value_name = "WORDS", conflicts_with = "entity")]
    keywords: Option<String>,
    /// Only these fields of the memories
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "entity")]
    fields: Vec<String>,
    /// Expired memories too
    #[arg(long, conflicts_with = "entity")]
    show_expired: bool,
    /// No memories that others have taken the place of
    #[arg(long, conflicts_with = "entity")]
    latest_only: bool,
    /// The memories of one user, agent, app or run, in place of a filter
    #[arg(long, value_name = "KIND/ID", conflicts_with_all = ["Scope", "Matching"])]
    entity: Option<EntityName>,
    #[command(flatten)]
    matching: Matching,
}

/// How many entries.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory changes --limit 20
  mem0ctl memory changes --output jsonl")]
pub(crate) struct Changes {
    /// How many entries at most; all of them without it
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// How many entries a request asks for; the platform gives 100
    #[arg(long, value_name = "NUMBER")]
    page_size: Option<u32>,
}

const CHANGES: &[Column] =
    &[("MEMORY ID", "/memory_id"), ("WHEN", "/created_at"), ("EVENT", "/event"), ("MEMORY", "/new_memory")];

/// How many memories the platform puts on a page unless it is told.
const USUAL_PAGE: u64 = 100;

pub(crate) fn run(list: &List, session: &Session) -> Outcome {
    let mut limit = list.limit;
    if list.page.is_some() {
        let size = list.page_size.map_or(USUAL_PAGE, u64::from);
        limit = Some(limit.map_or(size, |limit| limit.min(size)));
    }
    if let Some(EntityName { kind, id }) = &list.entity {
        let pages = session.own()?.memories_of(kind.clone(), id)?;
        let pages = match list.page {
            Some(page) => pages.starting_at(page),
            None => pages,
        };
        return stream(session, pages, limit, memory::COLUMNS);
    }
    let mut asked = ListMemories::new(list.matching.filter_told(session)?);
    // What is not wanted is not asked for.
    let few = limit.filter(|limit| *limit < USUAL_PAGE && list.page.is_none());
    if let Some(size) = list.page_size.or(few.and_then(|few| few.try_into().ok())) {
        asked = asked.page_size(size);
    }
    if let Some(page) = list.page {
        asked = asked.page(page);
    }
    if let Some(words) = &list.keywords {
        asked = asked.keywords(words);
    }
    if !list.fields.is_empty() {
        asked = asked.fields(&list.fields);
    }
    if list.show_expired {
        asked = asked.show_expired(true);
    }
    if list.latest_only {
        asked = asked.latest_only(true);
    }
    let pages: Pages<Memory, Wire> = session.own()?.get_all(asked)?;
    stream(session, pages, limit, memory::COLUMNS)
}

pub(crate) fn changes(changes: &Changes, session: &Session) -> Outcome {
    let few = changes.limit.filter(|limit| *limit < USUAL_PAGE);
    let size = changes.page_size.or(few.and_then(|few| few.try_into().ok()));
    stream(session, session.own()?.memory_events(size)?, changes.limit, CHANGES)
}

/// Prints what comes in pages, up to so many.
pub(crate) fn stream<I: DeserializeOwned + serde::Serialize>(
    session: &Session,
    pages: Pages<I, Wire>,
    limit: Option<u64>,
    columns: &[Column],
) -> Outcome {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    session.output.stream(pages.take(limit).map(|item| item.map_err(Failure::from)), columns)
}
