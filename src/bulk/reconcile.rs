//! Requests in doubt: what the platform is asked, and what its answers mean.

use std::collections::{HashMap, HashSet};

use crate::bulk::record::{Envelope, Record};
use crate::filter::Filter;
use crate::ids::MemoryId;
use crate::types::{DateOrTimestamp, ListMemories, Memory};

/// How many texts one list is asked for.
const TEXTS: usize = 25;

/// How many characters of a text it is asked for by.
const CHARACTERS: usize = 60;

/// The lists in which the memories of these records are, if they are anywhere. The records have the same envelope.
pub(crate) fn candidate_lists(records: &[Record]) -> Vec<ListMemories> {
    let Some(Record { envelope, .. }) = records.first() else { return Vec::new() };
    let texts: HashSet<&str> =
        records.iter().flat_map(|record| &record.said).map(|said| said.text.as_str()).collect();
    let mut words: Vec<&str> = texts.into_iter().map(telling).collect();
    words.sort_unstable();
    words.dedup();
    // Where one text has nothing to look for, everything of the scope has to be looked at.
    let parts: Vec<Option<Filter>> = if words.first().is_none_or(|words| words.is_empty()) {
        vec![None]
    } else {
        let any =
            |words: &[&str]| Filter::any_of(words.iter().map(|part| Filter::keywords().contains(*part)));
        words.chunks(TEXTS).map(|words| Some(any(words))).collect()
    };
    let list = |part: Option<Filter>| {
        let filter = Filter::all_of(scope(envelope).into_iter().chain(part));
        ListMemories::new(filter).page_size(200).show_expired(true).set("include_merged", true)
    };
    parts.into_iter().map(list).collect()
}

fn scope(envelope: &Envelope) -> Vec<Filter> {
    let [user, agent, app, run] = &envelope.ids;
    let ids = [
        user.clone().map(Filter::user),
        agent.clone().map(Filter::agent),
        app.clone().map(Filter::app),
        run.clone().map(Filter::run),
    ];
    let moment = |seconds: i64| jiff::Timestamp::from_second(seconds).ok().map(DateOrTimestamp::from);
    let span = envelope.timestamp.and_then(|from| Some((moment(from)?, moment(from.checked_add(1)?)?)));
    let made = span.map(|(from, until)| Filter::created_at().within(from, until));
    ids.into_iter().flatten().chain(made).collect()
}

/// The longest part of a text's beginning in which no character means anything to any kind of pattern.
fn telling(text: &str) -> &str {
    let is_plain = |character: char| character.is_alphanumeric() || character == ' ';
    let beginning = text.char_indices().nth(CHARACTERS).map_or(text, |(end, _)| &text[..end]);
    let parts = beginning.split(|character| !is_plain(character)).map(str::trim);
    parts.max_by_key(|part| part.len()).filter(|part| part.len() > 2).unwrap_or_default()
}

/// What of the records in doubt the platform has.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    /// How many memories of each text there are.
    texts: HashMap<String, u64>,
    /// The memories that were looked at: several lists may hold the same one.
    seen: HashSet<MemoryId>,
}

impl Matches {
    /// Takes note of a memory that is in the scope of the records, if it is one of theirs.
    pub(crate) fn note(&mut self, records: &[Record], memory: Memory) {
        let Some(Record { envelope, .. }) = records.first() else { return };
        let ids = [&memory.user_id, &memory.agent_id, &memory.app_id, &memory.run_id];
        let is_at = |seconds: i64| {
            let made = memory.created_at.as_ref().and_then(crate::Timestamp::to_jiff);
            made.is_some_and(|made| made.as_nanosecond().div_euclid(1_000_000_000) == i128::from(seconds))
        };
        if !ids.into_iter().eq(&envelope.ids) || !envelope.timestamp.is_none_or(is_at) {
            return;
        }
        let is_new = memory.id.is_none_or(|id| self.seen.insert(id));
        let Some(text) = memory.memory.filter(|_| is_new) else { return };
        if records.iter().flat_map(|record| &record.said).any(|said| said.text == text) {
            *self.texts.entry(text).or_insert(0) += 1;
        }
    }

    /// Tells the records that are there from those that are not. Of memories of one text, as many as `done` says are
    /// those of other lines, which are known to be done.
    pub(crate) fn part(&self, records: Vec<Record>, done: &HashMap<u64, u64>) -> (Vec<Record>, Vec<Record>) {
        let mut taken: HashMap<u64, u64> = done.clone();
        records.into_iter().partition(|record| {
            let count = |text: &str| self.texts.get(text).copied().unwrap_or_default();
            let [said] = record.said.as_slice() else {
                return record.said.iter().all(|said| count(&said.text) > 0);
            };
            let taken = taken.entry(record.key()).or_insert(0);
            let is_there = count(&said.text) > *taken;
            *taken += u64::from(is_there);
            is_there
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use serde_json::{Value, json};

    use super::*;
    use crate::bulk::record::Owner;

    fn record(number: u64, line: &Value) -> Record {
        Record::read(number, line.to_string().into_bytes(), &Owner::default()).unwrap()
    }

    fn memory(value: Value) -> Memory {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_platform_is_asked_for_scope_moment_and_plain_words() {
        let line = json!({"memory": "100% \"sure\": I like green tea.* a lot", "user_id": "u", "run_id": "r", "timestamp": 60});
        let candidate_lists = candidate_lists(&[record(1, &line)]);
        let [list] = candidate_lists.as_slice() else { panic!("{candidate_lists:?}") };
        assert_eq!(
            list.filter.to_value(),
            json!({"AND": [
                {"user_id": "u"}, {"run_id": "r"},
                {"created_at": {"gte": "1970-01-01T00:01:00Z", "lt": "1970-01-01T00:01:01Z"}},
                {"OR": [{"keywords": {"contains": "I like green tea"}}]},
            ]})
        );
        let whole = super::candidate_lists(&[record(1, &json!({"memory": "?!", "user_id": "u"}))]);
        assert_eq!(whole[0].filter.to_value(), json!({"AND": [{"user_id": "u"}]}));
        let many: Vec<_> =
            (0..60).map(|n| record(n, &json!({"memory": format!("text {n}"), "user_id": "u"}))).collect();
        assert_eq!(super::candidate_lists(&many).len(), 3);
    }

    #[test]
    fn two_identical_lines_are_two_memories() {
        let line = json!({"memory": "m", "user_id": "u"});
        let records: Vec<_> = (1..=3).map(|number| record(number, &line)).collect();
        let key = records[0].key();
        for (there, done, expected) in [(0, 0, 0), (1, 0, 1), (2, 0, 2), (2, 1, 1), (1, 1, 0), (9, 1, 3)] {
            let mut matches = Matches::default();
            for id in 0..there {
                let found = memory(json!({"id": id.to_string(), "memory": "m", "user_id": "u"}));
                matches.note(&records, found.clone());
                matches.note(&records, found);
            }
            let (found, missing) = matches.part(records.clone(), &HashMap::from([(key, done)]));
            assert_eq!((found.len(), missing.len()), (expected, 3 - expected), "{there} {done}");
        }
    }

    #[test]
    fn only_the_very_same_memory_counts() {
        let records = [record(1, &json!({"memory": "m", "user_id": "u", "timestamp": 5}))];
        for (found, is_it) in [
            (json!({"memory": "m", "user_id": "u", "created_at": "1970-01-01T00:00:05.9Z"}), true),
            (json!({"memory": "m", "user_id": "u", "created_at": "1970-01-01T00:00:06Z"}), false),
            (json!({"memory": "m", "user_id": "u"}), false),
            (json!({"memory": "m ", "user_id": "u", "created_at": "1970-01-01T00:00:05Z"}), false),
            (
                json!({"memory": "m", "user_id": "u", "agent_id": "a", "created_at": "1970-01-01T00:00:05Z"}),
                false,
            ),
            (json!({"memory": "m", "created_at": "1970-01-01T00:00:05Z"}), false),
        ] {
            let mut matches = Matches::default();
            matches.note(&records, memory(found.clone()));
            let (there, _) = matches.part(records.to_vec(), &HashMap::new());
            assert_eq!(there.len() == 1, is_it, "{found}");
        }
        let talk = json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "user_id": "u"});
        let talk = [record(1, &talk)];
        let mut matches = Matches::default();
        matches.note(&talk, memory(json!({"memory": "a", "user_id": "u"})));
        assert_eq!(matches.part(talk.to_vec(), &HashMap::new()).0.len(), 0);
        matches.note(&talk, memory(json!({"memory": "b", "user_id": "u"})));
        assert_eq!(matches.part(talk.to_vec(), &HashMap::new()).0.len(), 1);
    }
}
