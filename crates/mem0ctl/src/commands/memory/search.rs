//! `mem0ctl memory search`.

use clap::Args;
use mem0::SearchMemories;

use crate::commands::memory::scope::Matching;
use crate::failure::Outcome;
use crate::input::argument;
use crate::output::Column;
use crate::session::Session;

/// What to search for, and where.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory search 'what does she eat?' --user-id alice
  mem0ctl memory search tea --user-id alice --top-k 3 --threshold 0.3 --rerank
  mem0ctl memory search tea --user-id '*' --category food --since 2026-01-01 --output json")]
#[allow(clippy::struct_excessive_bools)] // As many switches as the platform has.
pub(crate) struct Search {
    /// What to search for: a text, - for what is on stdin, or @FILE
    #[arg(value_name = "QUERY|-|@FILE")]
    query: Option<String>,
    /// How many memories at most, up to 1000; the platform gives 10
    #[arg(long, short = 'k', value_name = "NUMBER", visible_alias = "limit")]
    top_k: Option<u32>,
    /// The least score, from 0 to 1; the platform's is 0.1, and 0 has none
    #[arg(long, value_name = "SCORE")]
    threshold: Option<f64>,
    /// Look at what was found a second time, for a better order
    #[arg(long)]
    rerank: bool,
    /// Search by words, rather than by meaning
    #[arg(long)]
    keyword: bool,
    /// Only these fields of the memories
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    fields: Vec<String>,
    /// Expired memories too
    #[arg(long)]
    show_expired: bool,
    /// No memories that others have taken the place of
    #[arg(long)]
    latest_only: bool,
    /// What 'yesterday' and its like are reckoned from
    #[arg(long, value_name = "MOMENT")]
    reference_date: Option<String>,
    #[command(flatten)]
    matching: Matching,
}

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("SCORE", "/score"),
    ("MEMORY", "/memory"),
    ("CATEGORIES", "/categories"),
    ("CREATED", "/created_at"),
];

pub(crate) fn run(search: &Search, session: &Session) -> Outcome {
    let filter = search.matching.filter()?;
    let query = argument::text_or_piped(search.query.as_deref(), "query")?;
    let mut asked = SearchMemories::new(query, filter);
    if let Some(number) = search.top_k {
        asked = asked.top_k(number);
    }
    if let Some(score) = search.threshold {
        asked = asked.threshold(score);
    }
    if search.rerank {
        asked = asked.rerank(true);
    }
    if search.keyword {
        asked = asked.keyword_search(true);
    }
    if !search.fields.is_empty() {
        asked = asked.fields(&search.fields);
    }
    if search.show_expired {
        asked = asked.show_expired(true);
    }
    if search.latest_only {
        asked = asked.latest_only(true);
    }
    if let Some(moment) = &search.reference_date {
        asked = asked.reference_date(moment.as_str());
    }
    session.output.list(&session.own()?.search(asked)?.results, COLUMNS)
}
