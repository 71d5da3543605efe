//! Help of every command.

use crate::test_env::{TestEnv, output_of};

/// Help of a command and its subcommands, each with its words.
fn collect(env: &TestEnv, words: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let output = output_of(env.bare().args(words).arg("--help").env("COLUMNS", "250"));
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{words:?}");
    let below: Vec<String> = output
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .map(|line| {
            let (name, about) = line.split_once("  ").unwrap_or((line, ""));
            assert!(!about.trim().is_empty(), "{words:?} {name} has no summary");
            name.to_owned()
        })
        .collect();
    found.push((words.to_vec(), output.stdout));
    for name in below.iter().filter(|name| *name != "help") {
        collect(env, &[words, std::slice::from_ref(name)].concat(), found);
    }
}

fn all() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    collect(&TestEnv::new(), &[], &mut found);
    found
}

#[test]
fn every_help_fits_and_has_a_summary_and_examples() {
    let found = all();
    let nouns: Vec<&str> =
        found.iter().filter(|(words, _)| words.len() == 1).map(|(words, _)| &*words[0]).collect();
    for expected in ["status", "org", "profile", "local", "completions", "man"] {
        assert!(nouns.contains(&expected), "{nouns:?}");
    }
    for (words, help) in &found {
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{words:?} is wider than 80 columns: {line}");
        }
        assert!(help.lines().next().is_some_and(|line| !line.is_empty()), "{words:?} has no summary");
        let is_noun = help.lines().any(|line| line == "Commands:");
        assert!(is_noun || help.contains("\nExample"), "{words:?} has no example:\n{help}");
        for (option, text) in options(help) {
            assert!(!text.is_empty(), "{words:?}: {option} has no help text:\n{help}");
        }
    }
}

#[test]
fn every_help_refers_to_the_global_options() {
    let env = TestEnv::new();
    for (words, help) in all() {
        let line = "Global options (`mem0ctl help options`): --profile --output --yes --dry-run …";
        assert_eq!(help.lines().filter(|found| *found == line).count(), 1, "{words:?}: {help}");
    }
    for arguments in [&["help", "options"][..], &["options"], &["options", "--help"]] {
        let help = output_of(env.bare().args(arguments));
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{arguments:?}");
        let named: Vec<String> = options(&help.stdout).into_iter().map(|(option, _)| option).collect();
        for option in GLOBAL_OPTIONS {
            assert!(named.iter().any(|named| named == option), "{option} is missing: {named:?}");
        }
        for variable in ["MEM0_API_KEY", "HTTPS_PROXY", "SSL_CERT_FILE"] {
            assert!(help.stdout.contains(variable), "{variable} is missing: {}", help.stdout);
        }
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 80), "{}", help.stdout);
    }
}

const GLOBAL_OPTIONS: [&str; 12] = [
    "--profile",
    "--base-url",
    "--ca-file",
    "--api-key",
    "--org",
    "--project",
    "--output",
    "--yes",
    "--dry-run",
    "--timeout",
    "--body-limit",
    "--quiet",
];

/// Examples are not broken into lines by the help.
#[test]
fn every_example_fits() {
    for (words, help) in all() {
        let examples = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        for line in examples.take_while(|line| !line.is_empty()) {
            assert!(line.starts_with("  ") && line.contains("mem0ctl "), "{words:?}: {line}");
        }
    }
}

/// A wildcard and the environment are documented only where they apply.
#[test]
fn owner_options_are_documented_per_command() {
    let commands = all();
    let help = |words: &str| &commands.iter().find(|(found, _)| found.join(" ") == words).unwrap().1;
    for (words, has_wildcard, uses_environment) in [
        ("memory search", true, true),
        ("memory delete", true, true),
        ("memory add", false, true),
        ("memory import", false, true),
        ("entity show", false, false),
        ("entity create", false, false),
        ("entity delete", false, false),
    ] {
        let help = help(words);
        assert_eq!(help.contains("'*' for any"), has_wildcard, "{words}: {help}");
        assert_eq!(help.contains("[env: MEM0_USER_ID]"), uses_environment, "{words}: {help}");
    }
}

/// Scripts depend on these names.
#[test]
fn commands_and_options_keep_their_names() {
    let found = all();
    for (noun, verbs) in [
        ("org", "list show create delete"),
        ("project", "list show create update delete"),
        ("member", "list add role remove"),
        ("memory", "add search list get update delete history import export copy"),
        ("entity", "list show create delete"),
        ("event", "list show wait"),
        ("webhook", "list show create update delete"),
        ("export", "create get wait"),
        ("profile", "list add use remove"),
        ("local", "serve seed dump load record"),
    ] {
        for verb in verbs.split(' ') {
            assert!(found.iter().any(|(words, _)| *words == [noun, verb]), "{noun} {verb}");
        }
    }
    let options = [
        ("project show", "--fields"),
        ("project update", "--decay --multilingual --category --instructions"),
        ("memory copy", "--from --to"),
        ("local record", "--upstream"),
        ("local serve", "--replay"),
        ("plan", "--prune"),
        ("apply", "--prune"),
    ];
    for (words, named) in options {
        let (_, help) = found.iter().find(|(found, _)| found.join(" ") == words).unwrap();
        let names: Vec<String> = self::options(help).into_iter().map(|(option, _)| option).collect();
        for option in named.split(' ') {
            assert!(names.iter().any(|names| names == option), "{words} {option}: {names:?}");
        }
    }
}

#[test]
fn every_short_help_fits() {
    let env = TestEnv::new();
    for (words, _) in all() {
        let output = output_of(env.bare().args(&words).arg("-h").env("COLUMNS", "250"));
        assert_eq!(output.code, 0, "{words:?}: {}", output.stderr);
        for line in output.stdout.lines() {
            assert!(line.chars().count() <= 80, "{words:?} is wider than 80 columns: {line}");
        }
    }
}

/// The help, docs/mem0ctl.md and the manual list the same exit codes.
#[test]
fn the_help_lists_the_exit_codes() {
    let help = output_of(TestEnv::new().bare().arg("--help")).stdout;
    let guide = include_str!("../../../../docs/mem0ctl.md");
    let manual = output_of(TestEnv::new().bare().arg("man")).stdout;
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "130"] {
        assert!(help.contains(&format!("{code} ")), "{code}: {help}");
        assert!(manual.contains(&format!("{code} ")), "{code}: {manual}");
        assert!(guide.contains(&format!("\n| {code} | ")), "{code} is not in docs/mem0ctl.md");
    }
}

/// Long options of a help with their texts.
fn options(help: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    // Examples show options without explaining them.
    let mut is_example = false;
    for line in help.lines() {
        is_example = line.starts_with("Example") || (is_example && line.starts_with("  "));
        if is_example {
            continue;
        }
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if (2..=6).contains(&indent) && text.starts_with('-') {
            let (names, about) = text.split_once("  ").unwrap_or((text, ""));
            let long = names.split([' ', ',', '[']).find(|name| name.starts_with("--"));
            if let Some(long) = long {
                found.push((long.to_owned(), about.trim().to_owned()));
            }
        } else if let Some((_, about)) = found.last_mut().filter(|_| indent > 6) {
            about.push_str(text);
        }
    }
    found
}
