//! `memory copy`.

use mem0_local::LocalPlatform;

use super::{numbered, write_file};
use crate::test_env::{TestEnv, output_of};

#[test]
fn copies_between_profiles_ignoring_the_environment() {
    let env = TestEnv::new();
    let other = LocalPlatform::start().unwrap();
    let profile = |name: &str, platform: &LocalPlatform| {
        format!(
            "[profiles.{name}]\nbase_url = \"{}\"\napi_key = \"{}\"\n",
            platform.url(),
            platform.api_key()
        )
    };
    let folder = env.folder.path().join("mem0ctl");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("config.toml");
    std::fs::write(&file, profile("production", &env.platform) + &profile("staging", &other)).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    for (text, user) in [("I love tea", "alice"), ("I love coffee", "bob")] {
        let added = env.run(&["memory", "add", text, "--user-id", user, "--no-infer"]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    let copy = ["memory", "copy", "--from", "production", "--to", "staging"];
    let dry_run = output_of(env.bare().args(copy).args(["--dry-run", "--output", "json"]));
    assert_eq!(dry_run.code, 0, "{}", dry_run.stderr);
    assert_eq!(other.client().unwrap().get_all(mem0::Filter::any_user()).unwrap().count(), 0);

    // The key of the environment belongs to neither profile.
    let copied =
        output_of(env.bare().args(copy).args(["--user-id", "alice"]).env("MEM0_API_KEY", "m0-elsewhere"));
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    let texts: Vec<String> = other
        .client()
        .unwrap()
        .get_all(mem0::Filter::any_user())
        .unwrap()
        .map(|memory| memory.unwrap().memory.unwrap())
        .collect();
    assert_eq!(texts, ["I love tea"]);

    let from_environment = output_of(env.bare().args(copy).env("MEM0_USER_ID", "bob"));
    assert_eq!(from_environment.code, 0, "{}", from_environment.stderr);
    assert!(
        from_environment.stderr.starts_with("note: limited to user bob by the environment\n"),
        "{}",
        from_environment.stderr
    );
    let one_file = ["--checkpoint", "x", "--rejects", "./x"];
    let refused = output_of(env.bare().args(copy).args(one_file));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let unknown = output_of(env.bare().args(["memory", "copy", "--from", "production", "--to", "nowhere"]));
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("nowhere"), "{}", unknown.stderr);
    let same_project = output_of(env.bare().args(["memory", "copy", "--from", "staging", "--to", "staging"]));
    assert_eq!(same_project.code, 2, "{}", same_project.stderr);
    assert!(!same_project.stderr.contains("so far"), "no import was started: {}", same_project.stderr);
}

#[test]
fn a_copy_needs_both_profiles() {
    let env = TestEnv::new();
    let missing = env.run(&["memory", "copy", "--from", "a"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
}

#[test]
fn a_repeated_import_or_copy_reports_that_nothing_is_new() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let again = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "Nothing was imported: 3 memories were imported previously.\n")
    );
    for (name, key) in [("from", env.platform.api_key()), ("to", env.platform.other_key())] {
        let url = env.platform.url();
        let added = env.run(&["profile", "add", name, "--base-url", url, "--api-key", key]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    let copy = ["memory", "copy", "--from", "from", "--to", "to"];
    assert!(env.run(&copy).stderr.starts_with("Copied 3 memories in "));
    let again = env.run(&copy);
    assert_eq!((again.code, again.stderr.as_str()), (0, "Nothing was copied: 3 memories existed already.\n"));
}
