//! Visibility of expired, superseded and merged memories.

use rusqlite::types::Value as Cell;

use crate::filter::time_range;
use crate::store::condition::Condition;

/// Selection among the memories that match a filter. See `docs/platform-api.md#expiration` and
/// `docs/platform-api.md#superseded-and-merged-memories`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visibility {
    /// Whether expired memories are included.
    pub(crate) expired: bool,
    /// Whether only memories are included that are neither superseded nor merged. Takes precedence over `merged`.
    pub(crate) latest_only: bool,
    /// Whether memories that were merged into another are included.
    pub(crate) merged: bool,
}

impl Visibility {
    /// Returns the SQL condition at a time in microseconds since 1970.
    pub(crate) fn condition(self, now: i64) -> Condition {
        let state = match self {
            Self { latest_only: true, .. } => {
                Some(Condition::without_parameters("memories.lifecycle_state = 'active'"))
            }
            Self { merged: true, .. } => None,
            Self { .. } => Some(Condition::without_parameters("memories.lifecycle_state <> 'merged'")),
        };
        let alive = (!self.expired).then(|| {
            // A value that is not a date never expires.
            let sql = "(memories.expiration_date IS NULL OR memories.expiration_date >= ? \
                       OR date(memories.expiration_date) IS NOT memories.expiration_date)";
            Condition::new(sql, [Cell::Text(time_range::format_date(now))])
        });
        Condition::all(state.into_iter().chain(alive))
    }
}
