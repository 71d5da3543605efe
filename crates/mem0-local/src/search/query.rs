//! Search queries and their hits.

use serde_json::Value;

use crate::search::scope::Scope;
use crate::store::condition::Condition;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;

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
