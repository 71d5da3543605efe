//! Data files: reopened, shared and refused.

use std::path::Path;

use mem0_local::{LocalError, LocalPlatform, NewMemory};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::raw_http::call;
use crate::{ORGANIZATIONS, organization};

fn open(path: &Path) -> Result<LocalPlatform, LocalError> {
    LocalPlatform::builder().data_file(path).start()
}

fn is_intact(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    let text: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let violations = connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
    text == "ok" && !violations
}

#[test]
fn data_file_is_reopened_with_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    let first = open(&path).unwrap();
    let created = call(first.url(), "POST", ORGANIZATIONS, first.api_key(), &json!({"name": "Kept"})).json();
    let words = |platform: &LocalPlatform| {
        [
            platform.org_id(),
            platform.project_id(),
            platform.api_key(),
            platform.reader_key(),
            platform.other_key(),
        ]
        .map(str::to_owned)
    };
    let (before, known) = (first.dump().unwrap(), words(&first));
    drop(first);
    assert!(is_intact(&path));
    // Neither a seed nor seed data changes existing content.
    let seed = mem0_local::SeedData::from_json(r#"{"users": [{"email": "ann@x.io"}]}"#).unwrap();
    let second = LocalPlatform::builder().data_file(&path).seed(7).seed_data(seed).start().unwrap();
    assert!(second.dump().unwrap() == before);
    assert_eq!(words(&second), known);
    let kept = organization(created["org_id"].as_str().unwrap());
    assert_eq!(call(second.url(), "GET", &kept, second.api_key(), &Value::Null).json()["name"], "Kept");
    second.reset().unwrap();
    drop(second);
    let third = open(&path).unwrap();
    assert_eq!(call(third.url(), "GET", &kept, third.api_key(), &Value::Null).status, 404);
    assert_eq!(words(&third), known, "the keys of the start");
}

#[test]
fn deleted_default_content_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    let first = open(&path).unwrap();
    let (org, key) = (organization(first.org_id()), first.api_key().to_owned());
    assert_eq!(call(first.url(), "DELETE", &org, &key, &Value::Null).status, 200);
    let other = first.other_key().to_owned();
    drop(first);
    let second = open(&path).unwrap();
    assert_ne!(second.api_key(), key);
    assert_eq!(second.other_key(), other);
    for key in [second.api_key(), second.reader_key(), second.other_key()] {
        assert_eq!(call(second.url(), "GET", "/v1/ping/", key, &Value::Null).status, 200);
    }
}

#[test]
fn two_platforms_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    // All at once on a missing file: one platform creates it, the others open it.
    let start = || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&path))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect::<Vec<_>>()
        })
    };
    let platforms = start();
    assert!(platforms.iter().all(|platform| platform.api_key() == platforms[0].api_key()));
    std::thread::scope(|scope| {
        for (at, platform) in platforms.iter().enumerate() {
            scope.spawn(move || {
                for number in 0..10 {
                    let name = json!({"name": format!("{at}-{number}")});
                    let response = call(platform.url(), "POST", ORGANIZATIONS, platform.api_key(), &name);
                    assert_eq!(response.status, 201, "{response:?}");
                }
            });
        }
    });
    for platform in &platforms {
        let list = call(platform.url(), "GET", ORGANIZATIONS, platform.api_key(), &Value::Null).json();
        assert_eq!(list.as_array().unwrap().len(), 1 + 4 * 10);
    }
    drop(platforms);
    assert!(is_intact(&path));
}

#[cfg(unix)]
#[test]
fn data_file_is_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let path = folder.path().join("new.db");
    let platform = open(&path).unwrap();
    for entry in folder.path().read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(platform);
    // An existing empty file becomes private too.
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    std::fs::set_permissions(&empty, std::fs::Permissions::from_mode(0o644)).unwrap();
    let platform = open(&empty).unwrap();
    assert_eq!(mode(&empty), 0o600);
    drop(platform);
}

fn refused_untouched(path: &Path) -> LocalError {
    let bytes = std::fs::read(path).unwrap();
    let error = open(path).expect_err("a refusal");
    assert!(std::fs::read(path).unwrap() == bytes, "{} was changed", path.display());
    assert!(error.to_string().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
    error
}

#[test]
fn newer_and_foreign_files_are_refused_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    drop(open(&newer).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refused_untouched(&newer);
    assert!(matches!(error, LocalError::NewerData { found: 99, known: ..99, .. }), "{error:?}");

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .unwrap();
    assert!(matches!(refused_untouched(&foreign), LocalError::ForeignData { .. }));

    // With changes in its write-ahead log, which must stay there.
    let live = folder.path().join("live.db");
    let other = Connection::open(&live).unwrap();
    other.pragma_update(None, "journal_mode", "WAL").unwrap();
    other.execute_batch("CREATE TABLE t (x); PRAGMA wal_checkpoint; INSERT INTO t VALUES (1)").unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(&live, &copy).unwrap();
    std::fs::copy(folder.path().join("live.db-wal"), folder.path().join("copy.db-wal")).unwrap();
    assert!(matches!(refused_untouched(&copy), LocalError::ForeignData { .. }));

    for (name, bytes) in [("text.db", &b"no database"[..]), ("zeros.db", &[0; 4096]), ("one.db", b"x")] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = refused_untouched(&path);
        assert!(matches!(error, LocalError::ForeignData { .. }), "{name}: {error:?}");
    }
}

#[test]
fn error_names_a_path_that_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("no/such/folder.db")] {
        let error = open(&path).expect_err("a refusal");
        assert!(matches!(&error, LocalError::File { path: named, .. } if *named == path), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn dump_contains_every_table_except_derived_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    let dump = serde_json::to_value(open(&path).unwrap().dump().unwrap()).unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut schema = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = schema.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let is_derived = |name: &String| {
        ["sqlite_", "search_", "initial_state", "session"].iter().any(|start| name.starts_with(start))
    };
    let mut names: Vec<String> = names.filter(|name| !is_derived(name)).collect();
    names.sort_unstable();
    let dumped: Vec<&String> = dump["tables"].as_object().unwrap().keys().collect();
    assert_eq!(dumped, names.iter().collect::<Vec<_>>(), "name new tables in `MIGRATIONS`");
}

/// Converts a file to an earlier version, which stored word frequencies in a table.
fn make_of_version(version: usize, path: &Path) {
    let inserted = "CREATE TRIGGER memories_inserted AFTER INSERT ON memories BEGIN \
        INSERT INTO search_words SELECT 1, value, 1 FROM json_each(index_words(new.memory)); END;";
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "DROP TABLE search_tokens; DROP TRIGGER memories_deleted; DROP TRIGGER memories_rewritten; \
             CREATE TABLE search_words (project INTEGER, word TEXT, memories INTEGER, PRIMARY KEY (project, word)) \
                STRICT, WITHOUT ROWID; \
             CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN \
                DELETE FROM search_index WHERE rowid = old.number; END; \
             CREATE TRIGGER memories_uncounted AFTER DELETE ON memories BEGIN \
                DELETE FROM search_words WHERE word IN (SELECT value FROM json_each(index_words(old.memory))); END; \
             CREATE TRIGGER memories_rewritten AFTER UPDATE OF memory ON memories BEGIN \
                DELETE FROM search_words WHERE word IN (SELECT value FROM json_each(index_words(old.memory))); END; \
             {} PRAGMA user_version = {version}; \
             UPDATE initial_state SET dump = json_set(dump, '$.version', {version});",
            if version == 2 { inserted } else { "" },
        ))
        .unwrap();
}

#[test]
fn file_of_an_earlier_version_is_migrated() {
    let add = |platform: &LocalPlatform, memory: &str| {
        let body = json!({
            "messages": [{"role": "user", "content": memory}], "user_id": "alice", "infer": false,
        });
        let response = call(platform.url(), "POST", "/v3/memories/add/", platform.api_key(), &body);
        assert_eq!(response.status, 200, "{response:?}");
    };
    let found = |platform: &LocalPlatform| {
        let body = json!({"query": "tea", "filters": {"user_id": "alice"}});
        let response = call(platform.url(), "POST", "/v3/memories/search/", platform.api_key(), &body).json();
        let mut found: Vec<String> = response["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|memory| memory["memory"].as_str().unwrap().to_owned())
            .collect();
        found.sort();
        found
    };
    for version in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mem0.db");
        let first = open(&path).unwrap();
        add(&first, "Green tea");
        drop(first);
        make_of_version(version, &path);
        let second = open(&path).unwrap();
        add(&second, "Black tea");
        assert_eq!(found(&second), ["Black tea", "Green tea"]);
        let mut dump: Value = serde_json::to_value(second.dump().unwrap()).unwrap();
        second.reset().unwrap();
        assert_eq!(found(&second), [""; 0]);
        dump["version"] = json!(version);
        second.load(&serde_json::from_value(dump).unwrap()).unwrap();
        assert_eq!(found(&second), ["Black tea", "Green tea"]);
    }
}

/// Copies the files of a running platform, as they are after a kill.
fn killed(platform_file: &Path, folder: &Path) -> std::path::PathBuf {
    let copy = folder.join("killed.db");
    for ending in ["", "-wal", "-session"] {
        let from = format!("{}{ending}", platform_file.display());
        std::fs::copy(from, format!("{}{ending}", copy.display())).unwrap();
    }
    copy
}

#[test]
fn log_of_another_data_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("mem0.db"), folder.path().join("backup.db"));
    let make = |platform: &LocalPlatform, name: &str| {
        call(platform.url(), "POST", ORGANIZATIONS, platform.api_key(), &json!({ "name": name })).status
    };
    let names = |platform: &LocalPlatform| {
        let list = call(platform.url(), "GET", ORGANIZATIONS, platform.api_key(), &Value::Null).json();
        let name = |organization: &Value| organization["name"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let first = open(&path).unwrap();
    assert_eq!(make(&first, "First"), 201);
    drop(first);
    std::fs::copy(&path, &backup).unwrap();
    let second = open(&path).unwrap();
    assert_eq!(make(&second, "Second"), 201);
    let copy = killed(&path, folder.path());
    let again = open(&copy).unwrap();
    assert_eq!(names(&again), ["default-org", "First", "Second"], "its own log is applied");
    drop(again);

    let copy = killed(&path, folder.path());
    std::fs::copy(&backup, &copy).unwrap();
    let refused = open(&copy).unwrap_err();
    assert!(matches!(refused, LocalError::StaleLog { .. }), "{refused:?}");
    // A closed data file has no write-ahead log.
    std::fs::remove_file(folder.path().join("killed.db-session")).unwrap();
    let refused = open(&copy).unwrap_err();
    assert!(matches!(refused, LocalError::StaleLog { .. }), "{refused:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&backup).unwrap());
    let shown = refused.to_string();
    assert!(shown.contains("killed.db-wal") && shown.contains("delete it"), "{shown}");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&backup).unwrap(), "nothing was changed");
    std::fs::remove_file(folder.path().join("killed.db-wal")).unwrap();
    let restored = open(&copy).unwrap();
    assert_eq!(names(&restored), ["default-org", "First"]);
}

#[test]
fn error_names_a_damaged_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    drop(open(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xAB);
    std::fs::write(&path, bytes).unwrap();
    let refused = open(&path).unwrap_err();
    assert!(matches!(refused, LocalError::Damaged { .. }), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        format!(
            "{} is damaged; restore a copy, or move it and the files next to it to another directory to start with new data",
            path.display()
        )
    );
}

/// Every read of the damaged part names the file.
#[test]
fn error_names_a_file_damaged_while_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    let first = open(&path).unwrap();
    let text = "tea ".repeat(1000);
    let memories = (0..100).map(|_| NewMemory::new(&text).user("alice"));
    first.load_memories(first.org_id(), first.project_id(), memories).unwrap();
    let dump = first.dump().unwrap();
    drop(first);
    let platform = open(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // The identifiers read at the start are still known.
    bytes[4096..].fill(0xAB);
    std::fs::write(&path, bytes).unwrap();
    let body = json!({"filters": {"user_id": "alice"}});
    let response = call(platform.url(), "POST", "/v3/memories/", platform.api_key(), &body);
    assert_eq!(response.status, 500, "{response:?}");
    let named = format!("{} is damaged; restore a copy", path.display());
    assert!(response.json()["detail"].as_str().unwrap().contains(&named), "{response:?}");
    for failed in [platform.dump().map(drop), platform.load(&dump), platform.reset()] {
        let failed = failed.unwrap_err();
        assert!(matches!(&failed, LocalError::Damaged { path: named, .. } if *named == path), "{failed:?}");
    }
}

/// The disk is full, or another process has locked the file.
#[test]
fn error_names_an_unusable_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    let platform = open(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("DROP TABLE feedback").unwrap();
    for failed in [platform.dump().map(drop), platform.reset()] {
        let failed = failed.unwrap_err();
        assert!(matches!(&failed, LocalError::Storage { .. }), "{failed:?}");
        assert!(failed.to_string().contains(path.to_str().unwrap()), "{failed}");
    }
}

#[cfg(unix)]
#[test]
fn readable_file_is_made_private() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mem0.db");
    drop(open(&path).unwrap());
    for loose in [0o666, 0o640, 0o604, 0o710] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(loose)).unwrap();
        let platform = open(&path).unwrap();
        for ending in ["", "-wal", "-shm", "-session"] {
            let file = format!("{}{ending}", path.display());
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{loose:o}: {file}");
        }
        drop(platform);
    }
    // Files next to it from an earlier session.
    let first = open(&path).unwrap();
    let copy = killed(&path, folder.path());
    drop(first);
    let log = folder.path().join("killed.db-wal");
    std::fs::set_permissions(&log, PermissionsExt::from_mode(0o664)).unwrap();
    let platform = open(&copy).unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    drop(platform);
}

/// A link in the folder of the file, as another user could create it in `/tmp`.
#[cfg(unix)]
#[test]
fn link_next_to_a_data_file_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("mem0.db"), folder.path().join("victim"));
    std::fs::write(&target, "theirs").unwrap();
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o644)).unwrap();
    drop(open(&path).unwrap());
    for ending in ["-wal", "-shm", "-journal", "-session"] {
        let link = folder.path().join(format!("mem0.db{ending}"));
        symlink(&target, &link).unwrap();
        let refused = open(&path).expect_err(ending);
        assert!(matches!(&refused, LocalError::Untrusted { path, .. } if *path == link), "{refused:?}");
        assert!(
            refused.to_string().contains(&format!("mem0.db{ending} is a symbolic link; delete it")),
            "{refused}"
        );
        std::fs::remove_file(link).unwrap();
    }
    assert_eq!(std::fs::read(&target).unwrap(), b"theirs");
    assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    drop(open(&path).unwrap());
}

#[cfg(unix)]
#[test]
fn link_to_a_data_file_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("mem0.db"), folder.path().join("link.db"));
    let backup = folder.path().join("backup.db");
    drop(open(&path).unwrap());
    std::fs::copy(&path, &backup).unwrap();
    let first = open(&path).unwrap();
    let key = first.api_key().to_owned();
    let copy = killed(&path, folder.path());
    drop(first);
    std::os::unix::fs::symlink(&copy, &link).unwrap();
    assert_eq!(open(&link).unwrap().api_key(), key);
    // The log is next to the file, not next to the link.
    let first = open(&path).unwrap();
    let created = call(first.url(), "POST", ORGANIZATIONS, first.api_key(), &json!({"name": "Lost"}));
    assert_eq!(created.status, 201);
    let copy = killed(&path, folder.path());
    drop(first);
    std::fs::copy(&backup, &copy).unwrap();
    let refused = open(&link).unwrap_err();
    assert!(matches!(refused, LocalError::StaleLog { .. }), "{refused:?}");
    std::fs::remove_file(&copy).unwrap();
    std::fs::remove_file(folder.path().join("killed.db-wal")).unwrap();
    assert!(matches!(open(&link), Err(LocalError::File { .. })), "a link that leads nowhere");
    assert!(!copy.exists());
}

/// Only root can change the owner of a file. Without that permission, the file keeps its owner and is accepted.
#[cfg(unix)]
#[test]
fn data_file_of_another_user_is_refused_unchanged() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().metadata().unwrap().uid();
    let path = folder.path().join("mem0.db");
    drop(open(&path).unwrap());
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
    let _ = chown(&path, Some(12345), None);
    let is_own = path.metadata().unwrap().uid() == own;
    let bytes = std::fs::read(&path).unwrap();
    match open(&path) {
        Ok(_) => assert!(is_own, "a file of another user was taken"),
        Err(refused) => {
            assert!(!is_own && matches!(refused, LocalError::Untrusted { .. }), "{refused:?}");
            let shown = refused.to_string();
            assert!(shown.contains("mem0.db belongs to another user; copy it"), "{shown}");
            assert!(std::fs::read(&path).unwrap() == bytes);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o666);
        }
    }
    let log = folder.path().join("own.db-wal");
    let path = folder.path().join("own.db");
    std::fs::write(&log, "").unwrap();
    let _ = chown(&log, Some(12345), None);
    let is_own = log.metadata().unwrap().uid() == own;
    match open(&path) {
        Ok(_) => assert!(is_own, "a log of another user was taken"),
        Err(refused) => assert!(!is_own && refused.to_string().contains("own.db-wal belongs"), "{refused:?}"),
    }
}
