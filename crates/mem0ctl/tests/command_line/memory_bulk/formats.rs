//! Formats of the files that `memory import` and other commands read.

use serde_json::{Value, json};

use super::{add_requests, lines, texts, write_file};
use crate::test_env::{TestEnv, output_of};

#[test]
fn other_formats_are_reported_with_a_conversion_command() {
    let env = TestEnv::new();
    let array = r#"[{"memory":"m","user_id":"u"}]"#;
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content, advice) in [
        (
            "a.json",
            array.as_bytes(),
            "is a JSON array, not one JSON object per line; convert it: jq -c '.[]' a.json | mem0ctl memory import -",
        ),
        ("my a.json", array.as_bytes(), "jq -c '.[]' 'my a.json' |"),
        ("p.json", b"{\n  \"memory\": \"m\"\n}", "jq -c . p.json |"),
        ("m.gz", b"\x1f\x8b\x08\x00", "gzip -dc m.gz |"),
        ("m.zst", b"\x28\xb5\x2f\xfd", "zstd -dc m.zst |"),
        ("m.csv", b"user_id,memory\nalice,Likes tea\n", "< m.csv |"),
        ("m.txt", &utf16, "iconv -f UTF-16 -t UTF-8 m.txt |"),
        (
            "c.json",
            br#"[{"title":"t","mapping":{},"current_node":"n"}]"#,
            "write each conversation as a line such as",
        ),
    ] {
        write_file(&env, name, content);
        let refused = env.run(&["memory", "import", name]);
        assert_eq!((refused.code, refused.stderr.lines().count()), (11, 1), "{}", refused.stderr);
        assert!(refused.stderr.contains(advice), "{name}: {}", refused.stderr);
        assert!(!env.folder.path().join(format!("{name}.rejects")).exists());
        assert!(!env.folder.path().join(format!("{name}.checkpoint")).exists());
    }
    let piped = output_of(env.command().args(["memory", "import", "-"]).write_stdin(array));
    assert_eq!(piped.code, 11, "{}", piped.stderr);
    assert!(piped.stderr.contains("the input is a JSON array"), "{}", piped.stderr);
    assert_eq!(add_requests(&env), 0);
}

#[test]
#[cfg(unix)]
fn the_conversion_command_for_csv_works() {
    let env = TestEnv::new();
    write_file(&env, "m.csv", "user_id,memory\nalice,\"Likes tea, and milk\"\n");
    let refused = env.run(&["memory", "import", "m.csv"]);
    let (_, command) = refused.stderr.trim_end().split_once("convert it: ").unwrap();
    let convert = command.strip_suffix(" | mem0ctl memory import -").unwrap();
    let converted = std::process::Command::new("sh")
        .args(["-c", convert])
        .current_dir(env.folder.path())
        .output()
        .unwrap();
    assert!(converted.status.success(), "{converted:?}");
    write_file(&env, "m.jsonl", converted.stdout);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 1);
    assert_eq!(texts(&env, "alice"), ["Likes tea, and milk"]);
}

#[test]
fn unknown_fields_are_reported_once() {
    let env = TestEnv::new();
    let line = |n: usize| json!({"memory": format!("Number {n}"), "user_id": 7, "metdata": {"a": n}});
    write_file(&env, "m.jsonl", lines((0..3).map(line)) + "{\"memory\":\"cut \\ud83d\",\"user_id\":7}\n");
    let imported = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let warning = "warning: unknown field `metdata` in 3 lines, not imported; did you mean `metadata`?\n";
    assert_eq!(imported.stderr.matches(warning).count(), 1, "{}", imported.stderr);
    assert!(imported.stderr.contains("in 1 line, imported as U+FFFD"), "{}", imported.stderr);
    assert_eq!(texts(&env, "7").len(), 4);
    let output = env.json(&["memory", "import", "m.jsonl", "--checkpoint", "other.checkpoint"]);
    assert_eq!(
        (&output["unknown_fields"], &output["replaced"]),
        (&json!({"metdata": 3}), &json!(1)),
        "{output}"
    );
}

#[test]
fn every_text_input_accepts_a_byte_order_mark() {
    let env = TestEnv::new();
    let marked = |name: &str, text: &str| write_file(&env, name, format!("\u{feff}{text}"));
    let succeeds = |arguments: &[&str], stdin: &str| {
        let done = output_of(env.command().args(arguments).write_stdin(stdin));
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
        done.stdout
    };
    marked("m.jsonl", "{\"memory\":\"one\",\"user_id\":\"u\"}\n");
    succeeds(&["memory", "import", "m.jsonl"], "");
    marked("f.json", "{\"user_id\": \"u\"}");
    let listed = succeeds(&["memory", "list", "--filter", "@f.json", "-o", "json"], "");
    let id = serde_json::from_str::<Value>(&listed).unwrap()[0]["id"].as_str().unwrap().to_owned();
    let change = format!("{{\"memory_id\":\"{id}\",\"text\":\"two\"}}\n");
    marked("u.jsonl", &change);
    succeeds(&["memory", "update", "--from", "u.jsonl"], "");
    succeeds(&["memory", "update", "--from", "-"], &format!("\u{feff}{change}"));
    succeeds(&["memory", "update", &id], "\u{feff}three");
    assert_eq!(texts(&env, "u"), ["three"]);
    marked("mem0.toml", "[projects]\n");
    succeeds(&["plan", "mem0.toml"], "");
    succeeds(&["plan", "-"], "\u{feff}[projects]\n");
    marked("ids.txt", &id);
    succeeds(&["memory", "delete", "--from", "ids.txt", "--yes"], "");
    assert_eq!(texts(&env, "u").len(), 0);
    marked("seed.json", "{}");
    succeeds(&["local", "seed", "seed.json", "--data", "one.db"], "");
    let dump = succeeds(&["local", "dump", "--data", "one.db"], "");
    marked("dump.json", &dump);
    succeeds(&["local", "load", "dump.json", "--data", "two.db"], "");
}
