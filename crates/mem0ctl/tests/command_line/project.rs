//! `project`.

use serde_json::json;

use crate::test_env::{TestEnv, output_of};

#[test]
fn projects_are_created_listed_shown_and_deleted() {
    let env = TestEnv::new();
    let created = env.json(&["project", "create", "Support bot", "--description", "Answers customers"]);
    let id = created["project_id"].as_str().unwrap();
    let listed = env.json(&["project", "list"]);
    let names: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["default-project", "Support bot"]);
    let table = env.run(&["project", "list"]);
    assert!(table.stdout.starts_with("ID "), "{}", table.stdout);
    assert_eq!(table.stdout.lines().count(), 3, "{}", table.stdout);
    assert!(table.stdout.lines().nth(2).unwrap().contains("Support bot"), "{}", table.stdout);

    let output = env.json(&["project", "show", id]);
    assert_eq!(
        (&output["description"], &output["user_role"]),
        (&json!("Answers customers"), &json!("OWNER"))
    );
    let table = env.run(&["project", "show", id]);
    assert!(table.stdout.contains("Description         Answers customers\n"), "{}", table.stdout);
    assert_eq!(env.json(&["project", "show"])["name"], "default-project");
    assert_eq!(env.json(&["project", "show", "--project", id])["name"], "Support bot");

    let deleted = env.run(&["project", "delete", id, "--yes"]);
    assert_eq!((deleted.code, deleted.stdout.as_str()), (0, ""), "{}", deleted.stderr);
    assert!(deleted.stderr.contains(id), "{}", deleted.stderr);
    assert_eq!(env.run(&["project", "show", id]).code, 5);
    assert_eq!(env.run(&["project", "delete", id, "--yes"]).code, 5);
}

#[test]
fn deleting_a_project_needs_confirmation() {
    let env = TestEnv::new();
    let own = env.platform.project_id();
    let unconfirmed = env.run(&["project", "delete", own]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(
        unconfirmed.stderr.contains("\"default-project\""),
        "the prompt contains the name: {}",
        unconfirmed.stderr
    );
    assert!(unconfirmed.stderr.contains("the project of your API key"), "{}", unconfirmed.stderr);
    let warned = env.run(&["project", "delete", own, "--dry-run"]);
    assert!(warned.stderr.contains("the project of your API key"), "{}", warned.stderr);
    let dry_run = env.json(&["project", "delete", own, "--dry-run"]);
    assert_eq!(dry_run["requests"].as_array().unwrap().len(), 1, "{dry_run}");
    assert_eq!(dry_run["requests"][0]["method"], "DELETE");
    assert_eq!(env.run(&["project", "show", own]).code, 0);
    let twice = env.run(&["project", "delete", own, "--project", "another", "--yes"]);
    assert_eq!(twice.code, 2, "{}", twice.stderr);
    assert_eq!(env.run(&["project", "show", own]).code, 0);
}

#[test]
fn shows_only_the_selected_fields() {
    let env = TestEnv::new();
    let output = env.json(&["project", "show", "--fields", "decay, name,description"]);
    assert_eq!(output, json!({"decay": false, "description": null, "name": "default-project"}));
    let table = env.run(&["project", "show", "--fields", "decay,name,description"]);
    assert_eq!(table.stdout, "Decay        false\nName         default-project\nDescription  –\n");
    for invalid in ["colour", "", "name,,decay"] {
        let refused = env.run(&["project", "show", "--fields", invalid]);
        assert_eq!(refused.code, 2, "{invalid}: {}", refused.stderr);
        assert!(refused.stderr.contains("custom_categories"), "{}", refused.stderr);
    }
    // Missing fields have a line too.
    for name in ["memory_depth", "usecase", "summary_max_tokens", "expiration_date", "members"] {
        let table = env.run(&["project", "show", "--fields", name]);
        assert_eq!((table.code, table.stdout.is_empty()), (0, false), "{name}: {}", table.stderr);
    }
}

#[test]
fn updates_only_the_given_settings() {
    let env = TestEnv::new();
    let changed = env.run(&[
        "project",
        "update",
        "--name",
        "Renamed",
        "--description",
        "For tests",
        "--decay",
        "on",
        "--multilingual",
        "true",
        "--category",
        "billing=Invoices = refunds",
        "--category",
        "support",
        "--agent-instructions",
        "Heed the agent.",
    ]);
    assert_eq!((changed.code, changed.stdout.as_str()), (0, ""), "{}", changed.stderr);
    assert_eq!(changed.stderr, format!("Updated project {}.\n", env.platform.project_id()));
    let output = env.json(&["project", "show"]);
    for (name, value) in [
        ("name", json!("Renamed")),
        ("description", json!("For tests")),
        ("decay", json!(true)),
        ("multilingual", json!(true)),
        ("custom_categories", json!([{"billing": "Invoices = refunds"}, "support"])),
        ("agent_custom_instructions", json!("Heed the agent.")),
    ] {
        assert_eq!(output[name], value, "{name}");
    }
    let table = env.run(&["project", "show", "--fields", "custom_categories"]);
    assert_eq!(table.stdout, "Categories  billing: Invoices = refunds\n            support\n");

    let result = env.json(&["project", "update", "--no-categories", "--decay", "off"]);
    assert!(result["message"].is_string(), "{result}");
    let output = env.json(&["project", "show"]);
    assert_eq!((&output["decay"], &output["multilingual"]), (&json!(false), &json!(true)));
    assert!(output["custom_categories"].as_array().is_none_or(Vec::is_empty), "{output}");
}

#[test]
fn every_setting_is_sent_under_its_field_name() {
    let env = TestEnv::new();
    let dry_run = env.json(&[
        "project",
        "update",
        "--inclusion",
        "What matters",
        "--exclusion",
        "",
        "--memory-depth",
        "deep",
        "--usecase",
        "7",
        "--pipeline-version",
        "v3",
        "--set",
        "new_setting={\"a\":[1]}",
        "--clear",
        "description",
        "--instructions",
        "@@home",
        "--dry-run",
    ]);
    assert_eq!(
        dry_run["requests"][0]["body"],
        json!({
            "inclusion_prompt": "What matters", "exclusion_prompt": "", "memory_depth": "deep", "usecase_setting": 7,
            "version": "v3", "new_setting": {"a": [1]}, "description": null, "custom_instructions": "@home",
        })
    );
    let table = env.run(&["project", "update", "--usecase", "sales", "--dry-run"]);
    assert!(table.stdout.starts_with("PATCH /api/v1/orgs/organizations/"), "{}", table.stdout);
    assert!(table.stdout.contains("{\"usecase_setting\":\"sales\"}"), "{}", table.stdout);
    assert_eq!(table.stderr, "Dry run: no request was sent.\n");
    assert!(!table.stdout.contains(env.platform.api_key()));
}

#[test]
fn reads_instructions_from_files_and_stdin() {
    let env = TestEnv::new();
    std::fs::write(env.folder.path().join("instructions.txt"), "\u{feff}Be brief.\nNo names.\r\n").unwrap();
    assert_eq!(env.run(&["project", "update", "--instructions", "@instructions.txt"]).code, 0);
    let read = |name: &str| env.json(&["project", "show"])[name].clone();
    assert_eq!(read("custom_instructions"), "Be brief.\nNo names.");
    let mut piped = env.command();
    piped.args(["project", "update", "--description", "@-"]).write_stdin("From the pipe\n");
    assert_eq!(output_of(&mut piped).code, 0);
    assert_eq!(read("description"), "From the pipe");

    std::fs::write(env.folder.path().join("bytes"), [b'a', 0xff]).unwrap();
    std::fs::write(env.folder.path().join("empty"), "\n").unwrap();
    std::fs::write(env.folder.path().join("long"), "a".repeat(1024 * 1024 + 1)).unwrap();
    for (given, why) in [
        ("@missing", "cannot read "),
        ("@.", "cannot read "),
        ("@bytes", "UTF-8"),
        ("@empty", "is empty"),
        ("@long", "longer than 1 MiB"),
        ("@-", "stdin is empty"),
    ] {
        let refused = env.run(&["project", "update", "--instructions", given]);
        assert_eq!(refused.code, 11, "{given}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(why) && refused.stderr.contains("--instructions"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(read("custom_instructions"), "Be brief.\nNo names.", "the setting is unchanged");
    assert_eq!(env.run(&["project", "update", "--instructions", ""]).code, 0);
    assert!(matches!(read("custom_instructions").as_str(), None | Some("")));
}

#[test]
fn invalid_settings_are_rejected_before_a_request() {
    let env = TestEnv::new();
    for invalid in [
        &["project", "update"][..],
        &["project", "update", "--decay", "maybe"],
        &["project", "update", "--set", "no-json"],
        &["project", "update", "--set", "key=red"],
        &["project", "update", "--set", "=1"],
        &["project", "update", "--decay", "on", "--set", "decay=false"],
        &["project", "update", "--set", "enable_graph=true", "--clear", "enable_graph"],
        &["project", "create", "Sales", "--set", "name=\"Support\""],
        &["project", "update", "--category", "=nothing"],
        &["project", "update", "--category", "a=1", "--category", "a=2"],
        &["project", "update", "--category", "a", "--no-categories"],
        &["project", "update", "--name", ""],
        &["project", "update", "..", "--decay", "on"],
        &["project", "show", ""],
        &["project", "create", " "],
        &["project", "delete"],
    ] {
        let refused = env.run(invalid);
        assert_eq!(refused.code, 2, "{invalid:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{invalid:?}");
    }
    let output = env.json(&["project", "show"]);
    assert_eq!((&output["decay"], &output["name"]), (&json!(false), &json!("default-project")));
    assert_eq!(env.json(&["project", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn reports_missing_permission() {
    let env = TestEnv::new();
    let reader = |arguments: &[&str]| output_of(env.with_key(env.platform.reader_key()).args(arguments));
    assert_eq!(reader(&["project", "show"]).code, 0);
    assert_eq!(reader(&["project", "update", "--decay", "on"]).code, 4);
    assert_eq!(reader(&["project", "delete", env.platform.project_id(), "--yes"]).code, 4);
    let own = [env.platform.org_id(), env.platform.project_id()];
    let unknown_key =
        output_of(env.with_key(env.platform.other_key()).args(["project", "show", own[1], "--org", own[0]]));
    assert_eq!(unknown_key.code, 5, "{}", unknown_key.stderr);
    let partial = env.run(&["project", "show", "--org", own[0]]);
    assert_eq!(partial.code, 2, "{}", partial.stderr);
    assert!(partial.stderr.contains("--project"), "{}", partial.stderr);
}
