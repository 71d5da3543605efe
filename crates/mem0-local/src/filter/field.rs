//! Fields of a filter: their operators, values and SQL.

use rusqlite::types::Value as Cell;
use serde_json::Value;

use crate::filter::error::FilterError;
use crate::filter::time_range::{self, TimeRange};
use crate::store::condition::Condition;
use crate::store::functions::folded;

/// Maximum number of values that are bound as single parameters, for which the database uses an index. Longer lists are
/// passed as one JSON array.
const MAX_BOUND_VALUES: usize = 20;

/// A field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `user_id`, `agent_id`, `app_id` or `run_id`, with its column.
    Entity(&'static str),
    /// A time, with its name and its column.
    Time(&'static str, &'static str),
    ExpirationDate,
    Categories,
    Metadata,
    Keywords,
    MemoryIds,
    /// A field that the platform accepts without documenting it.
    Unsupported(&'static str),
}

impl Field {
    pub(super) fn of(key: &str) -> Option<Self> {
        Some(match key {
            "user_id" => Self::Entity("user_id"),
            "agent_id" => Self::Entity("agent_id"),
            "app_id" => Self::Entity("app_id"),
            "run_id" => Self::Entity("run_id"),
            "created_at" => Self::Time("created_at", "created_at"),
            "updated_at" => Self::Time("updated_at", "updated_at"),
            // The `timestamp` of an add is the creation time of its memories.
            "timestamp" => Self::Time("timestamp", "created_at"),
            "expiration_date" => Self::ExpirationDate,
            "categories" => Self::Categories,
            "metadata" => Self::Metadata,
            "keywords" => Self::Keywords,
            "memory_ids" => Self::MemoryIds,
            "text" => Self::Unsupported("text"),
            "keywords_search" => Self::Unsupported("keywords_search"),
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Entity(name) | Self::Time(name, _) | Self::Unsupported(name) => name,
            Self::ExpirationDate => "expiration_date",
            Self::Categories => "categories",
            Self::Metadata => "metadata",
            Self::Keywords => "keywords",
            Self::MemoryIds => "memory_ids",
        }
    }

    /// Returns the supported operators. Those of metadata apply to one of its keys.
    pub(super) fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Entity(_) => &["eq", "ne", "in"],
            Self::Time(..) | Self::ExpirationDate => &["gt", "gte", "lt", "lte", "ne", "in"],
            Self::Categories => &["in", "contains"],
            Self::Metadata => &["eq", "ne", "contains"],
            Self::Keywords => &["contains", "icontains"],
            Self::MemoryIds => &["in"],
            Self::Unsupported(_) => &[],
        }
    }

    pub(super) fn unsupported_operator(self, operator: &str) -> FilterError {
        match self {
            Self::Unsupported(name) => {
                FilterError::Value(format!("'{name}' is not supported here; it belongs to other endpoints."))
            }
            _ => FilterError::Operator {
                field: self.name(),
                operator: operator.to_owned(),
                supported: self.operators(),
            },
        }
    }

    pub(super) fn is_entity(self) -> bool {
        matches!(self, Self::Entity(_))
    }

    /// Whether the values of its lists are compared as text.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Entity(_) | Self::Categories | Self::MemoryIds)
    }

    /// Whether a bare value (except `*` and null) means equality.
    pub(super) fn has_equality(self) -> bool {
        matches!(self, Self::Entity(_) | Self::Time(..) | Self::ExpirationDate)
    }

    fn column(self) -> Option<&'static str> {
        Some(match self {
            Self::Entity(column) | Self::Time(_, column) => column,
            Self::ExpirationDate => "expiration_date",
            Self::Categories => "categories",
            Self::Metadata => "metadata",
            Self::Keywords | Self::MemoryIds | Self::Unsupported(_) => return None,
        })
    }

    /// Condition that the field is not null; `None` if the field does not support it.
    pub(super) fn is_set(self) -> Option<Condition> {
        let column = self.column()?;
        Some(Condition::without_parameters(match self {
            Self::Categories => {
                "(memories.categories IS NOT NULL AND memories.categories <> '[]')".to_owned()
            }
            _ => format!("memories.{column} IS NOT NULL"),
        }))
    }

    /// Condition that the field is null; `None` if the field does not support it.
    pub(super) fn is_null(self) -> Option<Condition> {
        let column = self.column()?;
        Some(match self {
            Self::Categories => self.is_set()?.negated(),
            _ => Condition::without_parameters(format!("memories.{column} IS NULL")),
        })
    }

    /// Condition that the field equals a value other than `*` and null.
    pub(super) fn equals(self, value: &Value) -> Result<Condition, FilterError> {
        match self {
            Self::Time(..) | Self::ExpirationDate => {
                let TimeRange { from, until } = self.time_range(value)?;
                Ok(self.not_before(from).and(self.before(until)))
            }
            _ => {
                let text = self.text(value)?;
                let column = self.column().unwrap_or_default();
                Ok(Condition::new(format!("memories.{column} = ?"), [Cell::Text(text.to_owned())]))
            }
        }
    }

    /// Condition that the field is one of several texts.
    pub(super) fn is_among(self, values: &[&Value]) -> Condition {
        let list = |list: Vec<Value>| Cell::Text(Value::Array(list).to_string());
        let copies = || values.iter().copied().cloned();
        match self {
            Self::Categories => Condition::new(
                "EXISTS (SELECT 1 FROM json_each(memories.categories) AS category \
                 WHERE category.value IN (SELECT value FROM json_each(?)))",
                [list(copies().collect())],
            ),
            Self::MemoryIds => Condition::new(
                "memories.memory_id IN (SELECT value FROM json_each(?))",
                [list(copies().map(|id| id.as_str().and_then(uuid).map_or(id, Value::from)).collect())],
            ),
            _ if values.len() <= MAX_BOUND_VALUES => {
                let marks = vec!["?"; values.len()].join(", ");
                let texts = values.iter().filter_map(|value| Some(Cell::Text(value.as_str()?.to_owned())));
                Condition::new(format!("memories.{} IN ({marks})", self.column().unwrap_or_default()), texts)
            }
            _ => Condition::new(
                format!("memories.{} IN (SELECT value FROM json_each(?))", self.column().unwrap_or_default()),
                [list(copies().collect())],
            ),
        }
    }

    /// Condition of a supported operator other than `eq`, `ne` and `in`.
    pub(super) fn compares(self, operator: &str, value: &Value) -> Result<Condition, FilterError> {
        match (self, operator) {
            (Self::Keywords, "contains") => {
                let text = self.text(value)?.to_owned();
                Ok(Condition::new("instr(memories.memory, ?) > 0", [Cell::Text(text)]))
            }
            (Self::Keywords, _) => Ok(Condition::new(
                "contains_folded(memories.memory, ?)",
                [Cell::Text(folded(self.text(value)?))],
            )),
            (Self::Categories, _) => Ok(Condition::new(
                "EXISTS (SELECT 1 FROM json_each(memories.categories) AS category \
                 WHERE contains_folded(category.value, ?))",
                [Cell::Text(folded(self.text(value)?))],
            )),
            (_, "gt") => Ok(self.not_before(self.time_range(value)?.until)),
            (_, "gte") => Ok(self.not_before(self.time_range(value)?.from)),
            (_, "lt") => Ok(self.before(self.time_range(value)?.from)),
            (_, _) => Ok(self.before(self.time_range(value)?.until)),
        }
    }

    /// Returns a value that must be text.
    pub(super) fn text(self, value: &Value) -> Result<&str, FilterError> {
        value
            .as_str()
            .ok_or_else(|| FilterError::Value(format!("'{}' must be compared with strings.", self.name())))
    }

    fn time_range(self, value: &Value) -> Result<TimeRange, FilterError> {
        value.as_str().and_then(TimeRange::parse).ok_or_else(|| {
            let name = self.name();
            FilterError::Value(format!("'{name}' must be compared with dates: YYYY-MM-DD or ISO 8601."))
        })
    }

    fn not_before(self, time: i64) -> Condition {
        match self {
            Self::ExpirationDate => match time_range::first_date_from(time) {
                Some(day) => Condition::new(
                    "(memories.expiration_date >= ? AND date(memories.expiration_date) = memories.expiration_date)",
                    [Cell::Text(day)],
                ),
                None => Condition::without_parameters("0"),
            },
            _ => self.compare_time(">=", time),
        }
    }

    fn before(self, time: i64) -> Condition {
        match self {
            Self::ExpirationDate => {
                // Sorts after every date.
                let day = time_range::first_date_from(time).unwrap_or_else(|| ":".to_owned());
                Condition::new(
                    "(memories.expiration_date < ? AND date(memories.expiration_date) = memories.expiration_date)",
                    [Cell::Text(day)],
                )
            }
            _ => self.compare_time("<", time),
        }
    }

    fn compare_time(self, operator: &str, time: i64) -> Condition {
        let column = self.column().unwrap_or_default();
        Condition::new(format!("memories.{column} {operator} ?"), [Cell::Integer(time)])
    }
}

/// Parses a UUID and returns it in lower case with hyphens, as memory IDs are stored; `None` if it is invalid.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let digits: String = match text.len() {
        36 if text.char_indices().all(|(at, c)| (c == '-') == matches!(at, 8 | 13 | 18 | 23)) => {
            text.split('-').collect()
        }
        32 => text.to_owned(),
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    Some([0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]).join("-"))
}
