//! Users, identified by an e-mail address.

use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::ids;

/// ID of the user with an e-mail address. Capitalization is ignored.
pub(crate) fn find(connection: &Connection, email: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT user_id FROM users WHERE email = ?1")?
        .query_row([email], |row| row.get(0))
        .optional()
}

/// Creates a user. Without a name, the ID is the name.
pub(crate) fn create(
    connection: &Connection,
    email: &str,
    username: Option<&str>,
    now: i64,
) -> Result<String> {
    let user_id = ids::create(connection, "user_", 16)?;
    connection
        .prepare_cached("INSERT INTO users (user_id, username, email, created_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((&user_id, username.unwrap_or(&user_id), email, now))?;
    Ok(user_id)
}

/// Finds or creates the user with an e-mail address, and returns whether the user was created.
pub(crate) fn ensure(connection: &Connection, email: &str, now: i64) -> Result<(String, bool)> {
    match find(connection, email)? {
        Some(user_id) => Ok((user_id, false)),
        None => Ok((create(connection, email, None, now)?, true)),
    }
}
