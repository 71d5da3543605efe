//! `kill -9` during writes: acknowledged changes persist and the data file is intact.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mem0::ProjectUpdate;
use mem0::projects::ProjectId;
use rusqlite::Connection;

use crate::process::{LONG, Served};

const WRITERS: usize = 4;
const ROUNDS: u64 = 6;

/// Acknowledged changes.
#[derive(Default)]
struct Acknowledged {
    projects: Mutex<Vec<(ProjectId, String)>>,
    /// Last acknowledged and last sent number of each writer.
    numbers: [(AtomicUsize, AtomicUsize); WRITERS],
}

#[test]
fn no_acknowledged_change_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mem0.db");
    let arguments = ["--data", "mem0.db"];
    let acknowledged = Acknowledged::default();
    let mut random = fastrand::Rng::with_seed(1);
    let mut own = Vec::new();
    for round in 0..ROUNDS {
        let mut served = Served::start(folder.path(), &arguments);
        if own.is_empty() {
            let client = served.client("owner_key");
            own = (0..WRITERS)
                .map(|at| client.project().create(format!("own {at}")).unwrap().id().unwrap().clone())
                .collect();
        }
        check(&served, &own, &acknowledged);
        let before = acknowledged.projects.lock().unwrap().len();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (at, id) in own.iter().enumerate() {
                let (client, org_id) = (served.client("owner_key"), served.announced("org_id"));
                let (acknowledged, stop) = (&acknowledged, &stop);
                scope.spawn(move || {
                    let project = client.project_in(org_id, id.clone());
                    let (last, sent) = &acknowledged.numbers[at];
                    while !stop.load(Ordering::Relaxed) {
                        let name = format!("round {round}, writer {at}, {}", sent.load(Ordering::Relaxed));
                        let Ok(created) = client.project().create(name.as_str()) else { break };
                        acknowledged.projects.lock().unwrap().push((created.id().unwrap().clone(), name));
                        let number = last.load(Ordering::Relaxed) + 1;
                        sent.store(number, Ordering::Relaxed);
                        let update = ProjectUpdate::new().custom_instructions(number.to_string());
                        if project.update(update).is_err() {
                            break;
                        }
                        last.store(number, Ordering::Relaxed);
                    }
                });
            }
            // Killed at a random time after the writers have started.
            let started = Instant::now();
            while acknowledged.projects.lock().unwrap().len() < before + 2 * WRITERS {
                assert!(started.elapsed() < LONG, "nobody writes");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(random.u64(..60_000)));
            served.kill();
            stop.store(true, Ordering::Relaxed);
        });
        assert_intact(&data);
    }
    let served = Served::start(folder.path(), &arguments);
    check(&served, &own, &acknowledged);
    assert!(acknowledged.projects.lock().unwrap().len() >= 2 * WRITERS * usize::try_from(ROUNDS).unwrap());
}

fn check(served: &Served, own: &[ProjectId], acknowledged: &Acknowledged) {
    let client = served.client("owner_key");
    let listed = client.organization(served.announced("org_id").as_str()).projects().unwrap();
    let found: HashSet<(&ProjectId, &str)> = listed
        .iter()
        .map(|project| (project.project_id.as_ref().unwrap(), project.name.as_deref().unwrap()))
        .collect();
    for (id, name) in acknowledged.projects.lock().unwrap().iter() {
        assert!(found.contains(&(id, name.as_str())), "{name} was lost");
    }
    for (id, (last, sent)) in own.iter().zip(&acknowledged.numbers) {
        let project = client.project_in(served.announced("org_id").as_str(), id.clone()).get().unwrap();
        let text = project.custom_instructions.map(|text| text.as_str().to_owned()).unwrap_or_default();
        let number: usize = text.parse().unwrap_or(0);
        // A write in flight may be stored without acknowledgement.
        let (least, most) = (last.load(Ordering::Relaxed), sent.load(Ordering::Relaxed));
        assert!((least..=most).contains(&number), "{number} is not in {least}..={most}");
        last.store(number, Ordering::Relaxed);
    }
}

fn assert_intact(data: &Path) {
    // With the write-ahead log of the killed process.
    let folder = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("mem0.db{suffix}");
        let from = data.with_file_name(&name);
        if from.exists() {
            std::fs::copy(from, folder.path().join(name)).unwrap();
        }
    }
    let connection = Connection::open(folder.path().join("mem0.db")).unwrap();
    let text: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(text, "ok");
    assert!(!connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
}
