//! Tells a data file from one that was put in its place.
//!
//! A platform that is killed leaves its latest changes in the log beside the data file. The database applies a log to
//! whatever data file it finds, also to a copy that was restored, whose content would be lost. So each session that begins
//! without a log writes a mark into the data file and into a file of its own, the note; where they differ, or where there is
//! a mark and no note, the log belongs to another data file.
//!
//! A copy that was made while its session was running and is put back after that session was killed has the session's
//! mark, and is not told from the data file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags, Result};

use crate::error::LocalError;
use crate::store::ids;

/// A file beside the data file.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn note(path: &Path) -> PathBuf {
    beside(path, "-session")
}

/// The file with the mark, which is of no use without a log.
#[derive(Debug)]
pub(crate) struct Note(PathBuf);

impl Note {
    pub(crate) fn of(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if !beside(&self.0, "-wal").exists() {
            let _ = fs::remove_file(note(&self.0));
        }
    }
}

/// Whether there is a log whose changes are not in the data file yet.
pub(crate) fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Refuses a data file beside the log of another one.
pub(crate) fn check(path: &Path) -> Result<(), LocalError> {
    if !has_log(path) {
        return Ok(());
    }
    let noted = fs::read_to_string(note(path)).ok();
    let is_own = match (mark_in_file(path).ok(), &noted) {
        (Some(mark), Some(noted)) => noted.lines().any(|noted| noted == mark),
        // The first session of a data file was killed before it had a mark.
        (None, None) => true,
        _ => false,
    };
    if is_own {
        return Ok(());
    }
    Err(LocalError::StaleLog { path: path.to_owned(), log: beside(path, "-wal") })
}

/// Notes the mark of a data file without a log, before a session writes one.
pub(crate) fn prepare(path: &Path) -> Result<(), LocalError> {
    match mark_in_file(path) {
        Ok(mark) => write_note(path, &[&mark]),
        Err(_) => Ok(()),
    }
}

/// Marks a data file whose log was empty when it was opened.
pub(crate) fn write(connection: &Connection, path: &Path) -> Result<(), LocalError> {
    let mark = ids::unguessable(32)?;
    let earlier = mark_in_file(path).unwrap_or_default();
    // Whichever of them is in the file when this session is killed.
    write_note(path, &[&earlier, &mark])?;
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS session (mark TEXT NOT NULL); DELETE FROM session")?;
    connection.execute("INSERT INTO session (mark) VALUES (?1)", [&mark])?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    // Another platform that begins at the same time may write its own mark after this one was read.
    for _ in 0..3 {
        let Ok(now) = mark_in_file(path) else { break };
        write_note(path, &[&now, &mark])?;
        if mark_in_file(path).is_ok_and(|still| still == now) {
            break;
        }
    }
    Ok(())
}

fn write_note(path: &Path, marks: &[&str]) -> Result<(), LocalError> {
    let failed = |source| LocalError::File { path: note(path), source };
    let mut file = new_file_beside(path).map_err(failed)?;
    std::io::Write::write_all(&mut file.1, marks.join("\n").as_bytes()).map_err(failed)?;
    fs::rename(&file.0, note(path)).map_err(failed)
}

/// A new private file, which no link is followed to.
fn new_file_beside(path: &Path) -> std::io::Result<(PathBuf, fs::File)> {
    let random = ids::unguessable(12).map_err(std::io::Error::other)?;
    let path = beside(path, &format!("-session-{random}"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    Ok((path, file))
}

/// The mark in the data file itself, whatever its log says.
fn mark_in_file(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let encoded = utf8_percent_encode(&absolute.to_string_lossy(), NON_ALPHANUMERIC).to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{encoded}?immutable=1"), flags)?;
    connection.query_row("SELECT mark FROM session", [], |row| row.get(0))
}
