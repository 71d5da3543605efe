//! Precedence of flags, environment and profile.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::test_env::{TestEnv, output_of};

pub(crate) fn status(command: &mut Command) -> Value {
    let output = output_of(command.args(["status", "--output", "json"]));
    assert_eq!(output.code, 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn flags_override_the_environment_and_the_environment_overrides_the_profile() {
    let env = TestEnv::new();
    env.configure_profiles();
    let (owner, reader, url) = (env.platform.api_key(), env.platform.reader_key(), env.platform.url());
    let role = |command: &mut Command| status(command)["role"].as_str().unwrap().to_owned();
    assert_eq!(role(&mut env.bare()), "OWNER");
    assert_eq!(role(env.bare().env("MEM0_PROFILE", "reader")), "READER");
    // Key from the environment, URL from the profile.
    assert_eq!(role(env.bare().env("MEM0_API_KEY", reader)), "READER");
    assert_eq!(role(env.bare().env("MEM0_PROFILE", "reader").env("MEM0_API_KEY", owner)), "OWNER");
    assert_eq!(role(env.bare().env("MEM0_API_KEY", reader).args(["--api-key", owner])), "OWNER");
    // `--profile` overrides the whole environment.
    let mut named = env.bare();
    named.env("MEM0_API_KEY", owner).env("MEM0_PROFILE", "owner").env("MEM0_BASE_URL", "http://127.0.0.1:9");
    assert_eq!(role(named.args(["--profile", "reader"])), "READER");
    let mut named = env.bare();
    named.env("MEM0_API_KEY", reader).args(["--profile", "reader", "--api-key", owner]);
    assert_eq!(role(&mut named), "OWNER");
    let unreachable =
        output_of(env.bare().args(["status", "--base-url", "http://127.0.0.1:9", "--timeout", "1"]));
    assert_eq!(unreachable.code, 7, "{}", unreachable.stderr);
    let unreachable =
        output_of(env.bare().env("MEM0_BASE_URL", "http://127.0.0.1:9").args(["status", "--timeout", "1"]));
    assert_eq!(unreachable.code, 7, "{}", unreachable.stderr);
    // An empty variable counts as unset.
    assert_eq!(role(env.bare().env("MEM0_API_KEY", "").env("MEM0_BASE_URL", " ")), "OWNER");

    let warned = output_of(env.bare().env("MEM0_API_KEY", reader).arg("status"));
    assert!(warned.stderr.contains("overrides the key of profile `owner`"), "{}", warned.stderr);
    let quiet = output_of(env.bare().env("MEM0_API_KEY", reader).args(["status", "--quiet"]));
    assert_eq!(quiet.stderr, "");
    let plain = output_of(env.bare().env("MEM0_BASE_URL", url).arg("status"));
    assert_eq!((plain.code, plain.stderr.as_str()), (0, ""));
}

/// The path contains both IDs, and no identity request is needed if both are given.
#[test]
fn organization_and_project_follow_the_same_precedence() {
    let env = TestEnv::new();
    env.configure(
        "current = \"p\"\n[profiles.p]\nbase_url = \"http://127.0.0.1:9\"\napi_key = \"m0-p\"\n\
         org_id = \"profile-org\"\nproject_id = \"profile-project\"\n",
    );
    let environment = [("MEM0_ORG_ID", "variable-org"), ("MEM0_PROJECT_ID", "variable-project")];
    let path = |set: &[(&str, &str)], flags: &[&str]| {
        let mut command = env.bare();
        command.envs(set.iter().copied()).args([
            "project",
            "update",
            "--decay",
            "on",
            "--dry-run",
            "--output",
            "json",
        ]);
        let output = output_of(command.args(flags));
        assert_eq!(output.code, 0, "{set:?} {flags:?}: {}", output.stderr);
        let output: Value = serde_json::from_str(&output.stdout).unwrap();
        output["requests"][0]["path"].as_str().unwrap().to_owned()
    };
    let (org, project) = (["--org", "flag-org"], ["--project", "flag-project"]);
    let both = [org, project].concat();
    for (set, flags, expected) in [
        (&[][..], &[][..], ("profile-org", "profile-project")),
        (&environment[1..], &[], ("profile-org", "variable-project")),
        (&environment, &[], ("variable-org", "variable-project")),
        (&[], &project, ("profile-org", "flag-project")),
        (&environment, &project, ("variable-org", "flag-project")),
        (&environment, &both, ("flag-org", "flag-project")),
        (&[("MEM0_ORG_ID", ""), ("MEM0_PROJECT_ID", " ")], &[], ("profile-org", "profile-project")),
    ] {
        let (org_id, project_id) = expected;
        let expected = format!("/api/v1/orgs/organizations/{org_id}/projects/{project_id}/");
        assert_eq!(path(set, flags), expected, "{set:?} {flags:?}");
    }
    // A project of another organization is ignored.
    let mut command = env.bare();
    let without_project = output_of(command.env("MEM0_ORG_ID", "variable-org").args([
        "project",
        "update",
        "--decay",
        "on",
        "--dry-run",
    ]));
    assert_eq!(
        (without_project.code, without_project.stdout.as_str()),
        (2, ""),
        "{}",
        without_project.stderr
    );
}

#[test]
fn uses_the_organization_and_project_of_a_profile() {
    let env = TestEnv::new();
    let created = env.json(&["org", "create", "Acme"]);
    let acme = created["org_id"].as_str().unwrap();
    let client = env.platform.client().unwrap();
    let bot = client.organization(acme).create_project("Bot").unwrap().project_id.unwrap().to_string();
    let (url, key) = (env.platform.url(), env.platform.api_key());
    let profile = |name: &str, more: &str| {
        format!("[profiles.{name}]\nbase_url = \"{url}\"\napi_key = \"{key}\"\n{more}\n")
    };
    env.configure(
        &[
            profile("whole", &format!("org_id = \"{acme}\"\nproject_id = \"{bot}\"")),
            profile("organization", &format!("org_id = \"{acme}\"")),
            profile("project", &format!("project_id = \"{}\"", env.platform.project_id())),
            profile("strange", &format!("project_id = \"{bot}\"")),
        ]
        .concat(),
    );
    let of = |profile: &str| status(env.bare().args(["--profile", profile]));
    let whole = of("whole");
    assert_eq!((&whole["org_id"], &whole["project"]), (&json!(acme), &json!("Bot")));
    // The key's project is in another organization.
    let organization = of("organization");
    assert_eq!((&organization["org_id"], &organization["project_id"]), (&json!(acme), &Value::Null));
    let output = env.run_with_config(&["org", "show", "--profile", "organization", "--output", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&output.stdout).unwrap()["name"], "Acme");
    // A project without an organization is in the key's organization.
    let project = of("project");
    assert_eq!(project["org_id"], env.platform.org_id());
    assert_eq!(project["project_id"], env.platform.project_id());
    assert_eq!(env.run_with_config(&["status", "--profile", "strange"]).code, 5);
    // Another organization ignores the profile's project.
    let own = env.platform.org_id();
    let other_organization = status(env.bare().args(["--profile", "whole", "--org", own]));
    assert_eq!(
        (&other_organization["org_id"], &other_organization["project_id"]),
        (&json!(own), &Value::Null)
    );
    let pair = ["--profile", "whole", "--org", own, "--project", env.platform.project_id()];
    assert_eq!(status(env.bare().args(pair))["project"], "default-project");
    let other = client.organization(acme).create_project("Other").unwrap().project_id.unwrap().to_string();
    let beside = status(env.bare().args(["--profile", "whole", "--project", &other]));
    assert_eq!((&beside["org_id"], &beside["project"]), (&json!(acme), &json!("Other")));
}

#[test]
fn a_key_comes_from_a_variable_or_a_command() {
    let env = TestEnv::new();
    let (url, key) = (env.platform.url(), env.platform.api_key());
    fs::write(env.folder.path().join("key"), format!("\n  {key} \n\n")).unwrap();
    let profile = |name: &str, more: &str| format!("[profiles.{name}]\nbase_url = \"{url}\"\n{more}\n");
    env.configure(
        &[
            profile("variable", "api_key_env = \"OUR_KEY\""),
            profile("command", "key_command = \"echo asked >> asked; echo passphrase, please >&2; cat key\""),
            profile("failing", "key_command = \"cat key; exit 3\""),
            profile("silent", "key_command = \"true\""),
            profile("wordy", "key_command = \"cat key key\""),
            profile("endless", "key_command = \"yes\""),
            profile("missing", "key_command = \"no-such-program\""),
            profile("without", ""),
        ]
        .concat(),
    );
    let of = |name: &str| output_of(env.bare().env("MEM0_API_KEY", key).args(["status", "--profile", name]));
    let variable = output_of(env.bare().env("OUR_KEY", key).args(["status", "--profile", "variable"]));
    assert_eq!(variable.code, 0, "{}", variable.stderr);
    let command = of("command");
    assert_eq!((command.code, command.stderr.as_str()), (0, "passphrase, please\n"));
    for (name, expected) in [
        ("variable", "OUR_KEY, which is not set"),
        ("failing", "failed (exit status: 3)"),
        ("silent", "printed nothing"),
        ("wordy", "printed more than one line"),
        ("endless", "printed more than a key"),
        ("missing", "failed (exit status: 127)"),
        ("without", "has no API key"),
    ] {
        let failed = of(name);
        assert_eq!((failed.code, failed.stdout.as_str()), (3, ""), "{name}: {}", failed.stderr);
        assert!(
            failed.stderr.contains(expected) && failed.stderr.contains(name),
            "{name}: {}",
            failed.stderr
        );
        assert!(!failed.stderr.contains(key), "{}", failed.stderr);
    }

    // The command runs only when the key is needed.
    let run_count = || fs::read_to_string(env.folder.path().join("asked")).unwrap().lines().count();
    assert_eq!(run_count(), 1);
    let other = output_of(env.bare().args(["status", "--profile", "command", "--api-key", key]));
    assert_eq!(other.code, 0, "{}", other.stderr);
    for arguments in [["profile", "list"], ["profile", "show"]] {
        let mut command = env.bare();
        command.args(arguments).args(if arguments[1] == "show" { &["command"][..] } else { &[] });
        let table = output_of(&mut command);
        assert_eq!(table.code, 0, "{}", table.stderr);
        assert!(table.stdout.contains("echo …") && !table.stdout.contains("passphrase"), "{}", table.stdout);
    }
    assert_eq!(run_count(), 1);
}

/// Piped input belongs to the command.
#[test]
fn a_key_command_does_not_read_piped_input() {
    let env = TestEnv::new();
    let (url, key) = (env.platform.url(), env.platform.api_key());
    env.configure(&format!(
        "[profiles.greedy]\nbase_url = \"{url}\"\nkey_command = \"cat > eaten; echo {key}\"\n"
    ));
    let mut command = env.bare();
    command.args(["memory", "import", "-", "--profile", "greedy", "--output", "json"]);
    let imported = output_of(command.write_stdin("{\"memory\": \"Tea\", \"user_id\": \"alice\"}\n"));
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let report: Value = serde_json::from_str(&imported.stdout).unwrap();
    assert_eq!(report["added"], 1, "{report}");
    assert_eq!(fs::read_to_string(env.folder.path().join("eaten")).unwrap(), "");
}
