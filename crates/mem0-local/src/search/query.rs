//! A search: what is asked, and the memories found.

use serde_json::Value;

use crate::search::scope::Scope;
use crate::store::condition::Condition;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;

/// Minimum number of hits that decay reorders, and number for each requested result.
const DECAY_POOL: usize = 50;
const DECAY_POOL_FACTOR: usize = 3;

/// The request of a search.
pub(crate) struct SearchQuery<'a> {
    pub(crate) project: ProjectScope<'a>,
    pub(crate) text: String,
    /// Condition that every hit meets.
    pub(crate) condition: Condition,
    /// Owners that the condition allows.
    pub(crate) scope: Scope,
    /// Least score, before decay. With 0, memories without any of the words follow the hits.
    pub(crate) threshold: f64,
    pub(crate) top_k: usize,
    /// Whether a word that no memory has stands only for itself, and not for longer words that begin with it.
    pub(crate) is_literal: bool,
    /// Whether scores fade with time, and hits are touched.
    pub(crate) has_decay: bool,
    /// Fields of the results, beside `id`; `None` for all.
    pub(crate) fields: Option<Vec<String>>,
    /// Body of the request, for the event.
    pub(crate) payload: Value,
}

impl SearchQuery<'_> {
    /// How many memories are needed, before decay reorders them.
    pub(super) fn limit(&self) -> usize {
        if self.has_decay { DECAY_POOL.max(DECAY_POOL_FACTOR * self.top_k) } else { self.top_k }
    }
}

/// A memory that was found.
pub(crate) struct Hit {
    pub(crate) memory: Memory,
    /// Between 0 and 1.
    pub(crate) score: f64,
}
