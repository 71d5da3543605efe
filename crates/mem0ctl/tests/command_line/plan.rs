//! `plan`, `apply` and `pull`.

use assert_cmd::Command;
use mem0::Role;
use mem0_local::{Fault, Operation, Route};
use serde_json::{Value, json};

use crate::test_env::{CommandOutput, TestEnv, output_of};

const FILE: &str = r#"
[members]
"owner@example.com" = "OWNER"
"ann@example.com" = "OWNER"

[projects."Support bot"]
decay = true
custom_instructions = """
Keep contracts.
Keep names.
"""

[projects."Support bot".custom_categories]
billing = "Invoices and refunds"

[projects."Support bot".members]
"ann@example.com" = "OWNER"
"bob@example.com" = "READER"

[[projects."Support bot".webhooks]]
name = "audit"
url = "https://example.com/hooks/7f3a"
event_types = ["memory_add", "memory_delete"]
"#;

impl TestEnv {
    pub(crate) fn file(&self, text: &str) {
        std::fs::write(self.folder.path().join("mem0.toml"), text).unwrap();
    }

    /// Runs `plan` with a file.
    pub(crate) fn plan(&self, text: &str, arguments: &[&str]) -> CommandOutput {
        self.file(text);
        self.run(&[&["plan", "mem0.toml"], arguments].concat())
    }

    pub(crate) fn apply(&self, text: &str, arguments: &[&str]) -> CommandOutput {
        self.file(text);
        self.run(&[&["apply", "mem0.toml"], arguments].concat())
    }
}

#[test]
fn a_plan_is_shown_applied_and_then_empty() {
    let env = TestEnv::new();
    let plan = env.plan(FILE, &[]);
    assert_eq!((plan.code, plan.stderr.as_str()), (10, ""), "{}", plan.stderr);
    let organization = env.platform.org_id();
    let project = env.platform.project_id();
    let expected = format!(
        r#"organization "default-org" ({organization})
  + member ann@example.com: OWNER
  + member bob@example.com: READER

project "Support bot"
  + project
  ~ custom_instructions
      + Keep contracts.
      + Keep names.
  ~ decay: not set -> true
  ~ custom_categories
      + "billing": "Invoices and refunds"
  + member ann@example.com: OWNER
  + member bob@example.com: READER
  + webhook "audit": "https://example.com/[hidden]"
      event_types: memory_add, memory_delete

not in the file, unchanged
    member reader@example.com (READER) of the organization
    member owner@example.com (OWNER) of project "Support bot"
    project "default-project" ({project}), the project of your key

7 changes: 6 to add, 1 to change, 0 to remove. 3 objects are not in the file.
"#
    );
    assert_eq!(plan.stdout, expected);
    assert!(!plan.stdout.contains("7f3a"), "{}", plan.stdout);

    let before = env.platform.dump().unwrap();
    let unconfirmed = env.apply(FILE, &[]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(unconfirmed.stdout.contains("+ project"), "{}", unconfirmed.stdout);
    assert!(env.platform.dump().unwrap() == before, "plan and prompt change nothing");

    let applied = env.apply(FILE, &["--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    assert!(applied.stderr.ends_with("\nApply complete: 6 added, 1 changed.\n"), "{}", applied.stderr);
    assert_eq!(
        applied.stderr.lines().filter(|line| line.ends_with(": done")).count(),
        7,
        "{}",
        applied.stderr
    );
    assert!(!applied.stderr.contains("example.com"), "{}", applied.stderr);
    let again = env.plan(FILE, &[]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    assert!(again.stdout.ends_with("No changes. 3 objects are not in the file.\n"), "{}", again.stdout);
    env.platform.clear_request_log();
    let unchanged = env.apply(FILE, &[]);
    assert_eq!(unchanged.code, 0, "{}", unchanged.stderr);
    assert!(env.platform.request_log().iter().all(|entry| entry.method == "GET"));
}

#[test]
fn plan_and_apply_print_json() {
    let env = TestEnv::new();
    let plan = env.plan(FILE, &["--output", "json"]);
    assert_eq!(plan.code, 10);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["org_id"], env.platform.org_id());
    assert_eq!(plan["steps"].as_array().unwrap().len(), 7);
    assert_eq!(
        plan["steps"][0],
        json!({
            "step": "add_member", "project": null, "email": "ann@example.com", "role": "OWNER",
        })
    );
    assert_eq!(plan["unmanaged"][0]["unmanaged"], "member");
    let lines = env.plan(FILE, &["--output", "jsonl"]);
    assert_eq!((lines.code, lines.stdout.lines().count()), (10, 7));
    let unconfirmed = env.apply(FILE, &["--output", "json"]);
    assert_eq!((unconfirmed.code, unconfirmed.stdout.as_str()), (8, ""));
    assert!(
        unconfirmed.stderr.contains("[e-mail]") && !unconfirmed.stderr.contains("ann@"),
        "{}",
        unconfirmed.stderr
    );
    let applied = env.json(&["apply", "mem0.toml", "--yes"]);
    assert_eq!(applied["done"].as_array().unwrap().len(), 7);
    assert_eq!((&applied["failed"], &applied["not_done"]), (&Value::Null, &json!([])));
    assert_eq!(env.json(&["apply", "mem0.toml"]), json!({"done": [], "failed": null, "not_done": []}));
    assert_eq!(env.json(&["plan", "mem0.toml"])["steps"], json!([]));
}

#[test]
fn a_dry_run_of_apply_lists_every_request() {
    let env = TestEnv::new();
    env.file(FILE);
    let output = env.json(&["apply", "mem0.toml", "--dry-run"]);
    let requests: Vec<String> = output["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| {
            format!("{} {}", request["method"].as_str().unwrap(), request["path"].as_str().unwrap())
        })
        .collect();
    let organization = format!("/api/v1/orgs/organizations/{}/", env.platform.org_id());
    let project = format!("{organization}projects/dry-run/");
    let expected = [
        format!("POST {organization}members/"),
        format!("POST {organization}members/"),
        format!("POST {organization}projects/"),
        format!("PATCH {project}"),
        format!("POST {project}members/"),
        format!("POST {project}members/"),
        "POST /api/v1/webhooks/projects/dry-run/".to_owned(),
    ];
    assert_eq!(requests, expected);
    assert_eq!(env.plan(FILE, &[]).code, 10);
}

#[test]
fn apply_sends_only_differences() {
    let env = TestEnv::new();
    assert_eq!(env.apply(FILE, &["--yes"]).code, 0);
    let changed = FILE.replace("decay = true", "decay = true\nmultilingual = true\nmemory_depth = \"\"");
    env.platform.clear_request_log();
    assert_eq!(env.apply(&changed, &["--yes"]).code, 0);
    let requests = env.platform.request_log();
    let sent: Vec<_> = requests.iter().filter(|entry| entry.method != "GET").collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].operation, Some(Operation::UpdateProject));
    assert_eq!(sent[0].body, Some(json!({"multilingual": true})));
}

#[test]
fn a_failed_apply_reports_its_steps_and_can_be_repeated() {
    let env = TestEnv::new();
    env.file(FILE);
    let route = || Route::operation(Operation::UpdateProject);
    env.platform.fail_next(route(), Fault::status(403));
    let stopped = env.run(&["apply", "mem0.toml", "--yes"]);
    assert_eq!(stopped.code, 9, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("3 of 7 steps done"), "{}", stopped.stderr);
    assert_eq!(stopped.stderr.matches(": not done").count(), 3, "{}", stopped.stderr);
    assert_eq!(stopped.stderr.matches(": failed").count(), 1, "{}", stopped.stderr);
    env.platform.fail_next(route(), Fault::status(403));
    let first = env.run(&["apply", "mem0.toml", "--yes", "--output", "json"]);
    assert_eq!(first.code, 4, "no step was applied: {}", first.stderr);
    let result: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(result["failed"]["step"]["step"], "update_project");
    assert_eq!(result["not_done"].as_array().unwrap().len(), 3);
    assert_eq!(env.run(&["apply", "mem0.toml", "--yes"]).code, 0);
    assert_eq!(env.run(&["plan", "mem0.toml"]).code, 0);
}

#[test]
fn prune_deletes_unlisted_objects_except_the_keys_project() {
    let env = TestEnv::new();
    assert_eq!(env.apply(FILE, &["--yes"]).code, 0);
    let file = "[members]\n\"owner@example.com\" = \"OWNER\"\n[projects]\n";
    let plan = env.plan(file, &["--prune"]);
    assert_eq!(plan.code, 10, "{}", plan.stderr);
    for expected in [
        "  ! ALL ITS MEMORIES ARE DELETED PERMANENTLY",
        "  - member bob@example.com: READER",
        "    project \"default-project\" (",
        ", the project of your key",
        "4 changes: 0 to add, 0 to change, 4 to remove.",
    ] {
        assert!(plan.stdout.contains(expected), "{expected}: {}", plan.stdout);
    }
    assert_eq!(env.plan(file, &[]).code, 0, "without --prune nothing goes");
    let unconfirmed = env.apply(file, &["--prune"]);
    assert_eq!(unconfirmed.code, 8);
    assert!(unconfirmed.stderr.contains("DELETE ALL MEMORIES of \"Support bot\""), "{}", unconfirmed.stderr);
    assert_eq!(env.apply(file, &["--prune", "--yes"]).code, 0);
    assert_eq!(env.plan(file, &["--prune"]).code, 0);
    let client = env.platform.client().unwrap();
    let projects = client.organization(env.platform.org_id()).projects().unwrap();
    assert_eq!(projects.len(), 1);
}

#[test]
fn a_name_next_to_an_id_renames_a_project() {
    let env = TestEnv::new();
    let pulled = env.run(&["pull"]).stdout;
    for file in [
        pulled.replace("[projects.default-project", "[projects.\"First name\""),
        pulled.replace("[projects.default-project]", "[projects.default-project]\nname = \"Second name\""),
    ] {
        let plan = env.plan(&file, &[]);
        assert_eq!(plan.code, 10, "{}{file}", plan.stderr);
        assert!(plan.stdout.contains("~ name: "), "{}", plan.stdout);
        assert!(plan.stdout.contains("1 change: 0 to add, 1 to change, 0 to remove."), "{}", plan.stdout);
        assert_eq!(env.apply(&file, &["--yes"]).code, 0);
        assert_eq!(env.plan(&file, &[]).code, 0);
    }
    let project = env.platform.client().unwrap().project().get().unwrap();
    assert_eq!(project.name.as_deref(), Some("Second name"));
}

#[test]
fn projects_with_the_same_name_need_an_id() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let organization = client.organization(env.platform.org_id());
    let ids: Vec<String> = (0..2)
        .map(|_| organization.create_project("Twin").unwrap().project_id.unwrap().into_string())
        .collect();
    let plan = env.plan("[projects.Twin]\ndecay = true\n", &[]);
    assert_eq!(plan.code, 11);
    assert!(ids.iter().all(|id| plan.stderr.contains(id)), "{}", plan.stderr);
    let plan = env.plan(&format!("[projects.Twin]\nid = \"{}\"\ndecay = true\n", ids[1]), &[]);
    assert_eq!(plan.code, 10, "{}", plan.stderr);
    assert!(plan.stdout.contains(&ids[1]), "{}", plan.stdout);
}

#[test]
fn the_file_selects_the_organization() {
    let env = TestEnv::new();
    let created = env.json(&["org", "create", "Acme"]);
    let id = created["org_id"].as_str().unwrap();
    let member = "[members]\n\"owner@example.com\" = \"OWNER\"\n\"ann@example.com\" = \"READER\"\n";
    for head in [format!("id = \"{id}\""), "name = \"Acme\"".to_owned()] {
        let plan = env.plan(&format!("[organization]\n{head}\n{member}"), &["--output", "json"]);
        assert_eq!(plan.code, 10, "{}", plan.stderr);
        assert_eq!(serde_json::from_str::<Value>(&plan.stdout).unwrap()["org_id"], id);
    }
    let file = format!("[organization]\nid = \"{id}\"\n{member}");
    let other = env.plan(&file, &["--org", env.platform.org_id()]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert_eq!(env.plan(&file, &["--org", id]).code, 10);
    let unknown = env.plan("[organization]\nname = \"Nowhere\"\n", &[]);
    assert_eq!(unknown.code, 5, "{}", unknown.stderr);
    let invalid = env.plan(&format!("[organization]\nid = \"{id}\"\nname = \"Other\"\n"), &[]);
    assert_eq!(invalid.code, 11, "{}", invalid.stderr);
    assert!(invalid.stderr.contains("\"Acme\""), "{}", invalid.stderr);
    assert_eq!(env.plan("[organization]\nid = \"org_unknown\"\n", &[]).code, 5);
    assert!(env.json(&["org", "create", "Acme"])["message"].is_string());
    let several = env.plan("[organization]\nname = \"Acme\"\n", &[]);
    assert_eq!(several.code, 11, "{}", several.stderr);
    assert!(several.stderr.contains(id), "{}", several.stderr);
}

#[test]
fn an_invalid_file_is_reported_with_its_position() {
    let env = TestEnv::new();
    let owner = "\"a@example.com\" = \"OWNER\"";
    for (file, message) in [
        ("[projects.A]\n[projects.A]\n", "line 2, column 11: duplicate key"),
        ("\"ann@example.com\" = \"OWNER\"\n", "line 1, column 1: unknown field [e-mail]"),
        ("[projects.A]\ndecay = \n", "line 2, column "),
        ("[projects.A]\ndecai = true\n", "line 2, column 1: unknown field `decai`"),
        ("[project.A]\n", "line 1, column 2: unknown field `project`"),
        ("[projects.A]\ndecay = \"yes\"\n", "line 2, column 9: invalid type: string \"yes\""),
        ("[members]\n\"a@example.com\" = \"BOSS\"\n", "line 2, column 19: unknown role"),
        ("[members]\n\"a@example.com\" = \"auditor\"\n", "READER or OWNER"),
        ("[members]\nann = \"OWNER\"\n", "line 2, column 1: a member is not a valid e-mail address"),
        (&format!("[members]\n{owner}\n\"A@example.com\" = \"READER\"\n"), "duplicate member"),
        ("[members]\n\"a@example.com\" = \"READER\"\n", "no OWNER in the organization"),
        ("[members]\n", "no OWNER in the organization"),
        (
            "[projects.A.members]\n\"a@example.com\" = \"READER\"\n",
            "project \"A\": no OWNER among the members",
        ),
        ("[projects.A]\nid = \"p\"\n[projects.B]\nid = \"p\"\n", "duplicate id `p`"),
        ("[projects.A]\n[projects.B]\nname = \"A\"\n", "duplicate name \"A\""),
        ("[projects.\"\"]\n", "must not be empty"),
        ("[projects.A]\nversion = \"\"\n", "invalid version: project \"A\": the version must not be empty"),
        ("[projects.A]\ncustom_categories = [\"\"]\n", "empty name"),
        ("[projects.A]\nid = \"proj_unknown\"\n", "no project with the id `proj_unknown`"),
        ("[[projects.A.webhooks]]\nname = \"w\"\n", "missing field `url`"),
        (
            "[[projects.A.webhooks]]\nname=\"w\"\nurl=\"x\"\nevent_types=[\"memory_add\"]\n",
            "has an invalid url",
        ),
        ("[[projects.A.webhooks]]\nname=\"w\"\nurl=\"https://x.io\"\nevent_types=[]\n", "has no event types"),
        (
            "[projects.A]\nwebhooks = [{name=\"w\", url=\"https://x.io\", event_types=[\"a\"]}, \
             {name=\"w\", url=\"https://x.io\", event_types=[\"a\"]}]\n",
            "duplicate webhook \"w\"",
        ),
    ] {
        env.platform.clear_request_log();
        for command in ["plan", "apply"] {
            env.file(file);
            let output = env.run(&[command, "mem0.toml", "--yes"]);
            assert_eq!((output.code, output.stdout.as_str()), (11, ""), "{file}: {}", output.stderr);
            assert!(output.stderr.contains(message), "{file}: {}", output.stderr);
            assert!(output.stderr.starts_with("error: mem0.toml"), "{file}: {}", output.stderr);
            assert!(!output.stderr.contains("example.com\""), "{file}: {}", output.stderr);
        }
        assert!(env.platform.request_log().iter().all(|entry| entry.method == "GET"), "{file}");
    }
    let missing = env.run(&["plan", "nowhere.toml"]);
    assert_eq!(missing.code, 11, "{}", missing.stderr);
    let binary = env.folder.path().join("binary.toml");
    std::fs::write(binary, b"\xff\xfe").unwrap();
    assert_eq!(env.run(&["plan", "binary.toml"]).code, 11);
    assert_eq!(env.run(&["plan"]).code, 2);
}

#[test]
fn the_last_owner_cannot_leave_a_project() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let organization = client.organization(env.platform.org_id());
    organization.add_member("ann@example.com", Role::Owner).unwrap();
    let created = organization.create_project("Hers").unwrap();
    let project = organization.project(created.id().unwrap());
    project.add_member("ann@example.com", Role::Owner).unwrap();
    project.remove_member("owner@example.com").unwrap();
    let plan = env.plan("[members]\n\"owner@example.com\" = \"OWNER\"\n", &["--prune"]);
    assert_eq!(plan.code, 11, "{}", plan.stdout);
    assert!(plan.stderr.contains("\"Hers\"") && plan.stderr.contains("OWNER"), "{}", plan.stderr);
}

#[test]
fn a_reader_plans_from_stdin_but_cannot_apply() {
    let env = TestEnv::new();
    let file = "[projects.default-project]\ndecay = true\n";
    let piped =
        |command: &mut Command, arguments: &[&str]| output_of(command.args(arguments).write_stdin(file));
    let reader = || env.with_key(env.platform.reader_key());
    assert_eq!(piped(&mut reader(), &["plan", "-"]).code, 10);
    let refused = piped(&mut reader(), &["apply", "-", "--yes"]);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    let unconfirmed = piped(&mut env.command(), &["apply", "-"]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert_eq!(piped(&mut env.command(), &["apply", "-", "--yes"]).code, 0);
    let pulled = output_of(reader().arg("pull"));
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
    assert!(!pulled.stdout.contains("webhooks"), "{}", pulled.stdout);
}

/// The file in docs/projects-as-code.md can be planned, with the output below it.
#[test]
fn the_file_in_the_guide_is_planned() {
    let env = TestEnv::new();
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/projects-as-code.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, section) = guide.split_once("## A file").unwrap();
    let (_, file) = section.split_once("```toml\n").unwrap();
    let (file, _) = file.split_once("```").unwrap();
    let plan = env.plan(file, &[]);
    assert_eq!(plan.code, 10, "{}", plan.stderr);
    let (_, output) = section.split_once("```text\n").unwrap();
    let (output, _) = output.split_once("```").unwrap();
    // IDs differ between platforms.
    let without_ids = |text: &str| -> Vec<String> {
        let words = |line: &str| {
            line.split(' ')
                .filter(|word| !word.starts_with("(org_") && !word.starts_with("(proj_"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        text.lines().filter(|line| !line.starts_with('$')).map(words).collect()
    };
    assert_eq!(without_ids(output), without_ids(&plan.stdout));
    assert_eq!(env.run(&["apply", "mem0.toml", "--yes"]).code, 0);
    assert_eq!(env.run(&["plan", "mem0.toml"]).code, 0);
}

#[test]
fn invisible_differences_are_no_change() {
    let env = TestEnv::new();
    let file = "[projects.\"Caf\u{e9}\"]\ndescription = \"For tea\"\ncustom_instructions = \"\"\"\nKeep tea.\nKeep names.\n\"\"\"\n\
                [projects.\"Caf\u{e9}\".custom_categories]\ntea = \"All of it\"\n";
    assert_eq!(env.apply(file, &["--yes"]).code, 0);
    for other in [
        file.replace('\n', "\r\n"),
        file.replace("Keep names.\n", "Keep names.\n\n"),
        file.replace("Caf\u{e9}", " Cafe\u{301} "),
        file.replace("\"For tea\"", "\"  For tea \"").replace("\"All of it\"", "\"All of it\\n\""),
    ] {
        let plan = env.plan(&other, &[]);
        assert_eq!(plan.code, 0, "{other}{}{}", plan.stdout, plan.stderr);
    }
    let plan = env.plan(&file.replace("Keep names.", "Keep no names."), &[]);
    assert_eq!(plan.code, 10, "{}", plan.stdout);
    let twice = env.plan(&format!("{file}[projects.\"Cafe\u{301}\"]\n"), &[]);
    assert_eq!(twice.code, 11, "{}", twice.stdout);
}

#[test]
fn a_strict_plan_reports_unlisted_objects() {
    let env = TestEnv::new();
    let pulled = env.run(&["pull"]).stdout;
    let strict = |file: &str| {
        let plan = env.plan(file, &["--strict"]);
        (plan.code, plan.stdout)
    };
    assert_eq!(strict(&pulled), (0, "No changes.\n".to_owned()));
    assert_eq!(env.run(&["member", "add", "rogue@example.com", "OWNER", "--of-org"]).code, 0);
    let (code, output) = strict(&pulled);
    assert!(code == 10 && output.ends_with("No changes. 1 object is not in the file.\n"), "{output}");
    assert_eq!(env.plan(&pulled, &[]).code, 0, "without --strict it is only listed");
    // A missing list manages nothing.
    assert_eq!(strict("[projects.\"default-project\"]\n").0, 0);
    // A member of a listed project is managed, but an OWNER of the organization is not.
    let named = pulled.replace(
        "\"reader@example.com\" = \"READER\"\n",
        "\"reader@example.com\" = \"READER\"\n\"rogue@example.com\" = \"READER\"\n",
    );
    let (code, output) = strict(&named);
    assert!(code == 10, "{output}");
    assert_eq!(env.run(&["member", "remove", "rogue@example.com", "--of-org", "--yes"]).code, 0);
    assert_eq!(env.run(&["project", "create", "Other"]).code, 0);
    assert_eq!(strict(&pulled).0, 10);
}
