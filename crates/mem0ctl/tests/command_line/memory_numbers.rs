//! Numbers in metadata keep their digits.

use std::fs;

use mem0_local::LocalPlatform;

use crate::test_env::{TestEnv, output_of};

/// Coordinates, and a number beyond 64 bits.
const NUMBERS: [&str; 5] =
    ["117.63331139400017", "0.09144338512092887", "18446744073709551616", "-9223372036854775808", "1.10"];

fn metadata(number: &str) -> String {
    format!(r#""metadata":{{"n":{number}}}"#)
}

/// Checks each number.
fn has_all(text: &str) {
    for number in NUMBERS {
        let lines = text.lines().filter(|line| line.contains(&metadata(number)));
        assert_eq!(lines.count(), 1, "{number}: {text}");
    }
}

#[test]
fn numbers_survive_import_list_export_and_copy() {
    let env = TestEnv::new();
    let line = |number: &&str| {
        format!("{{\"memory\":\"place {number}\",\"user_id\":\"alice\",{}}}", metadata(number))
    };
    let lines = NUMBERS.iter().map(line).collect::<Vec<_>>().join("\n");
    fs::write(env.folder.path().join("places.jsonl"), lines).unwrap();
    let imported = env.run(&["memory", "import", "places.jsonl"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let listed = env.run(&["memory", "list", "--user-id", "alice", "--output", "jsonl"]);
    has_all(&listed.stdout);
    let exported = env.run(&["memory", "export", "--user-id", "alice", "--to", "exported.jsonl"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    has_all(&fs::read_to_string(env.folder.path().join("exported.jsonl")).unwrap());

    let other = LocalPlatform::start().unwrap();
    let to_other = |arguments: &[&str]| {
        let mut command = env.bare();
        output_of(
            command.args(arguments).env("MEM0_BASE_URL", other.url()).env("MEM0_API_KEY", other.api_key()),
        )
    };
    let again = to_other(&["memory", "import", "exported.jsonl"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    has_all(&to_other(&["memory", "list", "--user-id", "alice", "--output", "jsonl"]).stdout);
}

#[test]
fn numbers_survive_an_add_and_an_update() {
    let env = TestEnv::new();
    for number in NUMBERS {
        let given = format!("n={number}");
        let added = env.json(&[
            "memory",
            "add",
            &format!("the place {number}"),
            "--user-id",
            "alice",
            "--no-infer",
            "--metadata",
            &given,
        ]);
        let id = added["results"][0]["id"].as_str().unwrap().to_owned();
        let output = env.run(&["memory", "get", &id, "--output", "jsonl"]).stdout;
        assert!(output.contains(&metadata(number)), "{number}: {output}");
        let update = format!("also={number}");
        let updated = env.run(&["memory", "update", &id, "--metadata", &update]);
        assert_eq!(updated.code, 0, "{}", updated.stderr);
        let output = env.run(&["memory", "get", &id, "--output", "jsonl"]).stdout;
        assert!(output.contains(&format!("\"also\":{number}")), "{number}: {output}");
    }
}
