//! `pull`: its output plans no changes.

use mem0::webhooks::NewWebhook;
use mem0::{CustomCategory, ProjectUpdate, Role};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, output_of};

#[test]
fn a_pulled_file_has_no_changes() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let organization = client.organization(env.platform.org_id());
    let special_name = "An \"odd\" name\\ with\ttab, [brackets] and ü";
    for name in [special_name, "Twin", "Twin"] {
        let created = organization.create_project(name).unwrap();
        let project = organization.project(created.id().unwrap());
        let update = ProjectUpdate::new()
            .description("'''three\"\"\"")
            .custom_instructions("one\n  two\n\nthree \\ four\n")
            .agent_custom_instructions("\r\nlines")
            .inclusion_prompt("x")
            .exclusion_prompt("")
            .memory_depth("deep")
            .usecase_setting(7)
            .multilingual(true)
            .decay(true)
            .version("v2")
            .custom_categories([CustomCategory::new("a b", "c\nd"), CustomCategory::named("bare")]);
        project.update(update).unwrap();
        project.add_member("ann+x@example.com", Role::Reader).unwrap();
        for _ in 0..2 {
            let webhook =
                NewWebhook::new("same", "https://example.com/a?b=c", ["memory_add"]).is_active(false);
            project.webhooks().create(webhook).unwrap();
        }
    }
    let described = [CustomCategory::new("a", "b"), CustomCategory::new("a", "c")];
    client.project().update(ProjectUpdate::new().custom_categories(described)).unwrap();

    let pulled = env.run(&["pull"]);
    assert_eq!((pulled.code, pulled.stderr.as_str()), (0, ""), "{}", pulled.stderr);
    assert!(pulled.stdout.starts_with("# "), "{}", pulled.stdout);
    assert_eq!(env.run(&["pull"]).stdout, pulled.stdout);
    for prune in [&[][..], &["--prune"]] {
        let plan = env.plan(&pulled.stdout, prune);
        assert_eq!(plan.code, 0, "{}{}{}", plan.stdout, plan.stderr, pulled.stdout);
    }
    let pruned = env.plan(&pulled.stdout, &["--prune"]);
    assert!(!pruned.stdout.contains("not in the file, unchanged"), "everything is named: {}", pruned.stdout);
    let json = env.json(&["pull"]);
    assert_eq!(json["projects"].as_object().unwrap().len(), 4);
    assert_eq!(json["projects"][special_name]["usecase_setting"], "7");
}

/// Unusual texts for keys and values.
const TEXTS: [&str; 11] = [
    "plain",
    " padded ",
    "\"quoted\" and 'quoted'",
    "'''\n\"\"\"",
    "\"\"\"\"\n'''''",
    "\nbetween\n\nlines\n",
    "\r\nfrom\rWindows\r\n",
    "back\\slash\\",
    "tab\tbell\u{7}escape\u{1b}[1m null\u{0} delete\u{7f} next\u{85}",
    "Grüße, 世界, 🦀, \u{202e}right to left, \u{feff}mark, \u{2028}line\u{200b} \u{e0041}",
    "# no comment = [no, table]\n[projects.\"A\"]",
];

#[test]
fn unusual_texts_survive_a_pull() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let organization = client.organization(env.platform.org_id());
    for (at, text) in TEXTS.iter().enumerate() {
        let created = organization.create_project(*text).unwrap();
        let project = organization.project(created.id().unwrap());
        let categories = [json!({ *text: text }), json!(text), json!({ *text: "" })];
        let update = ProjectUpdate::new()
            .description(*text)
            .custom_instructions(*text)
            .set("agent_custom_instructions", Value::Null)
            .set("usecase_setting", *text)
            .set("custom_categories", json!(categories[at % 3..]))
            .exclusion_prompt("");
        project.update(update).unwrap();
        let kinds = ["ingest_job_failed", "memory_add", "ingest_job_failed", "memory_categorize"];
        for kinds in [&kinds[..], &kinds[..1]] {
            let webhook = NewWebhook::new(*text, "https://example.com/a%20b?c=%22", kinds.to_vec());
            project.webhooks().create(webhook).unwrap();
        }
        // A READER of the organization is OWNER, READER or not a member of the projects.
        if let Some(role) = [None, Some(Role::Reader), Some(Role::Owner)][at % 3].clone() {
            project.add_member("reader@example.com", role).unwrap();
        }
    }
    for (key, screen) in [(env.platform.api_key(), 12), (env.platform.reader_key(), 8)] {
        let pulled = output_of(env.with_key(key).arg("pull"));
        assert_eq!(pulled.code, 0, "{}", pulled.stderr);
        for hidden in ['\u{202e}', '\u{feff}', '\u{2028}', '\u{85}', '\u{200b}', '\u{e0041}'] {
            assert!(!pulled.stdout.contains(hidden), "{hidden:?}: {}", pulled.stdout);
        }
        assert_eq!(pulled.stdout.contains("\\u202E"), screen == 12, "{}", pulled.stdout);
        let json = output_of(env.with_key(key).args(["pull", "--output", "json"]));
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json["projects"].as_object().unwrap().len(), screen, "{json}");
        env.file(&pulled.stdout);
        for prune in [&[][..], &["--prune"]] {
            let plan = output_of(env.with_key(key).args(["plan", "mem0.toml"]).args(prune));
            let all = format!("{}{}{}", plan.stdout, plan.stderr, pulled.stdout);
            assert_eq!((plan.code, plan.stdout.as_str()), (0, "No changes.\n"), "{all}");
        }
    }
}

#[test]
fn a_file_pulled_by_a_reader_is_marked_incomplete() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    client.organization(env.platform.org_id()).create_project("Hidden").unwrap();
    let pulled = output_of(env.with_key(env.platform.reader_key()).arg("pull"));
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
    assert!(!pulled.stdout.contains("Hidden") && pulled.stdout.contains("--prune"), "{}", pulled.stdout);
    assert!(pulled.stderr.contains("the file leaves out projects"), "{}", pulled.stderr);
    // The situation that the warning describes.
    let plan = env.plan(&pulled.stdout, &["--prune"]);
    assert!(plan.code == 10 && plan.stdout.contains("ALL ITS MEMORIES"), "{}", plan.stdout);
    let whole = env.run(&["pull"]);
    assert!(!whole.stdout.contains("--prune") && whole.stderr.is_empty(), "{}", whole.stdout);
}

#[test]
fn pulls_a_single_project() {
    let env = TestEnv::new();
    let created = env.json(&["project", "create", "Other"]);
    let id = created["project_id"].as_str().unwrap();
    let pulled = env.run(&["pull", "--project", id]);
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
    assert!(
        pulled.stdout.contains("[projects.Other]") && !pulled.stdout.contains("default-project"),
        "{}",
        pulled.stdout
    );
    assert!(!pulled.stdout.contains("\n[members]"), "{}", pulled.stdout);
    assert_eq!(env.plan(&pulled.stdout, &[]).code, 0);
    let json = env.json(&["pull", "--project", id]);
    assert_eq!(json["projects"].as_object().unwrap().len(), 1);
    let nowhere = env.run(&["pull", "--project", "proj_nowhere"]);
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (5, ""), "{}", nowhere.stderr);
}

#[test]
fn other_formats_of_a_plan_file_are_reported() {
    let env = TestEnv::new();
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    for (bytes, message) in [
        (
            b"\x1f\x8b\x08\x00".to_vec(),
            "mem0.toml is compressed by gzip, not UTF-8 text; convert it: gzip -dc",
        ),
        (utf16("\u{feff}[projects]"), "is UTF-16 text, not UTF-8 text; convert it: iconv -f UTF-16 -t UTF-8"),
        (utf16("[projects]"), "is UTF-16LE text"),
        (b"name = \"\xff\"".to_vec(), "is not UTF-8 text"),
    ] {
        std::fs::write(env.folder.path().join("mem0.toml"), bytes).unwrap();
        for command in ["plan", "apply"] {
            let refused = env.run(&[command, "mem0.toml"]);
            assert_eq!((refused.code, refused.stdout.as_str()), (11, ""), "{}", refused.stderr);
            assert!(refused.stderr.contains(message), "{message}: {}", refused.stderr);
        }
    }
}
