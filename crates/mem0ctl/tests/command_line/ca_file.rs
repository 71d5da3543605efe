//! CA certificates of `--ca-file`, `MEM0_CA_FILE` and a profile's `ca_file`.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::network::origin::{Origin, fixture};
use crate::test_env::{CommandOutput, TestEnv, output_of};

/// Environment with the CA of the server in `ca.pem`, another CA in `other.pem`, and invalid files.
fn env() -> TestEnv {
    let env = TestEnv::new();
    let write_file = |name: &str, content: &[u8]| fs::write(env.folder.path().join(name), content).unwrap();
    write_file("ca.pem", &fixture("ca.pem"));
    write_file("other.pem", &fixture("other_ca.pem"));
    write_file("both.pem", &[fixture("other_ca.pem"), fixture("ca.pem")].concat());
    write_file("server.key", &fixture("server.key"));
    write_file("empty.pem", b"");
    write_file("torn.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n");
    write_file("large.pem", &vec![b'\n'; (1 << 20) + 1]);
    fs::create_dir(env.folder.path().join("folder.pem")).unwrap();
    env
}

fn url(origin: &Origin) -> String {
    format!("https://localhost:{}", origin.address.port())
}

/// Command with a key and the base URL of a server.
fn command(env: &TestEnv, origin: &Origin) -> Command {
    let mut command = env.bare();
    command.env("MEM0_API_KEY", "m0-key").env("MEM0_BASE_URL", url(origin));
    command
}

fn status(command: &mut Command) -> CommandOutput {
    output_of(command.args(["status", "--output", "json"]))
}

#[test]
fn trusts_a_certificate_of_a_given_ca() {
    let env = env();
    let origin = Origin::https("server");
    let refused = status(&mut command(&env, &origin));
    assert_eq!((refused.code, refused.stdout.as_str()), (7, ""), "{}", refused.stderr);
    let mentions = |words| refused.stderr.contains(words);
    assert!(mentions("unknown issuer") && mentions("--ca-file"), "{}", refused.stderr);
    assert!(origin.heads().is_empty());
    for file in ["ca.pem", "both.pem"] {
        let by_flag = status(command(&env, &origin).args(["--ca-file", file]));
        assert_eq!(by_flag.code, 0, "{file}: {}", by_flag.stderr);
        let by_variable = status(command(&env, &origin).env("MEM0_CA_FILE", file));
        assert_eq!(by_variable.code, 0, "{file}: {}", by_variable.stderr);
    }
    assert!(!origin.heads().is_empty());
}

#[test]
fn flags_override_the_environment_and_the_environment_overrides_the_profile() {
    let env = env();
    let origin = Origin::https("server");
    let profile = |name: &str, ca_file: &str| {
        let url = url(&origin);
        format!("[profiles.{name}]\nbase_url = \"{url}\"\napi_key = \"m0-key\"\nca_file = \"{ca_file}\"\n")
    };
    let absolute = env.folder.path().join("ca.pem");
    let invalid = env.folder.path().join("other.pem");
    env.configure(&format!(
        "current = \"beside\"\n{}{}{}",
        profile("right", absolute.to_str().unwrap()),
        profile("beside", "../ca.pem"),
        profile("wrong", invalid.to_str().unwrap()),
    ));
    for (profile, variable, flag, code) in [
        ("right", "", None, 0),
        ("beside", "", None, 0),
        ("wrong", "", None, 7),
        ("wrong", " ", None, 7),
        ("wrong", "ca.pem", None, 0),
        ("right", "other.pem", None, 7),
        ("right", "other.pem", Some("ca.pem"), 0),
        ("right", "ca.pem", Some("other.pem"), 7),
    ] {
        let mut command = env.bare();
        command.env("MEM0_PROFILE", profile).env("MEM0_CA_FILE", variable);
        command.args(flag.map(|file| ["--ca-file", file]).into_iter().flatten());
        let output = status(&mut command);
        assert_eq!(output.code, code, "{profile} {variable} {flag:?}: {}", output.stderr);
    }
    // `--profile` overrides the whole environment.
    let named = status(env.bare().env("MEM0_CA_FILE", "missing.pem").args(["--profile", "right"]));
    assert_eq!(named.code, 0, "{}", named.stderr);
}

#[test]
fn an_invalid_ca_file_is_reported_with_its_setting() {
    let env = env();
    let origin = Origin::https("server");
    for (file, reason) in [
        ("missing.pem", "cannot be read: "),
        ("folder.pem", "is a directory; name a PEM file"),
        ("empty.pem", "contains no certificate; expected PEM"),
        ("server.key", "contains no certificate; expected PEM"),
        ("torn.pem", "is not valid PEM"),
        ("large.pem", "is larger than 1 MiB"),
    ] {
        let path = env.folder.path().join(file);
        env.configure(&format!("[profiles.p]\napi_key = \"m0-key\"\nca_file = \"{}\"\n", path.display()));
        let mut by_profile = env.bare();
        by_profile.args(["--profile", "p", "--base-url", &url(&origin)]);
        let mut by_flag = command(&env, &origin);
        by_flag.args(["--ca-file", file]);
        let mut by_variable = command(&env, &origin);
        by_variable.env("MEM0_CA_FILE", file);
        for (mut command, setting) in [
            (by_flag, format!("--ca-file: {file} ")),
            (by_variable, format!("MEM0_CA_FILE: {file} ")),
            (by_profile, format!("`ca_file` of profile `p`: {} ", path.display())),
        ] {
            let failed = status(&mut command);
            assert_eq!((failed.code, failed.stdout.as_str()), (11, ""), "{file}: {}", failed.stderr);
            let expected = format!("error: {setting}{reason}");
            assert!(failed.stderr.starts_with(&expected), "{expected}: {}", failed.stderr);
            assert_eq!(failed.stderr.lines().count(), 1, "{}", failed.stderr);
        }
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_profile_stores_and_shows_the_ca_file() {
    let env = env();
    let origin = Origin::https("server");
    let add = ["profile", "add", "corp", "--key-from-env", "KEY", "--base-url", &url(&origin)];
    for file in ["missing.pem", "folder.pem", "server.key"] {
        let refused = output_of(env.bare().args(add).args(["--ca-file", file]));
        assert_eq!(refused.code, 11, "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("--ca-file: {file} ")), "{}", refused.stderr);
    }
    assert!(!env.folder.path().join("mem0ctl").exists());
    let added = output_of(env.bare().args(add).args(["--ca-file", "ca.pem"]));
    assert_eq!(added.code, 0, "{}", added.stderr);
    // The path does not depend on the working directory.
    let absolute = env.folder.path().join("ca.pem");
    let other_folder = tempfile::tempdir().unwrap();
    let of_profile = |arguments: &[&str]| {
        let mut command = env.bare();
        output_of(command.env("KEY", "m0-key").current_dir(other_folder.path()).args(arguments))
    };
    let reached = of_profile(&["status", "--profile", "corp"]);
    assert_eq!(reached.code, 0, "{}", reached.stderr);
    for arguments in [&["profile", "list"][..], &["profile", "show", "corp"]] {
        let table = of_profile(arguments).stdout;
        assert!(table.contains(absolute.to_str().unwrap()), "{table}");
        let json = of_profile(&[arguments, &["--output", "json"]].concat()).stdout;
        let output: Value = serde_json::from_str(&json).unwrap();
        let output = output.get(0).unwrap_or(&output);
        assert_eq!(output["ca_file"], json!(absolute), "{output}");
    }
    // Other fields stay.
    assert_eq!(output_of(env.bare().args(add).arg("--replace")).code, 0);
    let replaced = fs::read_to_string(env.folder.path().join("mem0ctl/config.toml")).unwrap();
    assert!(replaced.contains("ca_file"), "{replaced}");
}

/// A copy connects to two platforms.
#[test]
fn a_copy_uses_the_flag_for_both_profiles() {
    let env = env();
    let (from, to) = (Origin::https("server"), Origin::https("server"));
    let profile = |name: &str, origin: &Origin| {
        format!("[profiles.{name}]\nbase_url = \"{}\"\napi_key = \"m0-{name}\"\n", url(origin))
    };
    env.configure(&(profile("a", &from) + &profile("b", &to)));
    let copy = ["memory", "copy", "--from", "a", "--to", "b", "--ca-file", "ca.pem"];
    let copied = output_of(env.bare().args(copy));
    // Both profiles have the same project, so the copy fails.
    assert!(!copied.stderr.contains("TLS"), "{}", copied.stderr);
    assert!(!from.heads().is_empty() && !to.heads().is_empty(), "{}", copied.stderr);
}

#[test]
fn a_recorder_trusts_the_file() {
    let env = env();
    let origin = Origin::https("server");
    let record = |to: &str| {
        let mut command = env.bare();
        command.args(["local", "record", "--upstream", &url(&origin), "--to", to]);
        command
    };
    for (file, reason) in [("missing.pem", "cannot be read"), ("server.key", "contains no certificate")] {
        let by_flag = output_of(record("c.jsonl").args(["--ca-file", file]));
        let by_variable = output_of(record("c.jsonl").env("MEM0_CA_FILE", file));
        for (refused, setting) in [(by_flag, "--ca-file"), (by_variable, "MEM0_CA_FILE")] {
            assert_eq!(refused.code, 11, "{}", refused.stderr);
            let expected = format!("error: {setting}: {file} {reason}");
            assert!(refused.stderr.starts_with(&expected), "{expected}: {}", refused.stderr);
        }
        assert!(!env.folder.path().join("c.jsonl").exists());
    }
    let recorder = mem0_local::Recorder::builder(url(&origin), env.folder.path().join("ok.jsonl"))
        .add_root_certificate_pem(fixture("ca.pem"))
        .start()
        .unwrap();
    let recorded =
        output_of(env.bare().args(["status", "--base-url", recorder.url(), "--api-key", "m0-key"]));
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    assert!(!origin.heads().is_empty());
}
