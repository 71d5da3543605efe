//! Search index: words and owners of memories.
//!
//! A token of the index consists of the number of its project, `_`, a letter for the kind, and a value: for `w`, a word
//! of the text; for `u`, `g`, `a` and `r`, a hash of the ID of the user, agent, app or run. Different IDs may have the
//! same hash, so a search checks the owners of the memory too.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::Hasher;

use fnv::FnvHasher;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::tokenizer::Tokenizer;

/// Indexed part of a memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexEntry<'a> {
    pub(crate) memory: &'a str,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) agent_id: Option<&'a str>,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) run_id: Option<&'a str>,
}

impl<'a> IndexEntry<'a> {
    pub(crate) fn of(memory: &'a Memory) -> Self {
        Self {
            memory: &memory.memory,
            user_id: memory.user_id.as_deref(),
            agent_id: memory.agent_id.as_deref(),
            app_id: memory.app_id.as_deref(),
            run_id: memory.run_id.as_deref(),
        }
    }

    /// Tokens of the entry as one text for FTS5, and the number of words of the memory, repetitions counted.
    fn tokens(self, tokenizer: &mut Tokenizer, project: i64) -> (String, i64) {
        let mut tokens = BTreeSet::new();
        let mut words = 0;
        tokenizer.each(self.memory, |word| {
            tokens.insert(format!("w{}", word.stem()));
            words += 1;
        });
        let owners = [
            (Owner::User, self.user_id),
            (Owner::Agent, self.agent_id),
            (Owner::App, self.app_id),
            (Owner::Run, self.run_id),
        ];
        tokens.extend(owners.into_iter().filter_map(|(kind, id)| Some(kind.token(id?))));
        let mut text = String::with_capacity(tokens.len() * 16);
        for token in tokens {
            // Writing to a `String` does not fail.
            let _ = write!(text, "{project}_{token} ");
        }
        (text, words)
    }
}

/// Kind of owner of a memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    User,
    Agent,
    App,
    Run,
}

impl Owner {
    /// Token of the index for memories of this owner, without the number of the project.
    pub(crate) fn token(self, id: &str) -> String {
        let kind = match self {
            Self::User => 'u',
            Self::Agent => 'g',
            Self::App => 'a',
            Self::Run => 'r',
        };
        let mut hasher = FnvHasher::default();
        hasher.write(id.as_bytes());
        format!("{kind}{:016x}", hasher.finish())
    }
}

/// Registers the SQL functions of the triggers: `count_words(text)`, and `index_tokens(project, text, user_id,
/// agent_id, app_id, run_id)`, which returns the text for FTS5.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("count_words", 1, flags, |context| {
        let mut count = 0_i64;
        Tokenizer::new().each(context.get_raw(0).as_str()?, |_| count += 1);
        Ok(count)
    })?;
    connection.create_scalar_function("index_tokens", 6, flags, |context| {
        let text = |at: usize| context.get_raw(at).as_str_or_null();
        let entry = IndexEntry {
            memory: text(1)?.unwrap_or_default(),
            user_id: text(2)?,
            agent_id: text(3)?,
            app_id: text(4)?,
            run_id: text(5)?,
        };
        Ok(entry.tokens(&mut Tokenizer::new(), context.get(0)?).0)
    })
}

/// Size of a project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectSize {
    /// Number of the project in the index.
    pub(crate) project: i64,
    pub(crate) memories: i64,
    /// Words of all memories together, repetitions counted.
    pub(crate) words: i64,
}

/// Size of a project; `None` if it never had a memory.
pub(crate) fn project_size(connection: &Connection, scope: ProjectScope<'_>) -> Result<Option<ProjectSize>> {
    connection
        .prepare_cached(
            "SELECT number, memories, words FROM search_projects WHERE org_id = ?1 AND project_id = ?2",
        )?
        .query_row((scope.org_id, scope.project_id), |row| {
            Ok(ProjectSize { project: row.get(0)?, memories: row.get(1)?, words: row.get(2)? })
        })
        .optional()
}

/// Number of memories of a project that have a token.
pub(crate) fn frequency(connection: &Connection, project: i64, token: &str) -> Result<i64> {
    connection
        .prepare_cached("SELECT doc FROM search_tokens WHERE term = ?1")?
        .query_row([format!("{project}_{token}")], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Tokens of a project that begin with a prefix, with their frequencies, the most frequent first.
pub(crate) fn with_prefix(
    connection: &Connection,
    project: i64,
    prefix: &str,
    limit: usize,
) -> Result<Vec<(String, i64)>> {
    let start = format!("{project}_{prefix}");
    // No word has this character, and it sorts after all others.
    let end = format!("{start}{}", char::MAX);
    connection
        .prepare_cached(
            "SELECT substr(term, instr(term, '_') + 1), doc FROM search_tokens WHERE term >= ?1 AND term < ?2 \
             ORDER BY doc DESC, term LIMIT ?3",
        )?
        .query_map((start, end, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect()
}

/// Adds memories of a project to the index, many in one transaction. It must be [finished](Self::finish).
pub(crate) struct IndexWriter<'a> {
    connection: &'a Connection,
    tokenizer: Tokenizer,
    /// Increase of the size of the project.
    added: ProjectSize,
}

impl<'a> IndexWriter<'a> {
    pub(crate) fn new(connection: &'a Connection, scope: ProjectScope<'_>) -> Result<Self> {
        connection
            .prepare_cached(
                "INSERT INTO search_projects (org_id, project_id) VALUES (?1, ?2) \
                 ON CONFLICT (project_id) DO NOTHING",
            )?
            .execute((scope.org_id, scope.project_id))?;
        let number = "SELECT number FROM search_projects WHERE project_id = ?1";
        let project = connection.prepare_cached(number)?.query_row([scope.project_id], |row| row.get(0))?;
        let added = ProjectSize { project, memories: 0, words: 0 };
        Ok(Self { connection, tokenizer: Tokenizer::new(), added })
    }

    pub(crate) fn add(&mut self, number: i64, entry: IndexEntry<'_>) -> Result<()> {
        let (tokens, words) = entry.tokens(&mut self.tokenizer, self.added.project);
        self.connection
            .prepare_cached("INSERT INTO search_index (rowid, words) VALUES (?1, ?2)")?
            .execute((number, tokens))?;
        self.added.memories += 1;
        self.added.words += words;
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE search_projects SET memories = memories + ?2, words = words + ?3 WHERE number = ?1",
            )?
            .execute((self.added.project, self.added.memories, self.added.words))?;
        Ok(())
    }
}

/// Runs `work` without the triggers that update the index.
pub(crate) fn without_triggers<T, E: From<rusqlite::Error>>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    /// Enables the triggers again, after a panic too, since the store outlives it.
    struct Triggers<'a>(&'a Connection);

    impl Drop for Triggers<'_> {
        fn drop(&mut self) {
            // An error is impossible here: SQLite has accepted the setting when the triggers were disabled.
            let _ = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true);
        }
    }

    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    let _triggers = Triggers(connection);
    work()
}

/// Merges the segments that many small writes leave in the index.
pub(crate) fn merge(connection: &Connection) -> Result<()> {
    connection.execute("INSERT INTO search_index (search_index) VALUES ('optimize')", [])?;
    Ok(())
}

/// Rebuilds the whole index.
pub(crate) fn rebuild(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "INSERT INTO search_index (search_index) VALUES ('delete-all'); DELETE FROM search_projects;",
    )?;
    let projects: Vec<(String, String)> = connection
        .prepare("SELECT DISTINCT org_id, project_id FROM memories ORDER BY project_id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let mut memories = connection.prepare(
        "SELECT number, memory, user_id, agent_id, app_id, run_id FROM memories WHERE project_id = ?1 ORDER BY number",
    )?;
    for (org_id, project_id) in &projects {
        let mut writer = IndexWriter::new(connection, ProjectScope { org_id, project_id })?;
        let mut rows = memories.query([project_id])?;
        while let Some(row) = rows.next()? {
            let text = |at: usize| row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from);
            let entry = IndexEntry {
                memory: text(1)?.unwrap_or_default(),
                user_id: text(2)?,
                agent_id: text(3)?,
                app_id: text(4)?,
                run_id: text(5)?,
            };
            writer.add(row.get(0)?, entry)?;
        }
        writer.finish()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::store::{InitialState, Store};

    /// Projects with their memories and words; tokens with their frequencies; memories that each token finds.
    type Contents = (Vec<(String, i64, i64)>, Vec<(String, String, i64)>, Vec<(String, i64)>);

    /// Content of the index without the numbers of the projects, which differ.
    fn contents(connection: &Connection) -> Contents {
        let mut statement = connection
            .prepare("SELECT project_id, memories, words, number FROM search_projects WHERE memories > 0 ORDER BY 1")
            .unwrap();
        let rows = statement
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get::<_, i64>(3)?)));
        let projects: Vec<((String, i64, i64), i64)> = rows.unwrap().collect::<Result<_>>().unwrap();
        let (mut tokens, mut found) = (Vec::new(), Vec::new());
        let mut find =
            connection.prepare("SELECT rowid FROM search_index WHERE search_index MATCH ?1").unwrap();
        for ((project_id, ..), project) in &projects {
            for (token, count) in with_prefix(connection, *project, "", usize::MAX).unwrap() {
                assert_eq!(frequency(connection, *project, &token).unwrap(), count, "{token}");
                let rows = find.query_map([format!("\"{project}_{token}\"")], |row| row.get(0)).unwrap();
                found.extend(rows.map(|number| (token.clone(), number.unwrap())));
                tokens.push((project_id.clone(), token, count));
            }
        }
        found.sort();
        (projects.into_iter().map(|(project, _)| project).collect(), tokens, found)
    }

    #[test]
    fn owner_hashes_are_stable() {
        assert_eq!(Owner::User.token("a"), "uaf63dc4c8601ec8c");
        assert_eq!(Owner::Run.token(""), "rcbf29ce484222325");
    }

    #[test]
    fn triggers_are_enabled_again_after_a_panic() {
        let (store, _) = Store::open(None, &InitialState { seed: Some(0), content: None, now: 0 }).unwrap();
        let connection = &store.connection;
        let are_enabled = || connection.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER).unwrap();
        let panics = || {
            without_triggers(connection, || -> Result<()> {
                assert!(!are_enabled());
                panic!("expected")
            })
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        assert!(are_enabled());
    }

    /// Adds the memory with a number to the index.
    fn fill(connection: &Connection, number: i64) -> Result<()> {
        let query = "SELECT org_id, project_id, memory, user_id FROM memories WHERE number = ?1";
        let (org_id, project_id, memory, user_id): (String, String, String, String) =
            connection
                .query_row(query, [number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let scope = ProjectScope { org_id: &org_id, project_id: &project_id };
        let mut writer = IndexWriter::new(connection, scope)?;
        let without_owner =
            IndexEntry { memory: &memory, user_id: None, agent_id: None, app_id: None, run_id: None };
        writer.add(number, IndexEntry { user_id: Some(&user_id), ..without_owner })?;
        writer.finish()
    }

    /// Incremental updates of the index leave the same content as a rebuild.
    #[test]
    fn incremental_updates_match_a_rebuild() {
        let initial = InitialState { seed: Some(0), content: None, now: 0 };
        let (mut store, defaults) = Store::open(None, &initial).unwrap();
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
                        let incremental = contents(connection);
                        assert!(incremental.2.len() > 50 && incremental.0.len() <= 2, "{incremental:?}");
                        rebuild(connection)?;
                        assert_eq!(incremental, contents(connection), "after {step} steps");
                    }
                }
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
    }
}
