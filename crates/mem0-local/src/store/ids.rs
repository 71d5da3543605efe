//! Identifiers and keys: reproducible from a seed, or unguessable.

use rusqlite::{Connection, Error, Result};

const ALPHABET: u32 = 36;

/// The next identifier or key: a prefix and `length` digits and small letters.
///
/// With a seed, the n-th identifier of a store is the same in every run. The count is kept in the store, in
/// the transaction that needed the identifier, so that a store opened again goes on where it was. One that
/// seed data took before is passed over.
pub(crate) fn make(connection: &Connection, prefix: &str, length: usize) -> Result<String> {
    loop {
        let id = next(connection, prefix, length)?;
        let is_taken: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM users WHERE user_id = ?1 OR username = ?1) \
                 OR EXISTS (SELECT 1 FROM organizations WHERE org_id = ?1) \
                 OR EXISTS (SELECT 1 FROM projects WHERE project_id = ?1) \
                 OR EXISTS (SELECT 1 FROM keys WHERE key = ?1)",
            )?
            .query_row([&id], |row| row.get(0))?;
        if !is_taken {
            return Ok(id);
        }
    }
}

fn next(connection: &Connection, prefix: &str, length: usize) -> Result<String> {
    Ok(format!("{prefix}{}", Ids::of(connection)?.characters(connection, length)?))
}

/// The next identifier in the form of a random UUID, as memories, events and jobs have.
pub(crate) fn uuid(connection: &Connection) -> Result<String> {
    Ids::of(connection)?.uuid(connection)
}

/// How a store makes its identifiers. Whoever makes many asks for it once.
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

    /// See [`uuid`].
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
            None => unguessable(length)?,
        })
    }
}

/// How many identifiers were made, this one included.
fn count(connection: &Connection) -> Result<i64> {
    connection.prepare_cached("UPDATE meta SET value = value + 1 WHERE name = 'ids_made'")?.execute([])?;
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = 'ids_made'")?
        .query_row([], |row| row.get(0))
}

fn reproducible(seed: u64, number: u64, length: usize) -> String {
    let spread = fastrand::Rng::with_seed(seed).u64(..);
    let mut random = fastrand::Rng::with_seed(fastrand::Rng::with_seed(spread ^ number).u64(..));
    (0..length).map(|_| random.digit(ALPHABET)).collect()
}

/// Characters from the operating system's random generator. A byte beyond the last multiple of their number is left
/// out, so that all are equally likely.
pub(crate) fn unguessable(length: usize) -> Result<String> {
    const DIGITS: &[u8; ALPHABET as usize] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        getrandom::getrandom(&mut bytes)
            .map_err(|error| Error::ToSqlConversionFailure(error.to_string().into()))?;
        let even = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < 256 / DIGITS.len() * DIGITS.len());
        text.extend(even.map(|byte| char::from(DIGITS[byte % DIGITS.len()])).take(length - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_identifiers_again_and_no_two_alike() {
        let some = |seed| (0..1000).map(|number| reproducible(seed, number, 16)).collect::<Vec<_>>();
        assert_eq!(some(7), some(7));
        let distinct: HashSet<String> = some(7).into_iter().chain(some(8)).collect();
        assert_eq!(distinct.len(), 2000);
    }

    #[test]
    fn without_a_seed_no_two_are_alike() {
        let distinct: HashSet<String> = (0..1000).map(|_| unguessable(20).unwrap()).collect();
        assert_eq!(distinct.len(), 1000);
        assert!(distinct.iter().all(|id| id.len() == 20));
    }
}
