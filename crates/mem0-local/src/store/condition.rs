//! Conditions of the database, and how they combine.

use rusqlite::types::Value as Cell;

use crate::store::keys::ProjectScope;

/// A condition on the table `memories`, as SQL with a mark `?` for each parameter, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Cell>,
}

impl Condition {
    pub(crate) fn new(sql: impl Into<String>, parameters: impl IntoIterator<Item = Cell>) -> Self {
        Self { sql: sql.into(), parameters: parameters.into_iter().collect() }
    }

    /// What needs no parameter.
    pub(crate) fn plain(sql: impl Into<String>) -> Self {
        Self::new(sql, [])
    }

    /// All of them are to hold; without any, that is true.
    pub(crate) fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(conditions, " AND ", "1")
    }

    /// One of them is to hold; without any, that is false.
    pub(crate) fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(conditions, " OR ", "0")
    }

    /// It is not to hold: a memory for which it is null is in.
    pub(crate) fn negated(self) -> Self {
        Self { sql: format!("(({}) IS NOT TRUE)", self.sql), parameters: self.parameters }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    fn joined(conditions: impl IntoIterator<Item = Self>, operator: &str, none: &str) -> Self {
        let mut conditions: Vec<Self> = conditions.into_iter().collect();
        match conditions.len() {
            0 => Self::plain(none),
            1 => conditions.remove(0),
            _ => {
                let terms: Vec<&str> = conditions.iter().map(|condition| condition.sql.as_str()).collect();
                let sql = format!("({})", terms.join(operator));
                Self::new(sql, conditions.into_iter().flat_map(|condition| condition.parameters))
            }
        }
    }
}

/// The memories of a project. It is bound to the organization too, once for the whole statement, so that an
/// index on the project alone can answer.
pub(crate) fn in_project(scope: ProjectScope<'_>) -> Condition {
    let sql = "memories.project_id = (SELECT projects.project_id FROM projects \
               WHERE projects.org_id = ? AND projects.project_id = ?)";
    Condition::new(sql, [scope.org_id, scope.project_id].map(|id| Cell::Text(id.to_owned())))
}
