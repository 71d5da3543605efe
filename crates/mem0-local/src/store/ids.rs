//! IDs and keys: reproducible from a seed, or random.

use rusqlite::{Connection, Error, Result};

const ALPHABET: u32 = 36;

/// Creates an ID or key: a prefix and `length` digits and lower-case letters.
///
/// With a seed, the n-th ID of a store is the same in every run. The count is stored in the same transaction as the
/// ID, so that it continues when the store is opened again. IDs that seed data uses are skipped.
pub(crate) fn create(connection: &Connection, prefix: &str, length: usize) -> Result<String> {
    loop {
        let id = next(connection, prefix, length)?;
        let exists: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM users WHERE user_id = ?1 OR username = ?1) \
                 OR EXISTS (SELECT 1 FROM organizations WHERE org_id = ?1) \
                 OR EXISTS (SELECT 1 FROM projects WHERE project_id = ?1) \
                 OR EXISTS (SELECT 1 FROM keys WHERE key = ?1)",
            )?
            .query_row([&id], |row| row.get(0))?;
        if !exists {
            return Ok(id);
        }
    }
}

fn next(connection: &Connection, prefix: &str, length: usize) -> Result<String> {
    Ok(format!("{prefix}{}", Ids::of(connection)?.characters(connection, length)?))
}

/// Creates an ID in the form of a random UUID, for memories, events and jobs.
pub(crate) fn uuid(connection: &Connection) -> Result<String> {
    Ids::of(connection)?.uuid(connection)
}

/// ID generator of a store. Code that creates many IDs reads it once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    seed: Option<i64>,
}

impl Ids {
    pub(crate) fn of(connection: &Connection) -> Result<Self> {
        let seed = connection
            .prepare_cached("SELECT value FROM meta WHERE name = 'seed'")?
            .query_row([], |row| row.get(0))?;
        Ok(Self { seed })
    }

    /// Creates an ID: see [`uuid`].
    pub(crate) fn uuid(self, connection: &Connection) -> Result<String> {
        const DIGITS: &[u8] = b"0123456789abcdef";
        let characters = self.characters(connection, 32)?;
        let mut uuid = String::with_capacity(36);
        for (at, byte) in characters.bytes().enumerate() {
            if matches!(at, 8 | 12 | 16 | 20) {
                uuid.push('-');
            }
            let digit = usize::from(byte);
            uuid.push(match at {
                12 => '4',
                16 => char::from(DIGITS[8 + digit % 4]),
                _ => char::from(DIGITS[digit % 16]),
            });
        }
        Ok(uuid)
    }

    fn characters(self, connection: &Connection, length: usize) -> Result<String> {
        Ok(match self.seed {
            Some(seed) => reproducible(seed.cast_unsigned(), count(connection)?.cast_unsigned(), length),
            None => random(length)?,
        })
    }
}

/// Increments and returns the number of created IDs.
fn count(connection: &Connection) -> Result<i64> {
    connection.prepare_cached("UPDATE meta SET value = value + 1 WHERE name = 'ids_made'")?.execute([])?;
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = 'ids_made'")?
        .query_row([], |row| row.get(0))
}

fn reproducible(seed: u64, number: u64, length: usize) -> String {
    let mixed_seed = fastrand::Rng::with_seed(seed).u64(..);
    let mut random = fastrand::Rng::with_seed(fastrand::Rng::with_seed(mixed_seed ^ number).u64(..));
    (0..length).map(|_| random.digit(ALPHABET)).collect()
}

/// Random characters from the operating system. Bytes beyond the last multiple of the alphabet size are skipped, so
/// that all characters are equally likely.
pub(crate) fn random(length: usize) -> Result<String> {
    const DIGITS: &[u8; ALPHABET as usize] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        getrandom::getrandom(&mut bytes)
            .map_err(|error| Error::ToSqlConversionFailure(error.to_string().into()))?;
        let unbiased = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < 256 / DIGITS.len() * DIGITS.len());
        text.extend(unbiased.map(|byte| char::from(DIGITS[byte % DIGITS.len()])).take(length - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_gives_reproducible_unique_ids() {
        let some = |seed| (0..1000).map(|number| reproducible(seed, number, 16)).collect::<Vec<_>>();
        assert_eq!(some(7), some(7));
        let distinct: HashSet<String> = some(7).into_iter().chain(some(8)).collect();
        assert_eq!(distinct.len(), 2000);
    }

    #[test]
    fn random_ids_are_unique() {
        let distinct: HashSet<String> = (0..1000).map(|_| random(20).unwrap()).collect();
        assert_eq!(distinct.len(), 1000);
        assert!(distinct.iter().all(|id| id.len() == 20));
    }
}
