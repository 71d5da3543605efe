//! Export and import of the whole state as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::LocalError;
use crate::store::{MIGRATIONS, index, json_columns};

/// Returns the tables of a dump of a version, each after those it refers to.
fn tables(version: usize) -> impl DoubleEndedIterator<Item = &'static str> {
    MIGRATIONS.iter().take(version).flat_map(|migration| migration.tables).copied()
}

/// State of a local platform. It contains API keys and e-mail addresses: protect it accordingly.
///
/// It is serialized with serde. [`LocalPlatform::load`](crate::LocalPlatform::load) restores it, also in another
/// process. `Debug` shows numbers of rows only.
///
/// ```
/// use mem0_local::{Dump, LocalPlatform};
///
/// let platform = LocalPlatform::start()?;
/// let json = serde_json::to_string(&platform.dump()?)?;
/// let dump: Dump = serde_json::from_str(&json)?;
/// platform.load(&dump)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Dump {
    version: usize,
    tables: BTreeMap<String, Table>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("Dump");
        output.field("version", &self.version);
        for (name, table) in &self.tables {
            output.field(name, &table.rows.len());
        }
        output.finish()
    }
}

pub(crate) fn export(connection: &Connection) -> Result<Dump, LocalError> {
    let mut tables = BTreeMap::new();
    for name in self::tables(MIGRATIONS.len()) {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name} ORDER BY rowid"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = statement
            .query_map([], |row| (0..columns.len()).map(|at| row.get_ref(at).map(to_json)).collect())?
            .collect::<Result<_, _>>()?;
        tables.insert(name.to_owned(), Table { columns, rows });
    }
    Ok(Dump { version: MIGRATIONS.len(), tables })
}

/// Replaces the whole state. If this fails, the caller rolls back the transaction.
///
/// Tables that are newer than the dump become empty.
pub(crate) fn import(connection: &Connection, dump: &Dump) -> Result<(), LocalError> {
    let known = MIGRATIONS.len();
    if !(1..=known).contains(&dump.version) {
        return Err(LocalError::dump(format!("unsupported version {}; expected {known}", dump.version)));
    }
    let expected: BTreeSet<&str> = tables(dump.version).collect();
    if !dump.tables.keys().map(String::as_str).eq(expected) {
        return Err(LocalError::dump(format!("unexpected tables for version {}", dump.version)));
    }
    index::without_triggers(connection, || {
        for name in tables(known).rev() {
            connection.execute(&format!("DELETE FROM {name}"), [])?;
        }
        for name in tables(known) {
            if let Some(table) = dump.tables.get(name) {
                import_table(connection, name, table)?;
            }
        }
        check_consistency(connection)?;
        Ok(index::rebuild(connection)?)
    })
}

/// Checks what the schema cannot express and later requests rely on.
fn check_consistency(connection: &Connection) -> Result<(), LocalError> {
    const CHECKS: &[(&str, &str)] = &[
        (
            "SELECT count(*) <> 1 FROM meta \
             WHERE name = 'ids_made' AND typeof(value) = 'integer' AND value BETWEEN 0 AND 9007199254740991",
            "meta: `ids_made` is missing or invalid",
        ),
        (
            "SELECT count(*) <> 1 FROM meta WHERE name = 'seed' AND typeof(value) IN ('integer', 'null')",
            "meta: `seed` is missing or invalid",
        ),
        (
            "SELECT EXISTS (SELECT 1 FROM organizations WHERE NOT EXISTS (SELECT 1 FROM organization_members \
             WHERE organization_members.org_id = organizations.org_id AND role = 'OWNER'))",
            "organization_members: an organization has no OWNER",
        ),
        (
            "SELECT EXISTS (SELECT 1 FROM projects WHERE NOT EXISTS (SELECT 1 FROM project_members \
             WHERE project_members.project_id = projects.project_id AND role = 'OWNER'))",
            "project_members: a project has no OWNER",
        ),
    ];
    for (query, message) in CHECKS {
        if connection.query_row(query, [], |row| row.get(0))? {
            return Err(LocalError::dump(*message));
        }
    }
    Ok(())
}

fn import_table(connection: &Connection, name: &str, table: &Table) -> Result<(), LocalError> {
    let known = connection.prepare(&format!("SELECT * FROM {name}"))?;
    if !known.column_names().eq(&table.columns) {
        return Err(LocalError::dump(format!("{name}: unexpected columns for this version")));
    }
    let marks = vec!["?"; table.columns.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO {name} VALUES ({marks})"))?;
    for (at, row) in table.rows.iter().enumerate() {
        let cells = row
            .iter()
            .map(from_json)
            .collect::<Option<Vec<Cell>>>()
            .filter(|cells| cells.len() == table.columns.len())
            .ok_or_else(|| LocalError::dump(format!("{name}[{at}]: invalid row for this table")))?;
        if let Some((column, message)) = json_columns::invalid_column(name, &table.columns, row) {
            return Err(LocalError::dump(format!("{name}[{at}].{column}: {message}")));
        }
        insert.execute(params_from_iter(cells)).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => {
                LocalError::dump(format!("{name}[{at}]: violates a constraint: {error}"))
            }
            _ => error.into(),
        })?;
    }
    Ok(())
}

/// Stores the current state as the one that a reset restores.
pub(crate) fn save_initial_state(connection: &Connection) -> Result<(), LocalError> {
    let dump =
        serde_json::to_string(&export(connection)?).map_err(|error| LocalError::dump(error.to_string()))?;
    connection.execute("INSERT INTO initial_state (dump) VALUES (?1)", [dump])?;
    Ok(())
}

pub(crate) fn reset(connection: &Connection) -> Result<(), LocalError> {
    let dump: Option<String> =
        connection.query_row("SELECT dump FROM initial_state", [], |row| row.get(0)).optional()?;
    let dump = dump.ok_or_else(|| LocalError::dump("the initial state is missing"))?;
    import(connection, &serde_json::from_str(&dump).map_err(|error| LocalError::dump(error.to_string()))?)
}

/// Converts a cell to JSON. Tables of a dump have no blobs; one would become text.
fn to_json(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
    }
}

fn from_json(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Null),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(Cell::Integer).or(number.as_f64().map(Cell::Real)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
