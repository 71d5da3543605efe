//! Plans by callers with different roles.

use mem0::Role;
use mem0::projects::Project;
use serde_json::{Value, json};

use crate::test_env::{CommandOutput, TestEnv, output_of};

impl TestEnv {
    /// API key of a user for the default project.
    fn key_of(&self, email: &str) -> String {
        self.platform.create_key(email, self.platform.org_id(), self.platform.project_id()).unwrap()
    }

    /// Runs a command with a key.
    fn run_by(&self, email: &str, arguments: &[&str]) -> CommandOutput {
        output_of(self.with_key(&self.key_of(email)).args(arguments))
    }

    /// Creates a project with Ann, a READER of the organization, as OWNER or READER.
    fn project_with_ann(&self, name: &str, role: Role) -> String {
        let client = self.platform.client().unwrap();
        let organization = client.organization(self.platform.org_id());
        let id = organization.create_project(name).unwrap().project_id.unwrap();
        organization.project(&id).add_member("ann@example.com", role).unwrap();
        id.into_string()
    }

    fn projects(&self) -> Vec<Project> {
        self.platform.client().unwrap().organization(self.platform.org_id()).projects().unwrap()
    }

    fn has_sent_nothing(&self) -> bool {
        self.platform.request_log().iter().all(|entry| entry.method == "GET")
    }
}

const ANN: &str = "ann@example.com";
const OWNER: &str = "owner@example.com";

#[test]
fn a_plan_without_permission_is_shown_and_not_applied() {
    let env = TestEnv::new();
    env.project_with_ann("Own", Role::Owner);
    let read = env.project_with_ann("Read", Role::Reader);
    env.file("[projects.Own]\ndecay = true\n[projects.Read]\ndecay = true\n[projects.New]\n");
    env.platform.clear_request_log();
    let plan = env.run_by(ANN, &["plan", "mem0.toml"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (10, ""), "{}", plan.stdout);
    let hidden = format!(
        "requires the OWNER role, but you are a READER of\n    the organization\n    project \"Read\" ({read})\n"
    );
    assert!(plan.stdout.contains(&hidden), "{}", plan.stdout);
    let plan = env.run_by(ANN, &["plan", "mem0.toml", "--output", "json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["read_only"], json!([{"project": null}, {"project": {"name": "Read", "id": read}}]));

    for arguments in [&[][..], &["--yes"], &["--dry-run"]] {
        let applied = env.run_by(ANN, &[&["apply", "mem0.toml"], arguments].concat());
        assert_eq!(applied.code, 4, "{arguments:?}: {}", applied.stderr);
        let message = "requires an OWNER of the organization and of project \"Read\"";
        assert!(applied.stderr.contains(message), "{}", applied.stderr);
        assert!(applied.stdout.contains(&hidden), "{}", applied.stdout);
    }
    let applied = env.run_by(ANN, &["apply", "mem0.toml", "--yes", "--output", "json"]);
    let result: Value = serde_json::from_str(&applied.stdout).unwrap();
    assert_eq!((applied.code, &result["done"], &result["failed"]), (4, &json!([]), &Value::Null));
    assert_eq!(result["not_done"].as_array().map(Vec::len), Some(3), "{result}");
    assert!(env.has_sent_nothing());

    assert_eq!(env.run(&["apply", "mem0.toml", "--yes"]).code, 0);
    for caller in [OWNER, "reader@example.com"] {
        let again = env.run_by(caller, &["plan", "mem0.toml"]);
        // A non-member cannot tell them from missing projects.
        let code = if caller == OWNER { 0 } else { 10 };
        assert_eq!(again.code, code, "{}", again.stdout);
    }
}

#[test]
fn a_project_owner_applies_without_owning_the_organization() {
    let env = TestEnv::new();
    let id = env.project_with_ann("Own", Role::Owner);
    let webhook = "[[projects.Own.webhooks]]\nname = \"w\"\nurl = \"http://127.0.0.1/\"\nevent_types = [\"memory_add\"]\n";
    let file = format!(
        "[members]\n\"{OWNER}\" = \"OWNER\"\n[projects.Own]\ndecay = true\n[projects.Own.members]\n\
         \"{ANN}\" = \"READER\"\n\"new@example.com\" = \"OWNER\"\n{webhook}"
    );
    env.file(&file);
    let applied = env.run_by(ANN, &["apply", "mem0.toml", "--yes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    let steps: Vec<&str> = applied.stderr.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(steps.len(), 4, "{steps:?}");
    assert!(steps[3].contains("from OWNER to READER"), "the caller's loss comes last: {steps:?}");
    assert_eq!(env.run(&["plan", "mem0.toml"]).code, 0);
    let project = env.projects().into_iter().find(|project| project.name.as_deref() == Some("Own"));
    assert_eq!(project.unwrap().decay, Some(true));

    // As a READER she sees no webhooks and no differences in them.
    let plan = env.run_by(ANN, &["plan", "mem0.toml"]);
    assert_eq!((plan.code, plan.stdout.as_str()), (4, ""), "{}", plan.stderr);
    assert!(plan.stderr.contains("webhooks"), "{}", plan.stderr);
    env.file(&file.replace(webhook, "").replace("[projects.Own]", &format!("[projects.Own]\nid = \"{id}\"")));
    let plan = env.run_by(ANN, &["plan", "mem0.toml"]);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
}

#[test]
fn a_non_member_finds_no_organization() {
    let env = TestEnv::new();
    env.file("[projects.New]\n");
    env.platform.clear_request_log();
    for command in [&["plan", "mem0.toml"][..], &["apply", "mem0.toml", "--yes"], &["pull"]] {
        let output = env.run_by("zoe@example.com", command);
        assert_eq!((output.code, output.stdout.as_str()), (5, ""), "{command:?}: {}", output.stderr);
        assert!(output.stderr.contains("Organization not found"), "{}", output.stderr);
    }
    assert!(env.has_sent_nothing());
}

#[test]
fn the_last_owner_is_removed_after_another_is_added() {
    let env = TestEnv::new();
    env.project_with_ann("Own", Role::Owner);
    let plan = env.plan(&format!("[members]\n\"{OWNER}\" = \"READER\"\n"), &["--prune"]);
    assert_eq!(plan.code, 11, "{}", plan.stderr);
    assert!(plan.stderr.contains("no OWNER in the organization"), "{}", plan.stderr);

    // They are the only OWNER of the default project.
    let members = format!("[members]\n\"{ANN}\" = \"OWNER\"\n");
    let plan = env.plan(&members, &["--prune"]);
    assert_eq!(plan.code, 11, "{}", plan.stderr);
    assert!(plan.stderr.contains("default-project") && plan.stderr.contains("no OWNER"), "{}", plan.stderr);

    let file = format!(
        "{members}[projects.Own.members]\n\"{ANN}\" = \"OWNER\"\n[projects.default-project.members]\n\"{ANN}\" = \"OWNER\"\n"
    );
    let applied = env.apply(&file, &["--prune", "--yes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    let last = applied.stderr.lines().rfind(|line| line.starts_with('[')).unwrap();
    assert!(last.contains("remove a member with role OWNER from the organization"), "{}", applied.stderr);
    for command in [&["plan", "mem0.toml"][..], &["pull"]] {
        assert_eq!(env.run(command).code, 5, "not a member any more");
    }
    let again = env.run_by(ANN, &["plan", "mem0.toml", "--prune"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
}

#[test]
fn a_self_demoted_owner_can_still_read() {
    let env = TestEnv::new();
    let file = format!(
        "[members]\n\"{OWNER}\" = \"READER\"\n\"{ANN}\" = \"OWNER\"\n[projects.default-project]\ndecay = true\n\
         [projects.default-project.members]\n\"{OWNER}\" = \"READER\"\n\"{ANN}\" = \"OWNER\"\n"
    );
    let applied = env.apply(&file, &["--yes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    let again = env.run(&["plan", "mem0.toml"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    let more = env.apply(&file.replace("decay = true", "decay = false"), &["--yes"]);
    assert_eq!(more.code, 4, "{}", more.stderr);
    assert_eq!(env.run_by(ANN, &["apply", "mem0.toml", "--yes"]).code, 0);
}
