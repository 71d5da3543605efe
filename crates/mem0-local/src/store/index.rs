//! What the search finds memories by: which words they have, and whose they are.
//!
//! A word of the index is the number of its project, `_`, and a letter that says what the rest is: `w` a word of the
//! text, `u`, `g`, `a` and `r` the user, agent, app or run, as a [`hash`] of its identifier. Two identifiers may have
//! one hash: the search asks the memory itself once more.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::keys::Place;
use crate::store::memories::Memory;
use crate::store::words::Splitter;

/// How many different words a load counts before it writes them down.
const COUNTED_AT_ONCE: usize = 200_000;

/// What of a memory is in the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indexed<'a> {
    pub(crate) memory: &'a str,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) agent_id: Option<&'a str>,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) run_id: Option<&'a str>,
}

impl<'a> Indexed<'a> {
    pub(crate) fn of(memory: &'a Memory) -> Self {
        Self {
            memory: &memory.memory,
            user_id: memory.user_id.as_deref(),
            agent_id: memory.agent_id.as_deref(),
            app_id: memory.app_id.as_deref(),
            run_id: memory.run_id.as_deref(),
        }
    }
}

/// What is known of a project's memories.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) project: i64,
    pub(crate) memories: i64,
    /// Words, repetitions counted, of all memories together.
    pub(crate) words: i64,
}

/// Makes the functions of the triggers known to a connection: `count_words(text)`, `index_words(text, user_id,
/// agent_id, app_id, run_id)` as a JSON list, and `index_text(project, text, …)`, which is what the index is given.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("count_words", 1, flags, |context| {
        let mut count = 0_i64;
        Splitter::new().each(context.get_raw(0).as_str()?, |_| count += 1);
        Ok(count)
    })?;
    connection.create_scalar_function("index_words", 5, flags, |context| {
        let (words, _) = words(&mut Splitter::new(), indexed(context, 0)?);
        Ok(serde_json::Value::from_iter(words).to_string())
    })?;
    connection.create_scalar_function("index_text", 6, flags, |context| {
        let (words, _) = words(&mut Splitter::new(), indexed(context, 1)?);
        Ok(text(context.get(0)?, &words))
    })
}

fn indexed<'a>(context: &'a Context<'_>, first: usize) -> Result<Indexed<'a>> {
    let text = |at: usize| context.get_raw(first + at).as_str_or_null();
    Ok(Indexed {
        memory: text(0)?.unwrap_or_default(),
        user_id: text(1)?,
        agent_id: text(2)?,
        app_id: text(3)?,
        run_id: text(4)?,
    })
}

/// The different words of a memory, and how many its text has, repetitions counted.
fn words(splitter: &mut Splitter, memory: Indexed<'_>) -> (BTreeSet<String>, i64) {
    let mut words = BTreeSet::new();
    let mut count = 0;
    splitter.each(memory.memory, |word| {
        words.insert(format!("w{}", word.stem()));
        count += 1;
    });
    let owners = [
        (Owner::User, memory.user_id),
        (Owner::Agent, memory.agent_id),
        (Owner::App, memory.app_id),
        (Owner::Run, memory.run_id),
    ];
    words.extend(owners.into_iter().filter_map(|(kind, id)| Some(kind.word(id?))));
    (words, count)
}

fn text(project: i64, words: &BTreeSet<String>) -> String {
    let mut text = String::with_capacity(words.len() * 16);
    for word in words {
        // Writing into a text does not fail.
        let _ = write!(text, "{project}_{word} ");
    }
    text
}

/// Whose a memory can be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    User,
    Agent,
    App,
    Run,
}

impl Owner {
    /// The word of the index for what is this one's.
    pub(crate) fn word(self, id: &str) -> String {
        let kind = match self {
            Self::User => 'u',
            Self::Agent => 'g',
            Self::App => 'a',
            Self::Run => 'r',
        };
        format!("{kind}{:016x}", hash(id))
    }
}

/// FNV-1a: the index outlives the program, so that its hash may never change.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is known of a project; `None` of one that never had a memory.
pub(crate) fn numbers(connection: &Connection, place: Place<'_>) -> Result<Option<Numbers>> {
    connection
        .prepare_cached(
            "SELECT number, memories, words FROM search_projects WHERE org_id = ?1 AND project_id = ?2",
        )?
        .query_row((place.org_id, place.project_id), |row| {
            Ok(Numbers { project: row.get(0)?, memories: row.get(1)?, words: row.get(2)? })
        })
        .optional()
}

/// In how many memories of a project a word of the index is.
pub(crate) fn frequency(connection: &Connection, project: i64, word: &str) -> Result<i64> {
    connection
        .prepare_cached("SELECT memories FROM search_words WHERE project = ?1 AND word = ?2")?
        .query_row((project, word), |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Words of the index that begin like that, the most frequent first, with their frequencies.
pub(crate) fn beginning(
    connection: &Connection,
    project: i64,
    beginning: &str,
    limit: usize,
) -> Result<Vec<(String, i64)>> {
    // No word has this letter, and it comes after those that they have.
    let end = format!("{beginning}{}", char::MAX);
    connection
        .prepare_cached(
            "SELECT word, memories FROM search_words WHERE project = ?1 AND word >= ?2 AND word < ?3 \
             ORDER BY memories DESC, word LIMIT ?4",
        )?
        .query_map((project, beginning, end, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect()
}

/// Puts memories of a project into the index, many in one transaction. It has to be [ended](Self::end).
pub(crate) struct Filling<'a> {
    connection: &'a Connection,
    project: i64,
    splitter: Splitter,
    counts: HashMap<String, i64>,
    memories: i64,
    words: i64,
}

impl<'a> Filling<'a> {
    pub(crate) fn begin(connection: &'a Connection, place: Place<'_>) -> Result<Self> {
        connection
            .prepare_cached(
                "INSERT INTO search_projects (org_id, project_id) VALUES (?1, ?2) \
                 ON CONFLICT (project_id) DO NOTHING",
            )?
            .execute((place.org_id, place.project_id))?;
        let number = "SELECT number FROM search_projects WHERE project_id = ?1";
        let project = connection.prepare_cached(number)?.query_row([place.project_id], |row| row.get(0))?;
        let (splitter, counts) = (Splitter::new(), HashMap::new());
        Ok(Self { connection, project, splitter, counts, memories: 0, words: 0 })
    }

    pub(crate) fn add(&mut self, number: i64, memory: Indexed<'_>) -> Result<()> {
        let (words, count) = words(&mut self.splitter, memory);
        self.connection
            .prepare_cached("INSERT INTO search_index (rowid, words) VALUES (?1, ?2)")?
            .execute((number, text(self.project, &words)))?;
        for word in words {
            *self.counts.entry(word).or_default() += 1;
        }
        self.memories += 1;
        self.words += count;
        if self.counts.len() > COUNTED_AT_ONCE { self.write_counts() } else { Ok(()) }
    }

    pub(crate) fn end(mut self) -> Result<()> {
        self.write_counts()?;
        self.connection
            .prepare_cached(
                "UPDATE search_projects SET memories = memories + ?2, words = words + ?3 WHERE number = ?1",
            )?
            .execute((self.project, self.memories, self.words))?;
        Ok(())
    }

    fn write_counts(&mut self) -> Result<()> {
        let mut counts: Vec<_> = std::mem::take(&mut self.counts).into_iter().collect();
        counts.sort_unstable();
        let mut add = self.connection.prepare_cached(
            "INSERT INTO search_words (project, word, memories) VALUES (?1, ?2, ?3) \
             ON CONFLICT (project, word) DO UPDATE SET memories = memories + excluded.memories",
        )?;
        for (word, count) in counts {
            add.execute((self.project, word, count))?;
        }
        Ok(())
    }
}

/// Does something without the triggers that keep the index up.
pub(crate) fn without_triggers<T, E: From<rusqlite::Error>>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    /// Also after a panic of what hands the memories over, which the store outlives.
    struct Triggers<'a>(&'a Connection);

    impl Drop for Triggers<'_> {
        fn drop(&mut self) {
            // It fails only where there is no such setting, and then it could not be switched off either.
            let _ = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true);
        }
    }

    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    let _triggers = Triggers(connection);
    work()
}

/// Puts what many small writes have left in the index together.
pub(crate) fn merge(connection: &Connection) -> Result<()> {
    connection.execute("INSERT INTO search_index (search_index) VALUES ('optimize')", [])?;
    Ok(())
}

/// Makes the whole index anew.
pub(crate) fn rebuild(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "INSERT INTO search_index (search_index) VALUES ('delete-all'); \
         DELETE FROM search_words; DELETE FROM search_projects;",
    )?;
    let places: Vec<(String, String)> = connection
        .prepare("SELECT org_id, project_id FROM projects ORDER BY project_id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let mut memories = connection.prepare(
        "SELECT number, memory, user_id, agent_id, app_id, run_id FROM memories WHERE project_id = ?1 ORDER BY number",
    )?;
    for (org_id, project_id) in &places {
        let mut rows = memories.query([project_id])?;
        let mut filling = None;
        while let Some(row) = rows.next()? {
            let filling = match &mut filling {
                Some(filling) => filling,
                None => filling.insert(Filling::begin(connection, Place { org_id, project_id })?),
            };
            let text = |at: usize| row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from);
            let memory = Indexed {
                memory: text(1)?.unwrap_or_default(),
                user_id: text(2)?,
                agent_id: text(3)?,
                app_id: text(4)?,
                run_id: text(5)?,
            };
            filling.add(row.get(0)?, memory)?;
        }
        filling.map_or(Ok(()), Filling::end)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::store::{Beginning, Store};

    type Counts = (Vec<(String, i64, i64)>, Vec<(String, String, i64)>, Vec<(String, i64)>);

    /// Everything that the index says, without the numbers of the projects, which differ.
    fn contents(connection: &Connection) -> Counts {
        let projects =
            "SELECT project_id, memories, words FROM search_projects WHERE memories > 0 ORDER BY 1";
        let projects: Vec<_> = connection
            .prepare(projects)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        let words: Vec<(i64, String, String, i64)> = connection
            .prepare(
                "SELECT project, project_id, word, search_words.memories FROM search_words \
                 LEFT JOIN search_projects ON project = number ORDER BY project_id, word",
            )
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        let mut found = Vec::new();
        let mut find =
            connection.prepare("SELECT rowid FROM search_index WHERE search_index MATCH ?1").unwrap();
        for (project, _, word, _) in &words {
            let rows = find.query_map([format!("\"{project}_{word}\"")], |row| row.get(0)).unwrap();
            found.extend(rows.map(|number| (word.clone(), number.unwrap())));
        }
        found.sort();
        (projects, words.into_iter().map(|(_, project, word, count)| (project, word, count)).collect(), found)
    }

    #[test]
    fn the_triggers_are_back_after_a_panic() {
        let (store, _) = Store::open(None, &Beginning { seed: Some(0), content: None, now: 0 }).unwrap();
        let connection = &store.connection;
        let are_on = || connection.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER).unwrap();
        let broken = || {
            without_triggers(connection, || -> Result<()> {
                assert!(!are_on());
                panic!("in the middle of it")
            })
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(broken)).is_err());
        assert!(are_on());
    }

    /// Puts the memory of that number into the index, as whoever adds it does.
    fn fill(connection: &Connection, number: i64) -> Result<()> {
        let query = "SELECT org_id, project_id, memory, user_id FROM memories WHERE number = ?1";
        let (org_id, project_id, memory, user_id): (String, String, String, String) =
            connection
                .query_row(query, [number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let place = Place { org_id: &org_id, project_id: &project_id };
        let mut filling = Filling::begin(connection, place)?;
        let nobody = Indexed { memory: &memory, user_id: None, agent_id: None, app_id: None, run_id: None };
        filling.add(number, Indexed { user_id: Some(&user_id), ..nobody })?;
        filling.end()
    }

    /// However memories come, change and go: what keeps the index up leaves what making it anew leaves.
    #[test]
    fn it_is_kept_up() {
        let beginning = Beginning { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &beginning).unwrap();
        store
            .write(|connection| {
                let mut random = fastrand::Rng::with_seed(5);
                let words = ["tea", "teas", "Café", "canal", "日本", "running", "runs", "", "*"];
                for step in 0..3000_i64 {
                    let text: Vec<&str> = (0..random.usize(..6)).map(|_| words[random.usize(..words.len())]).collect();
                    let user = ["alice", "bob"][random.usize(..2)];
                    let number = random.i64(..200);
                    match random.usize(..100) {
                        0 => connection.execute("DELETE FROM projects WHERE project_id = 'p'", [])?,
                        1..=3 => connection.execute(
                            "INSERT OR IGNORE INTO projects VALUES ('p', ?1, 'P', 0, '{}', 0, 0)",
                            [&defaults.org_id],
                        )?,
                        4..=50 => {
                            let added = connection.execute(
                                "INSERT OR IGNORE INTO memories (number, memory_id, org_id, project_id, user_id, memory, \
                             created_at, updated_at) SELECT ?1, ?2, org_id, project_id, ?3, ?4, 0, 0 FROM projects \
                             WHERE org_id = ?5 ORDER BY random() LIMIT 1",
                                (number, step.to_string(), user, text.join(" "), &defaults.org_id),
                            )?;
                            if added == 1 {
                                fill(connection, number)?;
                            }
                            added
                        }
                        51..=75 => connection.execute(
                            "UPDATE memories SET memory = ?2, updated_at = 1 WHERE number BETWEEN ?1 AND ?1 + 3",
                            (number, text.join(" ")),
                        )?,
                        _ => connection.execute("DELETE FROM memories WHERE number BETWEEN ?1 AND ?1 + 3", [number])?,
                    };
                    if step % 500 == 499 {
                        let kept_up = contents(connection);
                        assert!(kept_up.2.len() > 50 && kept_up.0.len() <= 2, "{kept_up:?}");
                        rebuild(connection)?;
                        assert_eq!(kept_up, contents(connection), "after {step} steps");
                    }
                }
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
    }
}
