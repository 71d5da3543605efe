//! Storage of the platform: one `SQLite` database, in memory or in a file.

pub(crate) mod accesses;
pub(crate) mod after_commit;
pub(crate) mod bulk_load;
pub(crate) mod changes;
pub(crate) mod condition;
pub(crate) mod defaults;
pub(crate) mod dump;
pub(crate) mod entities;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod feedback;
pub(crate) mod functions;
pub(crate) mod history_entries;
pub(crate) mod ids;
pub(crate) mod index;
mod json_columns;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod matching;
pub(crate) mod memories;
pub(crate) mod memory_inserter;
pub(crate) mod memory_writer;
pub(crate) mod new_memory;
pub(crate) mod organization_members;
pub(crate) mod organizations;
mod private_files;
pub(crate) mod profiles;
pub(crate) mod project_members;
pub(crate) mod projects;
pub(crate) mod seed;
pub(crate) mod settings;
pub(crate) mod statistics;
pub(crate) mod tokenizer;
pub(crate) mod users;
mod wal_check;
pub(crate) mod webhooks;

use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::error::LocalError;
use crate::store::defaults::Defaults;
use crate::store::seed::SeedData;
use crate::store::wal_check::SessionFile;

/// "mem0": marks a data file as one of the local platform.
const APPLICATION_ID: i64 = 0x6d65_6d30;

/// First bytes of an `SQLite` database file.
const SQLITE_HEADER: &[u8] = b"SQLite format 3\0";

/// Migrations of the data file: the n-th upgrades version n - 1 to version n. A published migration never changes.
const MIGRATIONS: &[Migration] = &[
    Migration {
        script: include_str!("schema.sql"),
        tables: &[
            "meta",
            "users",
            "organizations",
            "organization_members",
            "projects",
            "project_members",
            "keys",
        ],
    },
    Migration {
        script: include_str!("memories.sql"),
        tables: &[
            "memories",
            "touches",
            "memory_history",
            "entities",
            "events",
            "exports",
            "feedback",
            "webhooks",
            "profile_settings",
            "profile_jobs",
            "profiles",
        ],
    },
    // Version 3 contained the search index, which version 4 replaces.
    Migration { script: "", tables: &[] },
    Migration { script: include_str!("search.sql"), tables: &[] },
];

struct Migration {
    script: &'static str,
    /// New tables that a dump contains, each after the tables it refers to. The search index is not among them: it is
    /// rebuilt.
    tables: &'static [&'static str],
}

/// Time limit for the lock of another process on the data file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Page cache in KiB.
const CACHE_SIZE: i64 = 64 * 1024;
/// Page cache during bulk writes, in KiB.
const BULK_CACHE_SIZE: i64 = 256 * 1024;

/// Data file of a store.
#[derive(Clone, Copy)]
pub(crate) struct DataFile<'a> {
    pub(crate) path: &'a Path,
    /// Whether other connections are locked out.
    pub(crate) is_exclusive: bool,
}

/// Initial content of a new store.
pub(crate) struct InitialState {
    /// Seed for reproducible IDs and keys.
    pub(crate) seed: Option<u64>,
    pub(crate) content: Option<SeedData>,
    pub(crate) now: i64,
}

#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// Dropped after the connection, which moves the log into the file when it is closed.
    _session_file: Option<SessionFile>,
}

impl Store {
    /// Opens the data file, or a store in memory, and fills it if it is new.
    pub(crate) fn open(
        file: Option<DataFile<'_>>,
        initial: &InitialState,
    ) -> Result<(Self, Defaults), LocalError> {
        let Some(file) = file else {
            return Self::initialize(Connection::open_in_memory()?, None, initial);
        };
        let path = private_files::resolve(file.path)?;
        let file = DataFile { path: &path, ..file };
        private_files::check(&path)?;
        wal_check::check(&path)?;
        let has_log = wal_check::has_log(file.path);
        if !has_log {
            wal_check::prepare(&path)?;
        }
        let opened = open_file(file)
            .and_then(|connection| Self::initialize(connection, Some(file), initial))
            .and_then(|(store, defaults)| {
                if !has_log {
                    wal_check::write(&store.connection, file.path)?;
                }
                Ok((store, defaults))
            });
        opened.map_err(|error| error.of_data_file(file.path))
    }

    fn initialize(
        connection: Connection,
        file: Option<DataFile<'_>>,
        initial: &InitialState,
    ) -> Result<(Self, Defaults), LocalError> {
        connection.set_prepared_statement_cache_capacity(128);
        connection.pragma_update(None, "foreign_keys", true)?;
        // Query plans do not depend on bound values. Otherwise statements are prepared again for new values, which
        // takes longer than most of them run.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        functions::register(&connection)?;
        index::register(&connection)?;
        let session_file = file.map(|file| SessionFile::of(file.path));
        let mut store = Self { connection, _session_file: session_file };
        let defaults = store.write(|connection| {
            let new = migrate(connection, file.map(|file| file.path))?;
            if new {
                defaults::set_seed(connection, initial.seed)?;
            }
            let defaults = defaults::ensure(connection, initial.now)?;
            if new {
                if let Some(content) = &initial.content {
                    seed::insert_seed(connection, content, initial.now)?;
                }
                dump::save_initial_state(connection)?;
            }
            Ok::<_, LocalError>(defaults)
        })?;
        Ok((store, defaults))
    }

    /// Runs a write transaction: committed if the closure succeeds, rolled back otherwise. A commit to a file
    /// survives a crash and a loss of power.
    pub(crate) fn write<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, work)
    }

    /// Runs a write transaction without waiting for the disk. The commit survives a crash; it survives a loss of
    /// power only after a later commit by [`write`](Self::write).
    pub(crate) fn write_relaxed<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let done = self.write(work);
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        done
    }

    /// Runs a write transaction with much data.
    pub(crate) fn bulk_write<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let cache: i64 = self.connection.pragma_query_value(None, "cache_size", |row| row.get(0))?;
        self.connection.pragma_update(None, "cache_size", -BULK_CACHE_SIZE)?;
        let done = self.write(work);
        self.connection.pragma_update(None, "cache_size", cache)?;
        // Truncates the log: every read would search it, and it would not shrink. Another reader may prevent this.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        done
    }

    /// Runs a read transaction, which sees one consistent state.
    pub(crate) fn read<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Deferred, work)
    }

    fn transaction<T, E: From<rusqlite::Error>>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

fn open_file(DataFile { path, is_exclusive }: DataFile<'_>) -> Result<Connection, LocalError> {
    let failed = |source| LocalError::File { path: path.to_owned(), source };
    if !create_private(path)? {
        return Err(LocalError::ForeignData { path: path.to_owned() });
    }
    // SQLite gives some relative names a special meaning: `:memory:`, `file:…`.
    let connection = Connection::open(std::path::absolute(path).map_err(failed)?)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if is_exclusive {
        lock_exclusively(&connection, path)?;
    }
    // The log of a rejected file belongs to the program that wrote it, so it is not moved into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    reject_foreign(&connection, path)?;
    private_files::make_private(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_SIZE)?;
    Ok(connection)
}

/// Locks the file for the lifetime of the connection. Any open connection to the file holds a lock.
fn lock_exclusively(connection: &Connection, path: &Path) -> Result<(), LocalError> {
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.busy_timeout(Duration::ZERO)?;
    let result = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    match result {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Err(LocalError::InUse { path: path.to_owned() })
        }
        // Other errors are reported by the next read.
        _ => Ok(()),
    }
}

/// Opens or creates the file, and returns whether it is empty or starts as an `SQLite` database does. `SQLite` itself
/// would overwrite some short files.
///
/// A new or empty file is readable by its owner only, as it contains API keys. `SQLite` gives its other files the same
/// permissions.
fn create_private(path: &Path) -> Result<bool, LocalError> {
    let failed = |source| LocalError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    private_files::check_owner(path, &found)?;
    #[cfg(unix)]
    if found.len() == 0 {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    }
    let mut header = Vec::new();
    file.take(SQLITE_HEADER.len() as u64).read_to_end(&mut header).map_err(failed)?;
    Ok(header.is_empty() || header == SQLITE_HEADER)
}

/// Rejects a foreign file before anything in it changes, its journal mode included.
fn reject_foreign(connection: &Connection, path: &Path) -> Result<(), LocalError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let foreign = || LocalError::ForeignData { path: path.to_owned() };
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let tables = tables.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        _ => error.into(),
    })?;
    if tables > 0 && pragma("application_id")? != APPLICATION_ID {
        return Err(foreign());
    }
    check_version(pragma("user_version")?, path)
}

fn check_version(found: i64, path: &Path) -> Result<(), LocalError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(LocalError::NewerData { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Migrates the database to the newest version, and returns whether it is new.
fn migrate(connection: &Connection, file: Option<&Path>) -> Result<bool, LocalError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // Checked again inside the transaction, as another process may have migrated the file.
    check_version(found, file.unwrap_or(Path::new("")))?;
    for (version, migration) in (1_i64..).zip(MIGRATIONS) {
        if version > found {
            connection.execute_batch(migration.script)?;
            connection.pragma_update(None, "user_version", version)?;
        }
    }
    if found == 0 {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(found == 0)
}
