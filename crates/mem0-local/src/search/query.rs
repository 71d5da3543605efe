//! Search queries and their hits.

use std::collections::HashSet;

use rusqlite::{Connection, Result, params_from_iter};
use serde_json::Value;

use crate::search::decay;
use crate::search::run::SearchRun;
use crate::search::scope::Scope;
use crate::store::accesses;
use crate::store::condition::{Condition, in_project};
use crate::store::index;
use crate::store::keys::ProjectScope;
use crate::store::memories::{self, COLUMNS, Memory};

/// Minimum number of hits that decay reorders, and number for each requested result.
const DECAY_POOL: usize = 50;
const DECAY_POOL_FACTOR: usize = 3;

/// Query of a search.
pub(crate) struct SearchQuery<'a> {
    pub(crate) project: ProjectScope<'a>,
    pub(crate) text: String,
    /// Condition that every hit meets.
    pub(crate) condition: Condition,
    /// Owners that the condition allows.
    pub(crate) scope: Scope,
    /// Minimum score, before decay. With 0, memories without any of the words follow the hits.
    pub(crate) threshold: f64,
    pub(crate) top_k: usize,
    /// Whether a word that no memory contains is taken literally. Otherwise it matches longer words that start with
    /// it.
    pub(crate) is_literal: bool,
    /// Whether decay applies and accesses are recorded.
    pub(crate) has_decay: bool,
    /// Fields of the results, in addition to `id`; `None` for all.
    pub(crate) fields: Option<Vec<String>>,
    /// Body of the request, for the event.
    pub(crate) payload: Value,
}

impl SearchQuery<'_> {
    /// Number of memories that are needed before decay reorders them.
    pub(super) fn limit(&self) -> usize {
        if self.has_decay { DECAY_POOL.max(DECAY_POOL_FACTOR * self.top_k) } else { self.top_k }
    }
}

/// Memory with its score.
pub(crate) struct Hit {
    pub(crate) memory: Memory,
    /// Between 0 and 1.
    pub(crate) score: f64,
}

/// Hits of a query, best first; equal scores latest first. `now` is in microseconds since 1970.
pub(crate) fn find(connection: &Connection, query: &SearchQuery<'_>, now: i64) -> Result<Vec<Hit>> {
    let mut hits = match index::project_size(connection, query.project)? {
        Some(size) if size.memories > 0 => SearchRun::new(connection, query, size)?.hits()?,
        _ => Vec::new(),
    };
    hits.retain(|hit| hit.score >= query.threshold);
    hits.sort_by(|one, other| {
        let key = |hit: &Hit| hit.memory.created_at;
        let by_time =
            || key(other).cmp(&key(one)).then_with(|| one.memory.memory_id.cmp(&other.memory.memory_id));
        other.score.total_cmp(&one.score).then_with(by_time)
    });
    hits.truncate(query.limit());
    if query.threshold <= 0.0 && hits.len() < query.limit() {
        add_other_memories(connection, query, &mut hits)?;
    }
    if query.has_decay {
        apply_decay(connection, query, &mut hits, now)?;
    }
    Ok(hits)
}

/// Adds the latest memories without any of the words.
fn add_other_memories(connection: &Connection, query: &SearchQuery<'_>, hits: &mut Vec<Hit>) -> Result<()> {
    let condition = in_project(query.project).and(query.condition.clone());
    let known: HashSet<i64> = hits.iter().map(|hit| hit.memory.number).collect();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM memories WHERE {} ORDER BY memories.created_at DESC, memories.memory_id",
        condition.sql
    ))?;
    let mut rows = statement.query(params_from_iter(condition.parameters))?;
    while hits.len() < query.limit()
        && let Some(row) = rows.next()?
    {
        if !known.contains(&row.get(0)?) {
            hits.push(Hit { memory: memories::read(row)?, score: 0.0 });
        }
    }
    Ok(())
}

/// Multiplies the scores by the decay factors, and keeps the best. Equal products keep the order of the hits.
fn apply_decay(
    connection: &Connection,
    query: &SearchQuery<'_>,
    hits: &mut Vec<Hit>,
    now: i64,
) -> Result<()> {
    for Hit { memory, score } in &mut *hits {
        let accesses = accesses::of(connection, memory.number)?;
        *score *= decay::factor(&accesses, memory.event_date, memory.updated_at, now);
    }
    hits.sort_by(|one, other| other.score.total_cmp(&one.score));
    hits.truncate(query.top_k);
    for hit in hits {
        hit.score = hit.score.clamp(0.0, 1.0);
    }
    Ok(())
}
