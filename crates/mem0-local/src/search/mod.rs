//! Search of memories: ranking, categories and decay.

pub(crate) mod categories;
pub(crate) mod decay;
pub(crate) mod query;
mod run;
pub(crate) mod scope;
mod score;

use std::collections::HashSet;

use rusqlite::{Connection, Result, params_from_iter};

use crate::store::accesses;
use crate::store::condition::in_project;
use crate::store::index;
use crate::store::memories::{self, COLUMNS};
use query::{Hit, SearchQuery};
use run::SearchRun;

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

/// Adds the latest memories that contain none of the words.
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

/// Multiplies the scores by their decay and keeps the best. Equal products keep the order of the hits.
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
