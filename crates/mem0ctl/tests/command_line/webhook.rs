//! `webhook`.

use serde_json::json;

use crate::test_env::{TestEnv, output_of};

const URL: &str = "https://example.com/hooks/7f3a?token=secret";

#[test]
fn webhooks_are_created_listed_updated_and_deleted() {
    let env = TestEnv::new();
    let none = env.run(&["webhook", "list"]);
    let expected = format!("No webhooks in project \"default-project\" ({}).\n", env.platform.project_id());
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (0, "", expected.as_str()));
    assert_eq!(env.json(&["webhook", "list"]), json!([]));
    let created = env.json(&["webhook", "create", "audit", URL, "--event", "memory_add,memory_delete"]);
    let id = created["webhook_id"].as_str().unwrap();
    let listed = env.run(&["webhook", "list"]);
    for expected in [id, "audit", URL, "memory_add, memory_delete", "true"] {
        assert!(listed.stdout.contains(expected), "{}", listed.stdout);
    }
    let second = ["webhook", "create", "jobs", URL, "--event", "ingest_job_failed", "--event", "memory_add"];
    let second = env.run(&[&second[..], &["--active", "off"]].concat());
    assert!(second.stdout.contains("Active   false\n"), "{}", second.stdout);
    assert!(second.stdout.contains("Events   ingest_job_failed, memory_add\n"), "{}", second.stdout);

    let changed = env.run(&["webhook", "update", id, "--name", "log", "--event", "memory_update"]);
    assert_eq!((changed.code, changed.stdout.as_str()), (0, ""), "{}", changed.stderr);
    assert_eq!(env.run(&["webhook", "update", id, "--active", "off"]).code, 0);
    let output = env.json(&["webhook", "show", id]);
    assert_eq!((&output["name"], &output["url"]), (&json!("log"), &json!(URL)));
    assert_eq!((&output["event_types"], &output["is_active"]), (&json!(["memory_update"]), &json!(false)));
    let table = env.run(&["webhook", "show", id]);
    assert!(table.stdout.contains("Project  default-project\n"), "{}", table.stdout);

    let unconfirmed = env.run(&["webhook", "delete", id]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(
        unconfirmed.stderr.contains("\"log\"") && !unconfirmed.stderr.contains("secret"),
        "{}",
        unconfirmed.stderr
    );
    let dry_run = env.json(&["webhook", "delete", id, "--dry-run"]);
    assert_eq!(dry_run["requests"][0]["method"], "DELETE");
    assert_eq!(env.json(&["webhook", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(env.run(&["webhook", "delete", id, "--yes"]).code, 0);
    for gone in [
        &["webhook", "show", id][..],
        &["webhook", "delete", id],
        &["webhook", "delete", id, "--yes"],
        &["webhook", "update", id, "--name", "x"],
    ] {
        assert_eq!(env.run(gone).code, 5, "{gone:?}");
    }
}

#[test]
fn rejects_invalid_webhooks() {
    let env = TestEnv::new();
    for invalid in [
        &["webhook", "create", "audit", URL][..],
        &["webhook", "create", "audit", URL, "--event", "memory_moved"],
        &["webhook", "create", "audit", URL, "--event", ""],
        &["webhook", "create", "", URL, "--event", "memory_add"],
        &["webhook", "create", "audit", "ftp://example.com/secret", "--event", "memory_add"],
        &["webhook", "create", "audit", "secret", "--event", "memory_add"],
        &["webhook", "update", "wh-1"],
        &["webhook", "update", "wh-1", "--active", "perhaps"],
        &["webhook", "update", "..", "--name", "x"],
        &["webhook", "delete", "..", "--yes"],
    ] {
        let refused = env.run(invalid);
        assert_eq!(refused.code, 2, "{invalid:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    }
    assert_eq!(env.json(&["webhook", "list"]), json!([]));
    let dry_run = env.json(&["webhook", "create", "audit", URL, "--event", "memory_add", "--dry-run"]);
    assert_eq!(
        dry_run["requests"][0]["body"],
        json!({"name": "audit", "url": URL, "event_types": ["memory_add"]}),
        "{dry_run}"
    );
    assert_eq!(env.json(&["webhook", "list"]), json!([]));
}

#[test]
fn webhooks_belong_to_the_selected_project() {
    let env = TestEnv::new();
    let other = env.json(&["project", "create", "Other"]);
    let other = other["project_id"].as_str().unwrap();
    env.json(&["webhook", "create", "audit", URL, "--event", "memory_add", "--project", other]);
    assert_eq!(env.json(&["webhook", "list"]), json!([]));
    assert_eq!(env.json(&["webhook", "list", "--project", other]).as_array().unwrap().len(), 1);
    let create = ["webhook", "create", "audit", URL, "--event", "memory_add"];
    let reader = output_of(env.with_key(env.platform.reader_key()).args(create));
    assert_eq!(reader.code, 4, "{}", reader.stderr);
}
