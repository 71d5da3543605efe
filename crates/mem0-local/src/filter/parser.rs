//! The grammar of filters.

use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};

use crate::filter::error::FilterError;
use crate::filter::field::Field;
use crate::store::condition::Condition;

/// How deep logical operators may stand in each other.
const MAX_DEPTH: usize = 20;

/// How many comparisons a filter may have: each is made on every memory that the others leave.
const MAX_CONDITIONS: usize = 200;

/// How many values the lists of a filter may have together.
const MAX_VALUES: usize = 10_000;

type ParseResult<T> = Result<T, FilterError>;

/// Reads one filter.
#[derive(Debug, Default)]
pub(super) struct FilterParser {
    pub(super) is_scoped: bool,
    pub(super) has_keywords: bool,
    conditions: usize,
    values: usize,
}

/// Where in a filter something stands.
#[derive(Debug, Clone, Copy)]
struct Context {
    depth: usize,
    /// Inside of a `NOT`, nobody is named.
    negated: bool,
}

impl FilterParser {
    pub(super) fn root(&mut self, filters: &Value) -> ParseResult<Condition> {
        let Value::Object(filters) = filters else {
            return Err(FilterError::Value(
                "A filter is an object, such as {\"user_id\": \"alice\"}.".to_owned(),
            ));
        };
        self.object(filters, Context { depth: 0, negated: false })
    }

    /// The conditions of one object are all to hold. An `OR` beside an `AND` is left out, as the platform does.
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

    /// The filters of a list.
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

    /// What a `NOT` has in it, be that one filter or several: none of them is to hold.
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
            let text = format!("Logical operators may stand {MAX_DEPTH} deep in each other.");
            return Err(FilterError::Value(text));
        }
        match value {
            Value::Object(filters) if !filters.is_empty() => {
                self.object(filters, Context { depth, ..context })
            }
            Value::Object(_) => Err(FilterError::Value(format!("'{operator}' has an empty filter in it."))),
            _ => Err(FilterError::Value(format!("'{operator}' takes filters, which are objects."))),
        }
    }

    /// A condition on a field: a value it is to equal, or operators, which are all to hold.
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

    /// A value without an operator.
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
            return Err(FilterError::Value(format!("A filter may have {MAX_VALUES} values in its lists.")));
        }
        let (texts, others): (Vec<&Value>, Vec<&Value>) = values
            .iter()
            .partition(|value| field.is_text() && value.as_str().is_some_and(|text| text != "*"));
        if let Some(stray) =
            others.iter().find(|value| field.is_text() && !value.is_string() && !value.is_null())
        {
            field.text(stray)?;
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

    /// `{"key": value}`, or `{"key": {"operator": value}}`, of one or several keys.
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

    /// One entry of the metadata.
    fn metadata_entry(&mut self, key: &str, operator: &str, value: &Value) -> ParseResult<Condition> {
        self.count_condition()?;
        if value.is_object() {
            return Err(FilterError::Value("'metadata' is matched by its top-level keys only.".to_owned()));
        }
        let operator = if operator == "eq" && value == "*" { "set" } else { operator };
        let parameters = [key.to_owned(), operator.to_owned(), value.to_string()].map(Cell::Text);
        Ok(Condition::new("metadata_matches(memories.metadata, ?, ?, ?)", parameters))
    }

    /// Notes that somebody is named.
    fn note_entity(&mut self, field: Field, value: &Value, context: Context) {
        self.is_scoped |= field.is_entity() && !context.negated && !value.is_null();
    }

    fn count_condition(&mut self) -> ParseResult<()> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(FilterError::Value(format!("A filter may have {MAX_CONDITIONS} conditions.")));
        }
        Ok(())
    }
}

const UNSCOPED: Context = Context { depth: 0, negated: true };
