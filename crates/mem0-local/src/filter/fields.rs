//! What each field of a filter takes, and what that means.

use rusqlite::types::Value as Cell;
use serde_json::Value;

use crate::filter::moment::{self, Span};
use crate::filter::rejection::Rejection;
use crate::store::condition::Condition;
use crate::store::functions::folded;

/// So many values are told to the database one by one, so that it knows how few they are and looks each up.
const FEW_VALUES: usize = 20;

/// A field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `user_id`, `agent_id`, `app_id`, `run_id`, by its column.
    Entity(&'static str),
    /// A time, by its name and its column.
    Moment(&'static str, &'static str),
    ExpirationDate,
    Categories,
    Metadata,
    Keywords,
    MemoryIds,
    /// One that the platform lets through, and of which nothing is known.
    Unexplained(&'static str),
}

impl Field {
    pub(super) fn of(key: &str) -> Option<Self> {
        Some(match key {
            "user_id" => Self::Entity("user_id"),
            "agent_id" => Self::Entity("agent_id"),
            "app_id" => Self::Entity("app_id"),
            "run_id" => Self::Entity("run_id"),
            "created_at" => Self::Moment("created_at", "created_at"),
            "updated_at" => Self::Moment("updated_at", "updated_at"),
            // The `timestamp` of an add is when its memories were made.
            "timestamp" => Self::Moment("timestamp", "created_at"),
            "expiration_date" => Self::ExpirationDate,
            "categories" => Self::Categories,
            "metadata" => Self::Metadata,
            "keywords" => Self::Keywords,
            "memory_ids" => Self::MemoryIds,
            "text" => Self::Unexplained("text"),
            "keywords_search" => Self::Unexplained("keywords_search"),
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Entity(name) | Self::Moment(name, _) | Self::Unexplained(name) => name,
            Self::ExpirationDate => "expiration_date",
            Self::Categories => "categories",
            Self::Metadata => "metadata",
            Self::Keywords => "keywords",
            Self::MemoryIds => "memory_ids",
        }
    }

    /// The operators it takes, those of metadata aside.
    pub(super) fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Entity(_) => &["eq", "ne", "in"],
            Self::Moment(..) | Self::ExpirationDate => &["gt", "gte", "lt", "lte", "ne", "in"],
            Self::Categories => &["in", "contains"],
            Self::Metadata => &["eq", "ne", "contains"],
            Self::Keywords => &["contains", "icontains"],
            Self::MemoryIds => &["in"],
            Self::Unexplained(_) => &[],
        }
    }

    pub(super) fn no_operator(self, operator: &str) -> Rejection {
        match self {
            Self::Unexplained(name) => {
                Rejection::Value(format!("'{name}' takes no condition here: it belongs to other endpoints."))
            }
            _ => Rejection::Operator {
                field: self.name(),
                operator: operator.to_owned(),
                known: self.operators(),
            },
        }
    }

    pub(super) fn is_entity(self) -> bool {
        matches!(self, Self::Entity(_))
    }

    /// Whether the values in its lists are compared as texts.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Entity(_) | Self::Categories | Self::MemoryIds)
    }

    /// Whether a value alone means that it is equal, `*` and null aside.
    pub(super) fn has_equality(self) -> bool {
        matches!(self, Self::Entity(_) | Self::Moment(..) | Self::ExpirationDate)
    }

    fn column(self) -> Option<&'static str> {
        Some(match self {
            Self::Entity(column) | Self::Moment(_, column) => column,
            Self::ExpirationDate => "expiration_date",
            Self::Categories => "categories",
            Self::Metadata => "metadata",
            Self::Keywords | Self::MemoryIds | Self::Unexplained(_) => return None,
        })
    }

    /// It is not null; `None` where that can't be asked.
    pub(super) fn is_set(self) -> Option<Condition> {
        let column = self.column()?;
        Some(Condition::without_parameters(match self {
            Self::Categories => {
                "(memories.categories IS NOT NULL AND memories.categories <> '[]')".to_owned()
            }
            _ => format!("memories.{column} IS NOT NULL"),
        }))
    }

    /// It is null; `None` where that can't be asked.
    pub(super) fn is_null(self) -> Option<Condition> {
        let column = self.column()?;
        Some(match self {
            Self::Categories => self.is_set()?.negated(),
            _ => Condition::without_parameters(format!("memories.{column} IS NULL")),
        })
    }

    /// It is equal to a value that is neither `*` nor null.
    pub(super) fn equals(self, value: &Value) -> Result<Condition, Rejection> {
        match self {
            Self::Moment(..) | Self::ExpirationDate => {
                let Span { from, until } = self.span(value)?;
                Ok(self.not_before(from).and(self.before(until)))
            }
            _ => {
                let text = self.text(value)?;
                let column = self.column().unwrap_or_default();
                Ok(Condition::new(format!("memories.{column} = ?"), [Cell::Text(text.to_owned())]))
            }
        }
    }

    /// It is one of these texts.
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
            _ if values.len() <= FEW_VALUES => {
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

    /// An operator that it takes, other than `eq`, `ne` and `in`.
    pub(super) fn compares(self, operator: &str, value: &Value) -> Result<Condition, Rejection> {
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
            (_, "gt") => Ok(self.not_before(self.span(value)?.until)),
            (_, "gte") => Ok(self.not_before(self.span(value)?.from)),
            (_, "lt") => Ok(self.before(self.span(value)?.from)),
            (_, _) => Ok(self.before(self.span(value)?.until)),
        }
    }

    /// A value as the text that it has to be.
    pub(super) fn text(self, value: &Value) -> Result<&str, Rejection> {
        value.as_str().ok_or_else(|| Rejection::Value(format!("'{}' is compared with texts.", self.name())))
    }

    fn span(self, value: &Value) -> Result<Span, Rejection> {
        value.as_str().and_then(Span::read).ok_or_else(|| {
            let name = self.name();
            Rejection::Value(format!("'{name}' is compared with dates: YYYY-MM-DD or ISO 8601."))
        })
    }

    fn not_before(self, moment: i64) -> Condition {
        match self {
            Self::ExpirationDate => match moment::first_day_from(moment) {
                Some(day) => Condition::new(
                    "(memories.expiration_date >= ? AND date(memories.expiration_date) = memories.expiration_date)",
                    [Cell::Text(day)],
                ),
                None => Condition::without_parameters("0"),
            },
            _ => self.moment(">=", moment),
        }
    }

    fn before(self, moment: i64) -> Condition {
        match self {
            Self::ExpirationDate => {
                // Later than every date there is.
                let day = moment::first_day_from(moment).unwrap_or_else(|| ":".to_owned());
                Condition::new(
                    "(memories.expiration_date < ? AND date(memories.expiration_date) = memories.expiration_date)",
                    [Cell::Text(day)],
                )
            }
            _ => self.moment("<", moment),
        }
    }

    fn moment(self, operator: &str, moment: i64) -> Condition {
        let column = self.column().unwrap_or_default();
        Condition::new(format!("memories.{column} {operator} ?"), [Cell::Integer(moment)])
    }
}

/// A UUID as identifiers of memories are written; `None` if that is none.
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
