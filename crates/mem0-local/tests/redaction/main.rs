//! `Debug` and `Display` of the public types contain no key, e-mail address or memory.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::{Debug, Display};

use mem0::MemoryClient;
use mem0::client::{Method, RetryPolicy};
use mem0::webhooks::NewWebhook;
use mem0_local::*;
use serde_json::{Value, json};

const KEY: &str = "m0-secret-key";
const EMAIL: &str = "ann.o+secret@x.io";
/// Private text of a user.
const SAID: &str = "eats plants";

/// Returns a text with everything that must not be printed.
fn leaky() -> String {
    format!("of <{EMAIL}>, by\n{KEY} or {EMAIL}")
}

/// Returns the `Debug` output of a value after the name of its type.
fn printed<T: Debug>(value: &T) -> String {
    format!("{}: {value:?} {value:#?}", std::any::type_name::<T>())
}

/// Returns the `Debug` and `Display` output of a value.
fn output_of<T: Debug + Display>(value: &T) -> String {
    format!("{} {value}", printed(value))
}

fn seed() -> Value {
    let member = json!({ "email": EMAIL, "role": "OWNER" });
    json!({
        "users": [{ "email": EMAIL, "username": leaky() }],
        "organizations": [{
            "org_id": "o", "name": leaky(), "members": [member],
            "projects": [{
                "project_id": "p", "name": leaky(), "settings": { "description": SAID }, "members": [member],
                "keys": [{ "email": EMAIL, "key": "m0-local-secret" }],
            }],
        }],
    })
}

fn client(url: &str, key: &str) -> MemoryClient {
    MemoryClient::builder().base_url(url).api_key(key).retry(RetryPolicy::none()).build().unwrap()
}

/// Returns the output of a platform with content of every kind.
fn platform() -> Vec<String> {
    let seed = SeedData::from_json(&seed().to_string()).unwrap();
    let builder = LocalPlatform::builder().seed_data(seed.clone()).clock(Clock::system());
    let model = Extraction::new(format!("http://127.0.0.1:9/{KEY}"), KEY, leaky());
    let mut walk = vec![printed(&seed), printed(&builder.clone().extraction(model.clone())), printed(&model)];
    let platform = builder.start().unwrap();
    let client = client(platform.url(), "m0-local-secret");
    let url = format!("http://127.0.0.1:9/{KEY}?of={EMAIL}");
    client.webhooks("p").create(NewWebhook::new(leaky(), url, ["memory_add"])).unwrap();
    let memory =
        NewMemory::new(SAID).user(EMAIL).metadata(serde_json::Map::from_iter([(leaky(), json!(leaky()))]));
    walk.push(printed(&memory));
    platform.load_memories("o", "p", [memory.clone()]).unwrap();
    client.add(mem0::AddMemories::new(SAID).user_id(EMAIL).infer(false)).unwrap();
    client.delete_users("user", EMAIL).unwrap();
    let raw = client.request(Method::GET, ["v1", EMAIL, KEY]).query("of", leaky());
    raw.send::<Value>().unwrap_err();
    platform.run_jobs().unwrap();
    let deliveries = platform.webhook_deliveries();
    walk.extend(deliveries.iter().map(printed));
    walk.extend(platform.request_log().iter().map(printed));
    let dump = platform.dump().unwrap();
    walk.extend([printed(&platform), printed(&dump), printed(platform.clock())]);
    let refused = [
        platform.create_user(&leaky()).unwrap_err(),
        platform.create_key(EMAIL, EMAIL, KEY).unwrap_err(),
        platform.load_memories(EMAIL, KEY, [memory]).unwrap_err(),
    ];
    walk.extend(refused.iter().map(output_of));
    walk
}

/// Returns the errors of invalid content.
fn contents() -> Vec<String> {
    let mut walk = Vec::new();
    for pointer in
        ["/users/0/email", "/organizations/0/members/0/role", "/organizations/0/projects/0/keys/0/key"]
    {
        for planted in [json!(leaky()), json!([leaky()]), json!(1)] {
            let mut seed = seed();
            *seed.pointer_mut(pointer).unwrap() = planted;
            let invalid = SeedData::from_json(&seed.to_string())
                .and_then(|seed| LocalPlatform::builder().seed_data(seed).start())
                .unwrap_err();
            walk.push(output_of(&invalid));
        }
    }
    let mut seed = seed();
    seed[leaky()] = json!(1);
    walk.push(output_of(&SeedData::from_json(&seed.to_string()).unwrap_err()));
    let platform = LocalPlatform::start().unwrap();
    let mut dump = json!(platform.dump().unwrap());
    dump["tables"]["users"]["rows"][0] = json!([leaky()]);
    let dump: Dump = serde_json::from_value(dump).unwrap();
    walk.push(output_of(&platform.load(&dump).unwrap_err()));
    walk
}

fn cassettes() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cassette.jsonl");
    let upstream = format!("https://{EMAIL}:{KEY}@127.0.0.1:9");
    let mut walk = vec![printed(&Recorder::builder(upstream.clone(), &file))];
    walk.push(output_of(&Recorder::start(upstream, &file).unwrap_err()));
    walk.push(printed(&Recorder::start("http://127.0.0.1:9", &file).unwrap()));
    for line in [
        json!({ leaky(): leaky() }),
        json!({ "request": { "method": leaky(), "path": leaky() }, "response": {"status": leaky() } }),
        json!({ "request": { "method": "GET", "path": [leaky()] }, "response": {"status": 200 } }),
    ] {
        std::fs::write(&file, format!("{line}\n")).unwrap();
        walk.push(output_of(&Replay::start(&file).unwrap_err()));
    }
    let line = json!({
        "request": { "method": "GET", "path": "/v1/ping/", "key": "key-1" },
        "response": {"status": 200, "body": { "json": { "user_email": "person-1@example.com" } } },
    });
    std::fs::write(&file, format!("{line}\n")).unwrap();
    walk.push(printed(&Replay::builder(&file)));
    let replay = Replay::start(&file).unwrap();
    client(replay.url(), KEY).request(Method::GET, ["v1", EMAIL]).send::<Value>().unwrap_err();
    walk.push(printed(&replay));
    walk
}

#[test]
fn debug_and_display_contain_nothing_private() {
    let fault = Fault::status(503).header("x-of", KEY).header("x-from", EMAIL).body(leaky());
    let mut walk = vec![printed(&fault), printed(&Route::method(Method::from_bytes(b"SECRET").unwrap()))];
    walk.extend([platform(), contents(), cassettes()].into_iter().flatten());
    let is_leak = |text: &&String| ["secret", "x.io", "plants"].iter().any(|private| text.contains(private));
    let leaks: Vec<&String> = walk.iter().filter(is_leak).collect();
    assert!(leaks.is_empty(), "these show what is private: {leaks:#?}");
}
