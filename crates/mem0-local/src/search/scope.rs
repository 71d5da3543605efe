//! Owners to which a filter restricts its matches, so that a search reads no other memories.

use serde_json::{Map, Value};

use crate::store::index::Owner;

/// Maximum number of owners. More do not speed up the search.
const MAX_OWNERS: usize = 64;

/// Tokens of the index: a matching memory has at least one token of each list. Without lists, any memory may match.
pub(crate) type Scope = Vec<Vec<String>>;

/// Reads the owners from a valid filter. Other conditions do not restrict the scope.
pub(crate) fn of(filters: &Value) -> Scope {
    filters.as_object().map(of_object).unwrap_or_default()
}

fn of_object(filters: &Map<String, Value>) -> Scope {
    let mut scope = Scope::new();
    for (key, value) in filters {
        match key.as_str() {
            "AND" => scope.extend(value.as_array().into_iter().flatten().flat_map(of)),
            // An `OR` beside an `AND` has no effect.
            "OR" if !filters.contains_key("AND") => scope.extend(of_alternatives(value)),
            _ => scope.extend(owner(key).and_then(|owner| tokens_of(owner, value))),
        }
    }
    scope
}

/// Scope of a disjunction: the union of the owners, if every branch names owners.
fn of_alternatives(filters: &Value) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for filters in filters.as_array()? {
        words.extend(of(filters).into_iter().min_by_key(Vec::len)?);
    }
    (words.len() <= MAX_OWNERS).then_some(words)
}

fn tokens_of(owner: Owner, value: &Value) -> Option<Vec<String>> {
    let word = |id: &Value| id.as_str().filter(|id| *id != "*").map(|id| owner.token(id));
    match value {
        Value::Object(operators) => match (operators.get("eq"), operators.get("in")) {
            (Some(id), _) => Some(vec![word(id)?]),
            (None, Some(Value::Array(ids))) if ids.len() <= MAX_OWNERS => ids.iter().map(word).collect(),
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
    fn contains_owners_of_all_matches_only() {
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
