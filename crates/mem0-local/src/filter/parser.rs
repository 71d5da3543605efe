//! Parser of filters.

use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};

use crate::filter::error::FilterError;
use crate::filter::field::Field;
use crate::store::condition::Condition;

/// Maximum nesting depth of logical operators.
const MAX_DEPTH: usize = 20;

/// Maximum number of comparisons in a filter. Each may be evaluated for every memory.
const MAX_CONDITIONS: usize = 200;

/// Maximum number of values in all lists of a filter.
const MAX_VALUES: usize = 10_000;

type ParseResult<T> = Result<T, FilterError>;

/// Parser of one filter.
#[derive(Debug, Default)]
pub(super) struct FilterParser {
    pub(super) is_scoped: bool,
    pub(super) has_keywords: bool,
    conditions: usize,
    values: usize,
}

/// Position of a condition in a filter.
#[derive(Debug, Clone, Copy)]
struct Context {
    depth: usize,
    /// Whether it is inside a `NOT`, where an entity does not count as named.
    negated: bool,
}

impl FilterParser {
    pub(super) fn root(&mut self, filters: &Value) -> ParseResult<Condition> {
        let Value::Object(filters) = filters else {
            return Err(FilterError::Value(
                "A filter must be an object, such as {\"user_id\": \"alice\"}.".to_owned(),
            ));
        };
        self.object(filters, Context { depth: 0, negated: false })
    }

    /// Parses an object, whose conditions must all match. An `OR` next to an `AND` is ignored, as on the hosted platform.
    fn object(&mut self, filters: &Map<String, Value>, context: Context) -> ParseResult<Condition> {
        let mut conditions = Vec::with_capacity(filters.len());
        for (key, value) in filters {
            if key == "OR" && filters.contains_key("AND") {
                continue;
            }
            conditions.push(match key.as_str() {
                "AND" => Condition::all(self.list("AND", value, context)?),
                "OR" => Condition::any(self.list("OR", value, context)?),
                "NOT" => self.negation(value, context)?,
                _ => self.field(key, value, context)?,
            });
        }
        Ok(Condition::all(conditions))
    }

    /// Parses a list of filters.
    fn list(
        &mut self,
        operator: &'static str,
        value: &Value,
        context: Context,
    ) -> ParseResult<Vec<Condition>> {
        let Value::Array(list) = value else {
            return Err(FilterError::Value(format!("'{operator}' takes a list of filters.")));
        };
        if list.is_empty() {
            return Err(FilterError::Value(format!("'{operator}' takes at least one filter.")));
        }
        list.iter().map(|filters| self.nested(operator, filters, context)).collect()
    }

    /// Parses the value of a `NOT`: one filter or several, none of which may match.
    fn negation(&mut self, value: &Value, context: Context) -> ParseResult<Condition> {
        let context = Context { negated: true, ..context };
        let conditions = match value {
            Value::Object(_) => vec![self.nested("NOT", value, context)?],
            _ => self.list("NOT", value, context)?,
        };
        Ok(Condition::any(conditions).negated())
    }

    fn nested(&mut self, operator: &'static str, value: &Value, context: Context) -> ParseResult<Condition> {
        let depth = context.depth + 1;
        if depth > MAX_DEPTH {
            let text = format!("Logical operators may be nested {MAX_DEPTH} deep at most.");
            return Err(FilterError::Value(text));
        }
        match value {
            Value::Object(filters) if !filters.is_empty() => {
                self.object(filters, Context { depth, ..context })
            }
            Value::Object(_) => Err(FilterError::Value(format!("'{operator}' contains an empty filter."))),
            _ => Err(FilterError::Value(format!("'{operator}' takes filters, which are objects."))),
        }
    }

    /// Parses a condition on a field: a value, or operators that must all match.
    fn field(&mut self, key: &str, value: &Value, context: Context) -> ParseResult<Condition> {
        let field = Field::of(key).ok_or(FilterError::UnknownKey)?;
        match field {
            Field::Metadata => return self.metadata(value),
            Field::MemoryIds if value.is_array() => return self.operation(field, "in", value, context),
            Field::Keywords => self.has_keywords = true,
            _ => {}
        }
        match value {
            Value::Object(operators) => {
                self.operations(field.name(), operators, |parser, operator, value| {
                    parser.operation(field, operator, value, context)
                })
            }
            value => self.equality(field, value, context),
        }
    }

    fn operations(
        &mut self,
        field: &'static str,
        operators: &Map<String, Value>,
        mut read: impl FnMut(&mut Self, &str, &Value) -> ParseResult<Condition>,
    ) -> ParseResult<Condition> {
        if operators.is_empty() {
            return Err(FilterError::Value(format!("'{field}' has neither a value nor an operator.")));
        }
        let conditions = operators.iter().map(|(operator, value)| read(self, operator, value));
        conditions.collect::<ParseResult<Vec<_>>>().map(Condition::all)
    }

    /// Parses a value without an operator.
    fn equality(&mut self, field: Field, value: &Value, context: Context) -> ParseResult<Condition> {
        self.count_condition()?;
        let condition = match value {
            Value::String(text) if text == "*" => field.is_set(),
            Value::Null => field.is_null(),
            value => return self.equal(field, value, context),
        };
        let condition = condition.ok_or_else(|| field.unsupported_operator("eq"))?;
        self.note_entity(field, value, context);
        Ok(condition)
    }

    fn equal(&mut self, field: Field, value: &Value, context: Context) -> ParseResult<Condition> {
        if !field.has_equality() {
            return Err(field.unsupported_operator("eq"));
        }
        let condition = field.equals(value)?;
        self.note_entity(field, value, context);
        Ok(condition)
    }

    fn operation(
        &mut self,
        field: Field,
        operator: &str,
        value: &Value,
        context: Context,
    ) -> ParseResult<Condition> {
        if !field.operators().contains(&operator) {
            return Err(field.unsupported_operator(operator));
        }
        match operator {
            "eq" => self.equality(field, value, context),
            "ne" => self.equality(field, value, Context { negated: true, ..context }).map(Condition::negated),
            "in" => self.one_of(field, value, context),
            _ => {
                self.count_condition()?;
                field.compares(operator, value)
            }
        }
    }

    fn one_of(&mut self, field: Field, value: &Value, context: Context) -> ParseResult<Condition> {
        let Value::Array(values) = value else {
            return Err(FilterError::Value(format!("'in' of '{}' takes a list.", field.name())));
        };
        self.count_condition()?;
        self.values += values.len();
        if self.values > MAX_VALUES {
            return Err(FilterError::Value(format!(
                "A filter may have {MAX_VALUES} values in its lists at most."
            )));
        }
        let (texts, others): (Vec<&Value>, Vec<&Value>) = values
            .iter()
            .partition(|value| field.is_text() && value.as_str().is_some_and(|text| text != "*"));
        if let Some(invalid) =
            others.iter().find(|value| field.is_text() && !value.is_string() && !value.is_null())
        {
            field.text(invalid)?;
        }
        let mut conditions = others
            .into_iter()
            .map(|value| self.equality(field, value, context))
            .collect::<ParseResult<Vec<_>>>()?;
        if let Some(first) = texts.first() {
            self.note_entity(field, first, context);
            conditions.push(field.is_among(&texts));
        }
        Ok(Condition::any(conditions))
    }

    /// Parses metadata conditions: `{"key": value}` or `{"key": {"operator": value}}`, for one or more keys.
    fn metadata(&mut self, value: &Value) -> ParseResult<Condition> {
        let keys = match value {
            Value::Object(keys) => keys,
            value if value.is_null() || value == "*" => {
                return self.equality(Field::Metadata, value, UNSCOPED);
            }
            _ => {
                let text = "'metadata' takes an object, such as {\"metadata\": {\"key\": \"value\"}}.";
                return Err(FilterError::Value(text.to_owned()));
            }
        };
        self.operations("metadata", keys, |parser, key, value| match value {
            Value::Object(operators) => {
                parser.operations("metadata", operators, |parser, operator, value| match operator {
                    "eq" => parser.metadata_entry(key, "eq", value),
                    "ne" => parser.metadata_entry(key, "eq", value).map(Condition::negated),
                    "contains" => parser.metadata_entry(key, "contains", value),
                    _ => Err(Field::Metadata.unsupported_operator(operator)),
                })
            }
            value => parser.metadata_entry(key, "eq", value),
        })
    }

    /// Parses a condition on one metadata key.
    fn metadata_entry(&mut self, key: &str, operator: &str, value: &Value) -> ParseResult<Condition> {
        self.count_condition()?;
        if value.is_object() {
            return Err(FilterError::Value(
                "'metadata' supports conditions on its top-level keys only.".to_owned(),
            ));
        }
        let operator = if operator == "eq" && value == "*" { "set" } else { operator };
        let parameters = [key.to_owned(), operator.to_owned(), value.to_string()].map(Cell::Text);
        Ok(Condition::new("metadata_matches(memories.metadata, ?, ?, ?)", parameters))
    }

    /// Records that the filter names an entity.
    fn note_entity(&mut self, field: Field, value: &Value, context: Context) {
        self.is_scoped |= field.is_entity() && !context.negated && !value.is_null();
    }

    fn count_condition(&mut self) -> ParseResult<()> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(FilterError::Value(format!(
                "A filter may have {MAX_CONDITIONS} conditions at most."
            )));
        }
        Ok(())
    }
}

const UNSCOPED: Context = Context { depth: 0, negated: true };
