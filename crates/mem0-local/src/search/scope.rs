//! Whose memories a filter can match at most, so that a search looks at no others.

use serde_json::{Map, Value};

use crate::store::index::Owner;

/// More names than this are no help.
const NAMES_LIMIT: usize = 64;

/// Words of the index: a memory that the filter matches has at least one of each list. Without lists, it may be any.
pub(crate) type Scope = Vec<Vec<String>>;

/// Reads what it can out of a filter that was understood as a whole before; anything else constrains nothing here.
pub(crate) fn of(filters: &Value) -> Scope {
    filters.as_object().map(object).unwrap_or_default()
}

fn object(filters: &Map<String, Value>) -> Scope {
    let mut scope = Scope::new();
    for (key, value) in filters {
        match key.as_str() {
            "AND" => scope.extend(value.as_array().into_iter().flatten().flat_map(of)),
            // Beside an `AND` it is left out.
            "OR" if !filters.contains_key("AND") => scope.extend(any(value)),
            _ => scope.extend(owner(key).and_then(|owner| named(owner, value))),
        }
    }
    scope
}

/// One of several filters: whoever one of them names, provided that each of them names somebody.
fn any(filters: &Value) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for filters in filters.as_array()? {
        words.extend(of(filters).into_iter().min_by_key(Vec::len)?);
    }
    (words.len() <= NAMES_LIMIT).then_some(words)
}

fn named(owner: Owner, value: &Value) -> Option<Vec<String>> {
    let word = |id: &Value| id.as_str().filter(|id| *id != "*").map(|id| owner.token(id));
    match value {
        Value::Object(operators) => match (operators.get("eq"), operators.get("in")) {
            (Some(id), _) => Some(vec![word(id)?]),
            (None, Some(Value::Array(ids))) if ids.len() <= NAMES_LIMIT => ids.iter().map(word).collect(),
            _ => None,
        },
        id => Some(vec![word(id)?]),
    }
}

fn owner(key: &str) -> Option<Owner> {
    match key {
        "user_id" => Some(Owner::User),
        "agent_id" => Some(Owner::Agent),
        "app_id" => Some(Owner::App),
        "run_id" => Some(Owner::Run),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_every_match_has_to_have_is_in() {
        let (ann, bot) = (Owner::User.token("ann"), Owner::Agent.token("bot"));
        let (ann, bot) = (|| ann.clone(), || bot.clone());
        for (filters, expected) in [
            (json!({"user_id": "ann"}), vec![vec![ann()]]),
            (
                json!({"AND": [{"user_id": "ann"}, {"agent_id": {"eq": "bot"}}]}),
                vec![vec![ann()], vec![bot()]],
            ),
            (json!({"OR": [{"user_id": "ann"}, {"agent_id": "bot"}]}), vec![vec![ann(), bot()]]),
            (json!({"user_id": {"in": ["ann"]}, "created_at": {"gt": "2024-01-01"}}), vec![vec![ann()]]),
            (json!({"AND": [{"user_id": "ann"}], "OR": [{"agent_id": "bot"}]}), vec![vec![ann()]]),
            (
                json!({"OR": [{"user_id": "ann", "agent_id": "bot"}, {"agent_id": "bot"}]}),
                vec![vec![bot(), bot()]],
            ),
            (json!({"OR": [{"user_id": "ann"}, {"agent_id": "*"}]}), vec![]),
            (json!({"OR": [{"user_id": "ann"}, {"categories": {"in": ["a"]}}]}), vec![]),
            (json!({"NOT": {"user_id": "ann"}}), vec![]),
            (json!({"user_id": {"ne": "ann"}}), vec![]),
            (json!({"user_id": {"in": ["ann", "*"]}}), vec![]),
            (json!({"user_id": "*"}), vec![]),
            (json!({"user_id": null}), vec![]),
            (json!(null), vec![]),
        ] {
            assert_eq!(of(&filters), expected, "{filters}");
        }
    }
}
