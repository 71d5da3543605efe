//! Memories that a read shows beside its filter.

use rusqlite::types::Value as Cell;

use crate::filter::moment;
use crate::store::condition::Condition;

/// Which memories a read shows, beside those that its filter matches (memory semantics 4.1 and 5.6).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visibility {
    /// Those too whose last day is over.
    pub(crate) expired: bool,
    /// Those only that nothing has superseded or merged. Wins over `merged`.
    pub(crate) latest_only: bool,
    /// Those too that were merged into another.
    pub(crate) merged: bool,
}

impl Visibility {
    /// As a condition, at that time: microseconds since 1970.
    pub(crate) fn condition(self, now: i64) -> Condition {
        let state = match self {
            Self { latest_only: true, .. } => {
                Some(Condition::without_parameters("memories.lifecycle_state = 'active'"))
            }
            Self { merged: true, .. } => None,
            Self { .. } => Some(Condition::without_parameters("memories.lifecycle_state <> 'merged'")),
        };
        let alive = (!self.expired).then(|| {
            // What is no date never comes to its end.
            let sql = "(memories.expiration_date IS NULL OR memories.expiration_date >= ? \
                       OR date(memories.expiration_date) IS NOT memories.expiration_date)";
            Condition::new(sql, [Cell::Text(moment::day(now))])
        });
        Condition::all(state.into_iter().chain(alive))
    }
}
