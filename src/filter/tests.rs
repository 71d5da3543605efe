#![allow(clippy::unwrap_used)]
use super::*;
use serde_json::json;

fn value(filter: Filter) -> Value {
    filter.to_value()
}

#[test]
fn every_operator_is_serialized_for_the_platform() {
    for (filter, expected) in [
        (Filter::user("a"), json!({"user_id": "a"})),
        (Filter::agent("a"), json!({"agent_id": "a"})),
        (Filter::app("a"), json!({"app_id": "a"})),
        (Filter::run("a"), json!({"run_id": "a"})),
        (Filter::any_user(), json!({"user_id": "*"})),
        (Filter::any_agent(), json!({"agent_id": "*"})),
        (Filter::any_app(), json!({"app_id": "*"})),
        (Filter::any_run(), json!({"run_id": "*"})),
        (Filter::user_id().is_in(["a", "b"]), json!({"user_id": {"in": ["a", "b"]}})),
        (Filter::run_id().ne("a"), json!({"run_id": {"ne": "a"}})),
        (Filter::app_id().other_than("a"), json!({"AND": [{"app_id": "*"}, {"app_id": {"ne": "a"}}]})),
        (Filter::created_at().eq("2026-01-01"), json!({"created_at": "2026-01-01"})),
        (Filter::created_at().ne("2026-01-01"), json!({"created_at": {"ne": "2026-01-01"}})),
        (Filter::updated_at().gt("2026-01-01"), json!({"updated_at": {"gt": "2026-01-01"}})),
        (Filter::updated_at().gte("2026-01-01"), json!({"updated_at": {"gte": "2026-01-01"}})),
        (Filter::timestamp().lt("2026-01-01"), json!({"timestamp": {"lt": "2026-01-01"}})),
        (Filter::timestamp().lte("2026-01-01"), json!({"timestamp": {"lte": "2026-01-01"}})),
        (Filter::expiration_date().is_in(["2026-01-01"]), json!({"expiration_date": {"in": ["2026-01-01"]}})),
        (
            Filter::created_at().within("2026-01-01", jiff::Timestamp::UNIX_EPOCH),
            json!({"created_at": {"gte": "2026-01-01", "lt": "1970-01-01T00:00:00Z"}}),
        ),
        (Filter::categories().is_in(["food"]), json!({"categories": {"in": ["food"]}})),
        (Filter::categories().contains("fo"), json!({"categories": {"contains": "fo"}})),
        (Filter::metadata("k").eq(1), json!({"metadata": {"k": 1}})),
        (Filter::metadata("k").eq(json!({"ne": 1})), json!({"metadata": {"k": {"eq": {"ne": 1}}}})),
        (Filter::metadata("k").ne("v"), json!({"metadata": {"k": {"ne": "v"}}})),
        (Filter::metadata("k").contains("v"), json!({"metadata": {"k": {"contains": "v"}}})),
        (Filter::keywords().contains("Tea"), json!({"keywords": {"contains": "Tea"}})),
        (Filter::keywords().icontains("tea"), json!({"keywords": {"icontains": "tea"}})),
        (Filter::memory_ids(["m1", "m2"]), json!({"memory_ids": ["m1", "m2"]})),
        (Filter::raw(json!({"x": [1]})), json!({"x": [1]})),
    ] {
        assert_eq!(value(filter.clone()), expected);
        assert_eq!(serde_json::to_value(&filter).unwrap(), expected);
    }
}

#[test]
fn joined_conditions_are_flat_and_keep_their_order() {
    let (a, b, c) = (|| Filter::user("a"), || Filter::agent("b"), || Filter::run("c"));
    let (a_, b_, c_) = (json!({"user_id": "a"}), json!({"agent_id": "b"}), json!({"run_id": "c"}));
    for (filter, expected) in [
        (a().and(b()).and(c()), json!({"AND": [a_, b_, c_]})),
        (a().and(b().and(c())), json!({"AND": [a_, b_, c_]})),
        (a().or(b().or(c())), json!({"OR": [a_, b_, c_]})),
        (a().or(b()).and(c()), json!({"AND": [{"OR": [a_, b_]}, c_]})),
        (a().and(b()).or(c()), json!({"OR": [{"AND": [a_, b_]}, c_]})),
        (a().not(), json!({"NOT": a_})),
        (a().not().not(), a_.clone()),
        (a().or(b()).not().and(c()), json!({"AND": [{"NOT": {"OR": [a_, b_]}}, c_]})),
        (Filter::all_of([a(), b(), c()]), json!({"AND": [a_, b_, c_]})),
        (Filter::any_of([a(), b(), c()]), json!({"OR": [a_, b_, c_]})),
    ] {
        assert_eq!(value(filter), expected);
    }
}

#[test]
fn a_root_is_added_only_if_it_is_missing() {
    let rooted = json!({"AND": [{"user_id": "a"}, {"run_id": "r"}]});
    assert_eq!(Filter::user("a").and(Filter::run("r")).to_rooted_value(), rooted);
    assert_eq!(Filter::raw(rooted.clone()).to_rooted_value(), rooted);
    let alternatives = Filter::user("a").or(Filter::run("r"));
    assert_eq!(alternatives.to_rooted_value(), json!({"AND": [{"OR": [{"user_id": "a"}, {"run_id": "r"}]}]}));
    assert_eq!(Filter::raw(json!({"user_id": "a"})).to_rooted_value(), json!({"AND": [{"user_id": "a"}]}));
}

#[test]
fn debug_redacts_email_addresses() {
    let shown = format!("{:?}", Filter::user("ann@x.io").and(Filter::raw(json!({"run_id": "ann@x.io"}))));
    assert!(!shown.contains("x.io") && shown.contains("user_id"), "{shown}");
}

mod checks {
    use super::*;

    fn refused(filter: &Filter) -> Option<(&'static str, String)> {
        match filter.check() {
            Ok(()) => None,
            Err(Error::Invalid { field, message }) => Some((field, message)),
            Err(error) => Some(("another error", error.to_string())),
        }
    }

    #[test]
    fn a_scope_is_an_entity_that_is_not_negated() {
        for filter in [
            Filter::user("a"),
            Filter::any_run(),
            Filter::app_id().is_in(["a"]),
            Filter::agent_id().other_than("a"),
            Filter::categories().contains("x").and(Filter::user("a")),
            Filter::user("a").or(Filter::agent("b")),
            Filter::user("a").and(Filter::run("r").not()),
            Filter::raw(json!({"AND": [{"created_at": {"gte": "2026-01-01"}}, {"user_id": {"in": ["a"]}}]})),
            Filter::raw(json!({"user_id": "a", "NOT": {"run_id": "b"}})),
        ] {
            assert_eq!(refused(&filter), None, "{filter:?}");
        }
        for filter in [
            Filter::created_at().gt("2026-01-01"),
            Filter::metadata("user_id").eq("a"),
            Filter::user_id().ne("a"),
            Filter::user("a").not(),
            Filter::categories().contains("x").or(Filter::user("a").not()),
            Filter::memory_ids(["m"]),
            Filter::raw(json!({})),
            Filter::raw(json!({"NOT": [{"user_id": "a"}]})),
            Filter::raw(json!({"user_id": null})),
            Filter::raw(json!({"userId": "a"})),
            Filter::raw(json!({"AND": [{"run_id": {"ne": "a"}}]})),
            Filter::raw(json!({"user_id": {"eq": null}})),
            Filter::raw(json!({"user_id": {"in": []}})),
            Filter::raw(json!({"user_id": {"in": [null]}})),
            Filter::raw(json!({"user_id": {}})),
        ] {
            let (field, message) = refused(&filter).unwrap();
            assert!(field == "filters" && message.contains("Filter::user("), "{filter:?}: {message}");
        }
    }

    #[test]
    fn invalid_conditions_name_their_field() {
        let scoped = |filter: Filter| Filter::user("a").and(filter);
        for (filter, field) in [
            (Filter::user(""), "user_id"),
            (Filter::agent_id().ne(" "), "agent_id"),
            (Filter::run_id().is_in(Vec::<String>::new()), "run_id"),
            (Filter::app_id().is_in(["a", ""]), "app_id"),
            (Filter::created_at().gt("yesterday"), "created_at"),
            (Filter::updated_at().eq(1_700_000_000), "updated_at"),
            (Filter::timestamp().within("2026-01-01", "2026-02-30"), "timestamp"),
            (Filter::expiration_date().is_in(["2026-01-01", "never"]), "expiration_date"),
            (Filter::expiration_date().is_in(Vec::<String>::new()), "expiration_date"),
            (Filter::categories().is_in(Vec::<String>::new()), "categories"),
            (Filter::categories().contains(""), "categories"),
            (Filter::metadata("").eq(1), "metadata"),
            (Filter::keywords().icontains(""), "keywords"),
            (Filter::memory_ids(Vec::<crate::memories::MemoryId>::new()), "memory_ids"),
            (Filter::memory_ids([""]), "memory_ids"),
            (Filter::raw(json!([])), "filters"),
            (Filter::raw(json!("user_id")), "filters"),
            (Filter::any_of([]), "filters"),
            (Filter::all_of([]).not(), "filters"),
        ] {
            let (named, message) = refused(&scoped(filter.clone())).unwrap();
            assert_eq!(named, field, "{filter:?}: {message}");
        }
    }

    #[test]
    fn unsupported_operators_are_refused_in_json() {
        let deep = |condition: Value| json!({"AND": [{"user_id": "a"}, {"NOT": {"OR": [condition]}}]});
        for (condition, field, advice) in [
            (json!({"user_id": {"nin": ["b"]}}), "user_id", "NOT around an in"),
            (json!({"run_id": {"gt": "b"}}), "run_id", "eq, ne or in"),
            (json!({"app_id": {"$ne": "b"}}), "app_id", "eq, ne or in"),
            (json!({"created_at": {">=": "2026-01-01"}}), "created_at", "gte"),
            (json!({"updated_at": {"GTE": "2026-01-01"}}), "updated_at", "gte"),
            (
                json!({"expiration_date": {"gte": "2026-01-01", "eq": "2026-01-01"}}),
                "expiration_date",
                "value alone",
            ),
            (json!({"categories": {"eq": "food"}}), "categories", "in or contains"),
            (json!({"keywords": {"in": ["tea"]}}), "keywords", "icontains"),
            (json!({"memory_ids": {"nin": ["m"]}}), "memory_ids", "use in"),
            (json!({"metadata": {"k": {"in": [1]}}}), "metadata", "OR of several"),
            (json!({"metadata": {"k": 1, "l": {"m": 1}}}), "metadata", "nested key"),
        ] {
            for filter in [json!({"agent_id": "a", "AND": [condition]}), deep(condition)] {
                let (named, message) = refused(&Filter::raw(filter.clone())).unwrap();
                assert!(named == field && message.contains(advice), "{filter}: {named} {message}");
            }
        }
        for condition in [
            json!({"user_id": {"eq": "a", "ne": "b", "in": ["a"]}}),
            json!({"created_at": {"gt": 1, "gte": 1, "lt": 1, "lte": 1, "ne": 1, "in": [1]}}),
            json!({"categories": {"in": ["a"], "contains": "a"}}),
            json!({"keywords": {"contains": "a", "icontains": "a"}}),
            json!({"memory_ids": {"in": ["m"]}}),
            json!({"metadata": {"k": {"eq": {"m": 1}, "ne": 1, "contains": "a"}, "nin": 1}}),
            json!({"metadata": "*", "categories": null, "new_field": {"nin": 1}}),
        ] {
            assert_eq!(refused(&Filter::raw(deep(condition.clone()))), None, "{condition}");
        }
    }

    #[test]
    fn an_or_that_the_platform_ignores_is_refused() {
        let siblings = json!({"AND": [{"user_id": "a"}], "OR": [{"run_id": "r"}]});
        for filter in [siblings.clone(), json!({"AND": [{"user_id": "a"}, {"NOT": siblings}]})] {
            let (field, message) = refused(&Filter::raw(filter.clone())).unwrap();
            assert!(field == "filters" && message.contains("list of the AND"), "{filter}: {message}");
        }
        assert_eq!(refused(&Filter::raw(json!({"user_id": "a", "OR": [{"run_id": "r"}]}))), None);
    }

    #[test]
    fn fields_are_found_at_any_depth() {
        let filter = Filter::user("a").and(Filter::run("r").or(Filter::keywords().contains("x")).not());
        assert!(filter.mentions("keywords") && filter.mentions("run_id") && !filter.mentions("app_id"));
    }
}
