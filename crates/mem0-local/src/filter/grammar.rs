//! The grammar of filters.

use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};

use crate::filter::fields::Field;
use crate::filter::rejection::Rejection;
use crate::store::condition::Condition;

/// How deep logical operators may stand in each other.
const DEPTH_LIMIT: usize = 20;

/// How many comparisons a filter may have: each is made on every memory that the others leave.
const CONDITION_LIMIT: usize = 200;

/// How many values the lists of a filter may have together.
const VALUE_LIMIT: usize = 10_000;

type Read<T> = Result<T, Rejection>;

/// Reads one filter.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) is_scoped: bool,
    pub(super) has_keywords: bool,
    conditions: usize,
    values: usize,
}

/// Where in a filter something stands.
#[derive(Debug, Clone, Copy)]
struct At {
    depth: usize,
    /// Inside of a `NOT`, nobody is named.
    negated: bool,
}

impl Reader {
    pub(super) fn root(&mut self, filters: &Value) -> Read<Condition> {
        let Value::Object(filters) = filters else {
            return Err(Rejection::Value(
                "A filter is an object, such as {\"user_id\": \"alice\"}.".to_owned(),
            ));
        };
        self.object(filters, At { depth: 0, negated: false })
    }

    /// The conditions of one object are all to hold. An `OR` beside an `AND` is left out, as the platform does.
    fn object(&mut self, filters: &Map<String, Value>, at: At) -> Read<Condition> {
        let mut conditions = Vec::with_capacity(filters.len());
        for (key, value) in filters {
            if key == "OR" && filters.contains_key("AND") {
                continue;
            }
            conditions.push(match key.as_str() {
                "AND" => Condition::all(self.list("AND", value, at)?),
                "OR" => Condition::any(self.list("OR", value, at)?),
                "NOT" => self.negation(value, at)?,
                _ => self.field(key, value, at)?,
            });
        }
        Ok(Condition::all(conditions))
    }

    /// The filters of a list.
    fn list(&mut self, operator: &'static str, value: &Value, at: At) -> Read<Vec<Condition>> {
        let Value::Array(list) = value else {
            return Err(Rejection::Value(format!("'{operator}' takes a list of filters.")));
        };
        if list.is_empty() {
            return Err(Rejection::Value(format!("'{operator}' takes at least one filter.")));
        }
        list.iter().map(|filters| self.nested(operator, filters, at)).collect()
    }

    /// What a `NOT` has in it, be that one filter or several: none of them is to hold.
    fn negation(&mut self, value: &Value, at: At) -> Read<Condition> {
        let at = At { negated: true, ..at };
        let conditions = match value {
            Value::Object(_) => vec![self.nested("NOT", value, at)?],
            _ => self.list("NOT", value, at)?,
        };
        Ok(Condition::any(conditions).negated())
    }

    fn nested(&mut self, operator: &'static str, value: &Value, at: At) -> Read<Condition> {
        let depth = at.depth + 1;
        if depth > DEPTH_LIMIT {
            let text = format!("Logical operators may stand {DEPTH_LIMIT} deep in each other.");
            return Err(Rejection::Value(text));
        }
        match value {
            Value::Object(filters) if !filters.is_empty() => self.object(filters, At { depth, ..at }),
            Value::Object(_) => Err(Rejection::Value(format!("'{operator}' has an empty filter in it."))),
            _ => Err(Rejection::Value(format!("'{operator}' takes filters, which are objects."))),
        }
    }

    /// A condition on a field: a value it is to equal, or operators, which are all to hold.
    fn field(&mut self, key: &str, value: &Value, at: At) -> Read<Condition> {
        let field = Field::of(key).ok_or(Rejection::UnknownKey)?;
        match field {
            Field::Metadata => return self.metadata(value),
            Field::MemoryIds if value.is_array() => return self.operation(field, "in", value, at),
            Field::Keywords => self.has_keywords = true,
            _ => {}
        }
        match value {
            Value::Object(operators) => {
                self.operations(field.name(), operators, |reader, operator, value| {
                    reader.operation(field, operator, value, at)
                })
            }
            value => self.equality(field, value, at),
        }
    }

    fn operations(
        &mut self,
        field: &'static str,
        operators: &Map<String, Value>,
        mut read: impl FnMut(&mut Self, &str, &Value) -> Read<Condition>,
    ) -> Read<Condition> {
        if operators.is_empty() {
            return Err(Rejection::Value(format!("'{field}' has neither a value nor an operator.")));
        }
        let conditions = operators.iter().map(|(operator, value)| read(self, operator, value));
        conditions.collect::<Read<Vec<_>>>().map(Condition::all)
    }

    /// A value without an operator.
    fn equality(&mut self, field: Field, value: &Value, at: At) -> Read<Condition> {
        self.count()?;
        let condition = match value {
            Value::String(text) if text == "*" => field.is_set(),
            Value::Null => field.is_null(),
            value => return self.equal(field, value, at),
        };
        let condition = condition.ok_or_else(|| field.no_operator("eq"))?;
        self.name(field, value, at);
        Ok(condition)
    }

    fn equal(&mut self, field: Field, value: &Value, at: At) -> Read<Condition> {
        if !field.has_equality() {
            return Err(field.no_operator("eq"));
        }
        let condition = field.equals(value)?;
        self.name(field, value, at);
        Ok(condition)
    }

    fn operation(&mut self, field: Field, operator: &str, value: &Value, at: At) -> Read<Condition> {
        if !field.operators().contains(&operator) {
            return Err(field.no_operator(operator));
        }
        match operator {
            "eq" => self.equality(field, value, at),
            "ne" => self.equality(field, value, At { negated: true, ..at }).map(Condition::negated),
            "in" => self.one_of(field, value, at),
            _ => {
                self.count()?;
                field.compares(operator, value)
            }
        }
    }

    fn one_of(&mut self, field: Field, value: &Value, at: At) -> Read<Condition> {
        let Value::Array(values) = value else {
            return Err(Rejection::Value(format!("'in' of '{}' takes a list.", field.name())));
        };
        self.count()?;
        self.values += values.len();
        if self.values > VALUE_LIMIT {
            return Err(Rejection::Value(format!("A filter may have {VALUE_LIMIT} values in its lists.")));
        }
        let (texts, others): (Vec<&Value>, Vec<&Value>) = values
            .iter()
            .partition(|value| field.is_text() && value.as_str().is_some_and(|text| text != "*"));
        if let Some(stray) =
            others.iter().find(|value| field.is_text() && !value.is_string() && !value.is_null())
        {
            field.text(stray)?;
        }
        let mut conditions =
            others.into_iter().map(|value| self.equality(field, value, at)).collect::<Read<Vec<_>>>()?;
        if let Some(first) = texts.first() {
            self.name(field, first, at);
            conditions.push(field.is_among(&texts));
        }
        Ok(Condition::any(conditions))
    }

    /// `{"key": value}`, or `{"key": {"operator": value}}`, of one or several keys.
    fn metadata(&mut self, value: &Value) -> Read<Condition> {
        let keys = match value {
            Value::Object(keys) => keys,
            value if value.is_null() || value == "*" => {
                return self.equality(Field::Metadata, value, UNNAMED);
            }
            _ => {
                let text = "'metadata' takes an object, such as {\"metadata\": {\"key\": \"value\"}}.";
                return Err(Rejection::Value(text.to_owned()));
            }
        };
        self.operations("metadata", keys, |reader, key, value| match value {
            Value::Object(operators) => {
                reader.operations("metadata", operators, |reader, operator, value| match operator {
                    "eq" => reader.entry(key, "eq", value),
                    "ne" => reader.entry(key, "eq", value).map(Condition::negated),
                    "contains" => reader.entry(key, "contains", value),
                    _ => Err(Field::Metadata.no_operator(operator)),
                })
            }
            value => reader.entry(key, "eq", value),
        })
    }

    /// One entry of the metadata.
    fn entry(&mut self, key: &str, operator: &str, value: &Value) -> Read<Condition> {
        self.count()?;
        if value.is_object() {
            return Err(Rejection::Value("'metadata' is matched by its top-level keys only.".to_owned()));
        }
        let operator = if operator == "eq" && value == "*" { "set" } else { operator };
        let parameters = [key.to_owned(), operator.to_owned(), value.to_string()].map(Cell::Text);
        Ok(Condition::new("metadata_matches(memories.metadata, ?, ?, ?)", parameters))
    }

    /// Notes that somebody is named.
    fn name(&mut self, field: Field, value: &Value, at: At) {
        self.is_scoped |= field.is_entity() && !at.negated && !value.is_null();
    }

    fn count(&mut self) -> Read<()> {
        self.conditions += 1;
        if self.conditions > CONDITION_LIMIT {
            return Err(Rejection::Value(format!("A filter may have {CONDITION_LIMIT} conditions.")));
        }
        Ok(())
    }
}

const UNNAMED: At = At { depth: 0, negated: true };
