//! `member`, of projects and of organizations.

use serde_json::{Value, json};

use crate::test_env::{TestEnv, output_of};

const ANN: &str = "ann@example.com";

/// Role by e-mail address.
fn role(env: &TestEnv, email: &str, whose: &[&str]) -> Option<String> {
    let members = env.json(&[&["member", "list", "--emails"], whose].concat());
    let member = members.as_array().unwrap().iter().find(|member| member["email"] == email)?.clone();
    member["role"].as_str().map(str::to_owned)
}

#[test]
fn members_are_added_changed_and_removed() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["member", "list"]).stdout, "USER    ROLE\nowner   OWNER\nreader  READER\n");
    let with_emails = env.run(&["member", "list", "--emails"]);
    assert_eq!(with_emails.stdout.lines().next(), Some("USER    E-MAIL              ROLE"));
    assert!(with_emails.stdout.contains("reader@example.com"), "{}", with_emails.stdout);
    assert_eq!(env.json(&["member", "list"])[0], json!({"username": "owner", "role": "OWNER"}));

    let added = env.run(&["member", "add", ANN]);
    assert_eq!((added.code, added.stdout.as_str()), (0, ""), "{}", added.stderr);
    assert_eq!(role(&env, ANN, &[]).as_deref(), Some("READER"));
    let again = env.run(&["member", "add", "Ann@example.com", "OWNER"]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(again.stderr.contains("with role READER"), "{}", again.stderr);
    assert_eq!(role(&env, ANN, &[]).as_deref(), Some("READER"));
    let promoted = env.run(&["member", "role", ANN, "owner"]);
    assert_eq!(promoted.code, 0, "raising a role needs no confirmation: {}", promoted.stderr);
    assert_eq!(role(&env, ANN, &[]).as_deref(), Some("OWNER"));

    let unconfirmed = env.run(&["member", "role", ANN, "READER"]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(unconfirmed.stderr.contains("\"default-project\""), "{}", unconfirmed.stderr);
    assert_eq!(role(&env, ANN, &[]).as_deref(), Some("OWNER"));
    let demoted = env.json(&["member", "role", ANN, "READER", "--yes"]);
    assert!(demoted["message"].is_string(), "{demoted}");
    let same = env.run(&["member", "role", ANN, "READER"]);
    assert_eq!(same.code, 0, "an unchanged role needs no confirmation: {}", same.stderr);

    let unconfirmed = env.run(&["member", "remove", ANN]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert_eq!(role(&env, ANN, &[]).as_deref(), Some("READER"));
    let removed = env.run(&["member", "remove", ANN, "--yes"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    assert_eq!(role(&env, ANN, &[]), None);
    assert_eq!(env.run(&["member", "remove", ANN, "--yes"]).code, 5);
    assert_eq!(env.run(&["member", "role", ANN, "OWNER"]).code, 5);
    for output in [added, again, promoted, unconfirmed, removed] {
        assert!(!output.stderr.contains('@'), "no address in a log: {}", output.stderr);
    }
}

#[test]
fn of_org_selects_the_organization() {
    let env = TestEnv::new();
    let org = env.platform.org_id();
    assert_eq!(env.run(&["member", "add", ANN, "OWNER", "--of-org"]).code, 0);
    assert_eq!(role(&env, ANN, &["--of-org"]).as_deref(), Some("OWNER"));
    assert_eq!(role(&env, ANN, &["--org", org]).as_deref(), Some("OWNER"), "selected by ID");
    assert_eq!(role(&env, ANN, &[]), None, "no member of the project");
    let own = ["--org", org, "--project", env.platform.project_id()];
    assert_eq!(role(&env, ANN, &own), None, "both name a project");
    let listed = env.run(&["member", "list", "--of-org"]);
    assert!(listed.stdout.starts_with("USER ID "), "{}", listed.stdout);
    assert!(env.json(&["member", "list", "--of-org"])[0]["user_id"].is_string());

    let unconfirmed = env.run(&["member", "role", ANN, "READER", "--of-org"]);
    assert_eq!(unconfirmed.code, 8);
    assert!(unconfirmed.stderr.contains("the organization \""), "{}", unconfirmed.stderr);
    assert_eq!(env.run(&["member", "role", ANN, "READER", "--of-org", "--yes"]).code, 0);
    assert_eq!(env.run(&["member", "remove", ANN, "--of-org", "--yes"]).code, 0);
    assert_eq!(role(&env, ANN, &["--of-org"]), None);

    let created = env.json(&["org", "create", "Acme"]);
    let acme = created["org_id"].as_str().unwrap();
    assert_eq!(env.json(&["member", "list", "--org", acme]).as_array().unwrap().len(), 1);
    let from_environment = output_of(env.command().env("MEM0_ORG_ID", acme).args(["member", "list"]));
    assert_eq!(from_environment.code, 2, "{}", from_environment.stderr);
    let own =
        output_of(env.command().env("MEM0_ORG_ID", acme).args(["member", "list", "--of-org", "-o", "json"]));
    assert_eq!(serde_json::from_str::<Value>(&own.stdout).unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn an_email_is_not_an_organization_id() {
    let env = TestEnv::new();
    for invalid in [
        &["member", "add", "--org", ANN, "OWNER"][..],
        &["member", "remove", "--org", ANN, "--yes"],
        &["member", "list", "--org", ANN],
        &["member", "list", "--of-org", "--project", "proj-1"],
        &["member", "list", "--org", "--project", "proj-1"],
        &["member", "list", "--org"],
        &["member", "list", "--org", ""],
        &["member", "add", ANN, "ADMIN"],
        &["member", "add", "nobody"],
        &["member", "role", ANN],
        &["member", "add"],
    ] {
        let refused = env.run(invalid);
        assert_eq!(refused.code, 2, "{invalid:?}: {}", refused.stderr);
    }
    assert_eq!(env.json(&["member", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn warns_about_losing_access() {
    let env = TestEnv::new();
    let own = "Owner@example.com";
    let unconfirmed = env.run(&["member", "remove", own]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    for warning in ["your own membership", "the last OWNER"] {
        assert!(unconfirmed.stderr.contains(warning), "{}", unconfirmed.stderr);
    }
    let quiet = env.run(&["member", "remove", own, "--quiet"]);
    assert!(quiet.stderr.contains("your own membership"), "part of the question: {}", quiet.stderr);
    let dry_run = env.run(&["member", "remove", own, "--dry-run"]);
    assert!(dry_run.stderr.contains("your own membership"), "{}", dry_run.stderr);
    let other = env.run(&["member", "remove", "reader@example.com"]);
    assert!(!other.stderr.contains("OWNER") && !other.stderr.contains("your own"), "{}", other.stderr);
    let refused = env.run(&["member", "role", "owner@example.com", "READER", "--yes"]);
    assert_eq!(refused.code, 1, "the platform keeps its last OWNER: {}", refused.stderr);
    assert!(refused.stderr.contains("the last OWNER"), "{}", refused.stderr);

    env.run(&["member", "add", ANN, "OWNER"]);
    let two = env.run(&["member", "remove", own]);
    assert!(two.stderr.contains("your own") && !two.stderr.contains("last OWNER"), "{}", two.stderr);
    assert_eq!(env.run(&["member", "remove", "owner@example.com", "--yes", "--quiet"]).stderr, "");
}

#[test]
fn a_dry_run_of_member_changes_sends_nothing() {
    let env = TestEnv::new();
    let body = |arguments: &[&str]| {
        let output = env.json(&[arguments, &["--dry-run"]].concat());
        assert_eq!(output["requests"].as_array().unwrap().len(), 1, "{output}");
        output["requests"][0].clone()
    };
    let added = body(&["member", "add", ANN, "OWNER"]);
    assert_eq!((&added["method"], &added["body"]), (&json!("POST"), &json!({"email": ANN, "role": "OWNER"})));
    assert_eq!(body(&["member", "role", "reader@example.com", "READER"])["method"], "PUT");
    let removed = body(&["member", "remove", "reader@example.com"]);
    assert_eq!(removed["query"], "email=reader%40example.com");
    assert_eq!(
        body(&["member", "remove", "reader@example.com", "--of-org"])["body"],
        json!({"email": "reader@example.com"})
    );
    assert_eq!(env.json(&["member", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_reader_cannot_change_members() {
    let env = TestEnv::new();
    let reader = |arguments: &[&str]| output_of(env.with_key(env.platform.reader_key()).args(arguments)).code;
    assert_eq!(reader(&["member", "list"]), 0);
    assert_eq!(reader(&["member", "add", ANN]), 4);
    assert_eq!(reader(&["member", "role", "owner@example.com", "READER", "--yes"]), 4);
    assert_eq!(reader(&["member", "remove", "owner@example.com", "--yes"]), 4);
}
