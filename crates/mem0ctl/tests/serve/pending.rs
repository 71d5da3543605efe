//! Pending adds and `kill -9`.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mem0::client::Method;
use serde_json::{Value, json};

use crate::process::{LONG, Served};

const WRITERS: usize = 4;
const ROUNDS: u64 = 6;

/// Half of the adds infer. Each acknowledged add results in exactly one memory.
#[test]
fn no_acknowledged_add_is_lost_or_duplicated() {
    let folder = tempfile::tempdir().unwrap();
    let acknowledged = Mutex::new(Vec::new());
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..ROUNDS {
        // The delay leaves some jobs pending and some running at the kill.
        let delay = if round % 2 == 0 { "0.003" } else { "3600" };
        let mut served = Served::start(folder.path(), &["--data", "mem0.db", "--delay", delay]);
        let before = acknowledged.lock().unwrap().len();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let client = served.client("owner_key");
                let (acknowledged, stop) = (&acknowledged, &stop);
                scope.spawn(move || {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let text = format!("Fact {number} of writer {writer} in round {round}");
                        let body = json!({"messages": text, "user_id": "u", "infer": number % 2 == 0});
                        let add = client.request(Method::POST, ["v3", "memories", "add", ""]).json(&body);
                        let Ok(result) = add.send::<Value>() else { break };
                        let event_id = result["event_id"].as_str().unwrap().to_owned();
                        acknowledged.lock().unwrap().push((text, event_id));
                    }
                });
            }
            let started = Instant::now();
            while acknowledged.lock().unwrap().len() < before + 4 * WRITERS {
                assert!(started.elapsed() < LONG, "nobody writes");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(random.u64(..20_000)));
            served.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    // Without a delay, pending jobs finish before the first response.
    let served = Served::start(folder.path(), &["--data", "mem0.db"]);
    let client = served.client("owner_key");
    let acknowledged = acknowledged.into_inner().unwrap();
    for (text, event_id) in &acknowledged {
        let event: Value = client.request(Method::GET, ["v1", "event", event_id, ""]).send().unwrap();
        assert_eq!(event["status"], "SUCCEEDED", "{text}: {event}");
        assert_eq!(event["results"][0]["memory"], text.as_str(), "{event}");
    }
    drop(served);
    let connection = rusqlite::Connection::open(folder.path().join("mem0.db")).unwrap();
    let mut texts = connection.prepare("SELECT memory FROM memories").unwrap();
    let texts: Vec<String> =
        texts.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let found: HashSet<&String> = texts.iter().collect();
    assert_eq!(found.len(), texts.len(), "a memory was made twice");
    assert!(acknowledged.iter().all(|(text, _)| found.contains(text)), "an add was lost");
}
