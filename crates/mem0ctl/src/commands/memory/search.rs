//! `mem0ctl memory search`.

use clap::Args;
use mem0::SearchMemories;

use crate::commands::memory::scope::FilterArgs;
use crate::failure::Outcome;
use crate::input;
use crate::output::Column;
use crate::session::Session;

/// Arguments of `memory search`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory search 'what does she eat?' --user-id alice
  mem0ctl memory search tea --user-id alice --top-k 3 --threshold 0.3 --rerank
  mem0ctl memory search tea --user-id '*' --category food --since 2026-01-01")]
#[allow(clippy::struct_excessive_bools)] // Each is a flag.
pub(crate) struct Search {
    /// Query, - for stdin, or @FILE
    #[arg(value_name = "QUERY|-|@FILE")]
    query: Option<String>,
    /// Maximum number of memories, up to 1000 [default: 10]
    #[arg(long, short = 'k', value_name = "NUMBER", visible_alias = "limit")]
    top_k: Option<u32>,
    /// Minimum score, from 0 (no minimum) to 1 [default: 0.1]
    #[arg(long, value_name = "SCORE")]
    threshold: Option<f64>,
    /// Rerank the results
    #[arg(long)]
    rerank: bool,
    /// Search by keywords instead of by meaning
    #[arg(long)]
    keyword: bool,
    /// Fields of the memories to request
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    fields: Vec<String>,
    /// Include expired memories
    #[arg(long)]
    show_expired: bool,
    /// Leave out memories that newer ones replaced
    #[arg(long)]
    latest_only: bool,
    /// Reference time for words such as 'yesterday'
    #[arg(long, value_name = "TIME")]
    reference_date: Option<String>,
    #[command(flatten)]
    matching: FilterArgs,
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
    let query = input::text_or_piped(search.query.as_deref(), "query")?;
    let mut request = SearchMemories::new(query, filter);
    if let Some(number) = search.top_k {
        request = request.top_k(number);
    }
    if let Some(score) = search.threshold {
        request = request.threshold(score);
    }
    if search.rerank {
        request = request.rerank(true);
    }
    if search.keyword {
        request = request.keyword_search(true);
    }
    if !search.fields.is_empty() {
        request = request.fields(&search.fields);
    }
    if search.show_expired {
        request = request.show_expired(true);
    }
    if search.latest_only {
        request = request.latest_only(true);
    }
    if let Some(time) = &search.reference_date {
        request = request.reference_date(time.as_str());
    }
    let results = session.project_client()?.search(request)?.results;
    session.output.list(&results, COLUMNS, || format!("No matching memories in {}.", session.project_title()))
}
