//! `completions` and `man`. `.ci/completions` has bash, zsh and fish complete for real.

use std::fs;

use crate::test_env::{TestEnv, output_of};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn completions_contain_every_command_and_option() {
    let env = TestEnv::new();
    for shell in SHELLS {
        let script = output_of(env.bare().args(["completions", shell]));
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{shell}");
        for word in ["status", "profile", "completions", "key-from-env", "base-url"] {
            assert!(script.stdout.contains(word), "{shell} does not know {word}");
        }
    }
    let unknown = output_of(env.bare().args(["completions", "tcsh"]));
    assert_eq!(unknown.code, 2);
    assert!(SHELLS.iter().all(|shell| unknown.stderr.contains(shell)), "{}", unknown.stderr);
}

/// Readers may close pipes.
#[test]
fn a_closed_pipe_does_not_panic() {
    let env = TestEnv::new();
    for arguments in [["completions", "bash"], ["completions", "zsh"], ["man", "--quiet"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.args(arguments).current_dir(env.folder.path()).stdout(writer);
        let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
        assert!(matches!(output.status.code(), Some(0 | 11)), "{arguments:?}: {:?}", output.status);
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let env = TestEnv::new();
    let page = output_of(env.bare().arg("man"));
    assert_eq!(page.code, 0, "{}", page.stderr);
    assert!(
        page.stdout.contains(".TH mem0ctl 1")
            && page.stdout.contains("Exit codes")
            && page.stdout.contains("HTTPS_PROXY"),
        "{}",
        page.stdout
    );

    let dry_run = output_of(env.bare().args(["man", "--to", "pages", "--dry-run"]));
    assert_eq!(dry_run.code, 0, "{}", dry_run.stderr);
    assert!(!env.folder.path().join("pages").exists());
    let written = output_of(env.bare().args(["man", "--to", "pages/man1"]));
    assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{}", written.stderr);
    let folder = env.folder.path().join("pages/man1");
    for name in ["mem0ctl", "mem0ctl-status", "mem0ctl-org", "mem0ctl-org-list", "mem0ctl-profile-add"] {
        let page = fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
        assert!(page.contains("xample") || ["mem0ctl", "mem0ctl-org"].contains(&name), "{name}: {page}");
    }
    fs::write(env.folder.path().join("file"), "").unwrap();
    let failed = output_of(env.bare().args(["man", "--to", "file"]));
    assert_eq!(failed.code, 11, "{}", failed.stderr);
}
