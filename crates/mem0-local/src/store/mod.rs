//! Where the platform keeps everything: one `SQLite` database, in memory or in a file.

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
use crate::store::wal_check::Note;

/// "mem0": marks a data file as one of the local platform.
const APPLICATION_ID: i64 = 0x6d65_6d30;

/// What a database file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Migrations of the data file; the n-th leads from version n - 1 to version n. A published one never changes.
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
    // Version 3 was about the search index, which version 4 replaces.
    Migration { script: "", tables: &[] },
    Migration { script: include_str!("search.sql"), tables: &[] },
];

struct Migration {
    script: &'static str,
    /// New tables that a dump holds, each after those it refers to: all but the search index, which is rebuilt.
    tables: &'static [&'static str],
}

/// How long to wait for another process that has the data file locked.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of a file is held in memory, in KiB: as a rule, and while it is filled.
const CACHE: i64 = 64 * 1024;
const CACHE_WHILE_FILLING: i64 = 256 * 1024;

/// The file to keep everything in.
#[derive(Clone, Copy)]
pub(crate) struct DataFile<'a> {
    pub(crate) path: &'a Path,
    /// Whether nobody else may have it open.
    pub(crate) is_exclusive: bool,
}

/// What a new store is filled with.
pub(crate) struct Beginning {
    /// Makes identifiers and keys reproducible.
    pub(crate) seed: Option<u64>,
    pub(crate) content: Option<SeedData>,
    pub(crate) now: i64,
}

#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// After the connection, which moves the log into the file as it closes.
    _note: Option<Note>,
}

impl Store {
    /// Opens the data file, or a store in memory, and fills it if it is new.
    pub(crate) fn open(
        file: Option<DataFile<'_>>,
        beginning: &Beginning,
    ) -> Result<(Self, Defaults), LocalError> {
        let Some(file) = file else {
            return Self::begin(Connection::open_in_memory()?, None, beginning);
        };
        let path = private_files::resolve(file.path)?;
        let file = DataFile { path: &path, ..file };
        private_files::check(&path)?;
        wal_check::check(&path)?;
        let is_marked = wal_check::has_log(file.path);
        if !is_marked {
            wal_check::prepare(&path)?;
        }
        let opened = open_file(file)
            .and_then(|connection| Self::begin(connection, Some(file), beginning))
            .and_then(|(store, defaults)| {
                if !is_marked {
                    wal_check::write(&store.connection, file.path)?;
                }
                Ok((store, defaults))
            });
        opened.map_err(|error| error.of_data_file(file.path))
    }

    fn begin(
        connection: Connection,
        file: Option<DataFile<'_>>,
        beginning: &Beginning,
    ) -> Result<(Self, Defaults), LocalError> {
        connection.set_prepared_statement_cache_capacity(128);
        connection.pragma_update(None, "foreign_keys", true)?;
        // Else a statement is planned anew each time a value could tell the planner more: that takes longer than
        // what most of them do.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        functions::register(&connection)?;
        index::register(&connection)?;
        let note = file.map(|file| Note::of(file.path));
        let mut store = Self { connection, _note: note };
        let defaults = store.write(|connection| {
            let new = migrate(connection, file.map(|file| file.path))?;
            if new {
                defaults::begin(connection, beginning.seed)?;
            }
            let defaults = defaults::ensure(connection, beginning.now)?;
            if new {
                if let Some(content) = &beginning.content {
                    seed::plant(connection, content, beginning.now)?;
                }
                dump::keep_as_initial(connection)?;
            }
            Ok::<_, LocalError>(defaults)
        })?;
        Ok((store, defaults))
    }

    /// Runs one transaction that writes: committed if the closure succeeds, undone if not. What was
    /// committed in a file survives the loss of the process and of power.
    pub(crate) fn write<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, work)
    }

    /// Runs one transaction that writes what nobody was promised: it survives the loss of the process, and of power
    /// once something else was committed after it. It does not wait for the disk.
    pub(crate) fn write_soon<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let done = self.write(work);
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        done
    }

    /// Runs one transaction that writes very much.
    pub(crate) fn fill<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let cache: i64 = self.connection.pragma_query_value(None, "cache_size", |row| row.get(0))?;
        self.connection.pragma_update(None, "cache_size", -CACHE_WHILE_FILLING)?;
        let done = self.write(work);
        self.connection.pragma_update(None, "cache_size", cache)?;
        // The log would be searched by every read, and not be given back. Another process that reads may hinder this.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        done
    }

    /// Runs one transaction that only reads: everything it reads is of one moment.
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
    // The database takes some relative names for something else: `:memory:`, `file:…`.
    let connection = Connection::open(std::path::absolute(path).map_err(failed)?)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if is_exclusive {
        take_alone(&connection, path)?;
    }
    // The log of a file that is refused is its own program's to move into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    refuse_strange(&connection, path)?;
    private_files::make_private(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    Ok(connection)
}

/// Locks the file for as long as the connection lives. Who has it open has a lock on it, whether or not they read.
fn take_alone(connection: &Connection, path: &Path) -> Result<(), LocalError> {
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.busy_timeout(Duration::ZERO)?;
    let taken = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    match taken {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Err(LocalError::InUse { path: path.to_owned() })
        }
        // Anything else is found, and told apart, by whoever reads next.
        _ => Ok(()),
    }
}

/// Whether the file begins as a database does, or is empty; it is made if it is missing. The database itself
/// takes short files and such with the right zeros for empty ones, and writes over them.
///
/// It holds API keys, so that a new one is its owner's only, and one that was empty too. The database gives
/// its other files the same permissions.
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
    let mut beginning = Vec::new();
    file.take(MAGIC.len() as u64).read_to_end(&mut beginning).map_err(failed)?;
    Ok(beginning.is_empty() || beginning == MAGIC)
}

/// Refuses a file before anything in it is changed, its journal mode included.
fn refuse_strange(connection: &Connection, path: &Path) -> Result<(), LocalError> {
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
    newer(pragma("user_version")?, path)
}

fn newer(found: i64, path: &Path) -> Result<(), LocalError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(LocalError::NewerData { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Brings the database to the newest version; whether it was new.
fn migrate(connection: &Connection, file: Option<&Path>) -> Result<bool, LocalError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // Asked again inside the transaction: another process may have been faster.
    newer(found, file.unwrap_or(Path::new("")))?;
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
