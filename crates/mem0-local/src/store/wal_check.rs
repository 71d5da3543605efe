//! Detects a write-ahead log that belongs to another data file.
//!
//! A killed platform leaves its latest changes in the log beside the data file. `SQLite` applies a log to any data
//! file, also to a restored copy, whose content would be lost. Therefore each session that starts without a log writes a
//! random mark into the data file and into a session file. If the marks differ, or only the data file has a mark, the
//! log belongs to another data file.
//!
//! A copy that was made during a session and is restored after that session was killed has the same mark and is not
//! detected.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags, Result};

use crate::error::LocalError;
use crate::store::ids;

/// Path of a file beside the data file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn session_path(path: &Path) -> PathBuf {
    beside(path, "-session")
}

/// Session file with the mark. Dropping this deletes the file unless there is a log.
#[derive(Debug)]
pub(crate) struct SessionFile(PathBuf);

impl SessionFile {
    pub(crate) fn of(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Drop for SessionFile {
    fn drop(&mut self) {
        if !beside(&self.0, "-wal").exists() {
            let _ = fs::remove_file(session_path(&self.0));
        }
    }
}

/// Whether there is a log with changes that are not in the data file.
pub(crate) fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Rejects a data file beside the log of another one.
pub(crate) fn check(path: &Path) -> Result<(), LocalError> {
    if !has_log(path) {
        return Ok(());
    }
    let marks = fs::read_to_string(session_path(path)).ok();
    let is_own = match (mark_in_file(path).ok(), &marks) {
        (Some(mark), Some(marks)) => marks.lines().any(|known| known == mark),
        // The first session was killed before it wrote a mark.
        (None, None) => true,
        _ => false,
    };
    if is_own {
        return Ok(());
    }
    Err(LocalError::StaleLog { path: path.to_owned(), log: beside(path, "-wal") })
}

/// Writes the session file for a data file without a log, before a session writes one.
pub(crate) fn prepare(path: &Path) -> Result<(), LocalError> {
    match mark_in_file(path) {
        Ok(mark) => write_session_file(path, &[&mark]),
        Err(_) => Ok(()),
    }
}

/// Writes a new mark into a data file whose log was empty when it was opened.
pub(crate) fn write(connection: &Connection, path: &Path) -> Result<(), LocalError> {
    let mark = ids::random(32)?;
    let earlier = mark_in_file(path).unwrap_or_default();
    // The data file has one of both marks if this session is killed.
    write_session_file(path, &[&earlier, &mark])?;
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS session (mark TEXT NOT NULL); DELETE FROM session")?;
    connection.execute("INSERT INTO session (mark) VALUES (?1)", [&mark])?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    // A concurrent session may write its own mark after this one was read.
    for _ in 0..3 {
        let Ok(now) = mark_in_file(path) else { break };
        write_session_file(path, &[&now, &mark])?;
        if mark_in_file(path).is_ok_and(|still| still == now) {
            break;
        }
    }
    Ok(())
}

fn write_session_file(path: &Path, marks: &[&str]) -> Result<(), LocalError> {
    let failed = |source| LocalError::File { path: session_path(path), source };
    let mut file = create_private_file(path).map_err(failed)?;
    std::io::Write::write_all(&mut file.1, marks.join("\n").as_bytes()).map_err(failed)?;
    fs::rename(&file.0, session_path(path)).map_err(failed)
}

/// Creates a new private file and follows no links.
fn create_private_file(path: &Path) -> std::io::Result<(PathBuf, fs::File)> {
    let random = ids::random(12).map_err(std::io::Error::other)?;
    let path = beside(path, &format!("-session-{random}"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    Ok((path, file))
}

/// Mark in the data file, regardless of its log.
fn mark_in_file(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let encoded = utf8_percent_encode(&absolute.to_string_lossy(), NON_ALPHANUMERIC).to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{encoded}?immutable=1"), flags)?;
    connection.query_row("SELECT mark FROM session", [], |row| row.get(0))
}
