//! Reconciliation: finds out which records of a request with an unknown outcome exist on the platform.

use std::collections::{HashMap, HashSet};

use crate::bulk::envelope::Envelope;
use crate::bulk::record::Record;
use crate::filter::{DateOrTimestamp, Filter};
use crate::ids::MemoryId;
use crate::types::{ListMemories, Memory};

/// Maximum number of texts in one list request.
const MAX_TEXTS: usize = 25;

/// Number of characters of a text that are used for its search words.
const MAX_PREFIX_CHARS: usize = 60;

/// Lists that contain the memories of the given records if they exist. The records share one envelope.
pub(crate) fn candidate_lists(records: &[Record]) -> Vec<ListMemories> {
    let Some(Record { envelope, .. }) = records.first() else { return Vec::new() };
    let texts: HashSet<&str> =
        records.iter().flat_map(|record| &record.messages).map(|message| message.text.as_str()).collect();
    let mut words: Vec<&str> = texts.into_iter().map(search_words).collect();
    words.sort_unstable();
    words.dedup();
    // If one text has no search words, the whole scope has to be listed.
    let keyword_filters: Vec<Option<Filter>> = if words.first().is_none_or(|words| words.is_empty()) {
        vec![None]
    } else {
        let any =
            |words: &[&str]| Filter::any_of(words.iter().map(|words| Filter::keywords().contains(*words)));
        words.chunks(MAX_TEXTS).map(|words| Some(any(words))).collect()
    };
    let list = |keywords: Option<Filter>| {
        let filter = Filter::all_of(scope(envelope).into_iter().chain(keywords));
        ListMemories::new(filter).page_size(200).show_expired(true).set("include_merged", true)
    };
    keyword_filters.into_iter().map(list).collect()
}

/// Filters for the entities and the creation time of an envelope.
fn scope(envelope: &Envelope) -> Vec<Filter> {
    let [user, agent, app, run] = &envelope.entity_ids;
    let ids = [
        user.clone().map(Filter::user),
        agent.clone().map(Filter::agent),
        app.clone().map(Filter::app),
        run.clone().map(Filter::run),
    ];
    let timestamp = |seconds: i64| jiff::Timestamp::from_second(seconds).ok().map(DateOrTimestamp::from);
    let second =
        envelope.timestamp.and_then(|from| Some((timestamp(from)?, timestamp(from.checked_add(1)?)?)));
    let created = second.map(|(from, until)| Filter::created_at().within(from, until));
    ids.into_iter().flatten().chain(created).collect()
}

/// Longest part of a text's prefix without characters that are special in search patterns; empty if too short.
fn search_words(text: &str) -> &str {
    let is_plain = |character: char| character.is_alphanumeric() || character == ' ';
    let prefix = text.char_indices().nth(MAX_PREFIX_CHARS).map_or(text, |(end, _)| &text[..end]);
    let parts = prefix.split(|character| !is_plain(character)).map(str::trim);
    parts.max_by_key(|part| part.len()).filter(|part| part.len() > 2).unwrap_or_default()
}

/// Memories on the platform that match the records of a request with an unknown outcome.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    /// Number of memories by text.
    counts: HashMap<String, u64>,
    /// Memories that were already counted: several lists can contain the same one.
    seen: HashSet<MemoryId>,
}

impl Matches {
    /// Counts a memory if it matches one of the records.
    pub(crate) fn record(&mut self, records: &[Record], memory: Memory) {
        let Some(Record { envelope, .. }) = records.first() else { return };
        let ids = [&memory.user_id, &memory.agent_id, &memory.app_id, &memory.run_id];
        let is_created_at = |seconds: i64| {
            let created = memory.created_at.as_ref().and_then(crate::Timestamp::to_jiff);
            created.is_some_and(|created| {
                created.as_nanosecond().div_euclid(1_000_000_000) == i128::from(seconds)
            })
        };
        if !ids.into_iter().eq(&envelope.entity_ids) || !envelope.timestamp.is_none_or(is_created_at) {
            return;
        }
        let is_new = memory.id.is_none_or(|id| self.seen.insert(id));
        let Some(text) = memory.memory.filter(|_| is_new) else { return };
        if records.iter().flat_map(|record| &record.messages).any(|message| message.text == text) {
            *self.counts.entry(text).or_insert(0) += 1;
        }
    }

    /// Splits records into those found on the platform and those missing. `finished` has the number of matching
    /// memories, by key, that belong to other lines.
    pub(crate) fn split(
        &self,
        records: Vec<Record>,
        finished: &HashMap<u64, u64>,
    ) -> (Vec<Record>, Vec<Record>) {
        let mut assigned: HashMap<u64, u64> = finished.clone();
        records.into_iter().partition(|record| {
            let count = |text: &str| self.counts.get(text).copied().unwrap_or_default();
            let [message] = record.messages.as_slice() else {
                return record.messages.iter().all(|message| count(&message.text) > 0);
            };
            let assigned = assigned.entry(record.key()).or_insert(0);
            let is_found = count(&message.text) > *assigned;
            *assigned += u64::from(is_found);
            is_found
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use serde_json::{Value, json};

    use super::*;
    use crate::bulk::envelope::EntityIds;

    fn record(number: u64, line: &Value) -> Record {
        Record::parse(number, line.to_string().into_bytes(), &EntityIds::default()).unwrap()
    }

    fn memory(value: Value) -> Memory {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn candidate_lists_filter_by_scope_time_and_search_words() {
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
    fn identical_lines_match_as_many_memories() {
        let line = json!({"memory": "m", "user_id": "u"});
        let records: Vec<_> = (1..=3).map(|number| record(number, &line)).collect();
        let key = records[0].key();
        for (count, finished, expected) in [(0, 0, 0), (1, 0, 1), (2, 0, 2), (2, 1, 1), (1, 1, 0), (9, 1, 3)]
        {
            let mut matches = Matches::default();
            for id in 0..count {
                let found = memory(json!({"id": id.to_string(), "memory": "m", "user_id": "u"}));
                matches.record(&records, found.clone());
                matches.record(&records, found);
            }
            let (found, missing) = matches.split(records.clone(), &HashMap::from([(key, finished)]));
            assert_eq!((found.len(), missing.len()), (expected, 3 - expected), "{count} {finished}");
        }
    }

    #[test]
    fn only_memories_with_the_same_text_scope_and_time_match() {
        let records = [record(1, &json!({"memory": "m", "user_id": "u", "timestamp": 5}))];
        for (candidate, is_match) in [
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
            matches.record(&records, memory(candidate.clone()));
            let (found, _) = matches.split(records.to_vec(), &HashMap::new());
            assert_eq!(found.len() == 1, is_match, "{candidate}");
        }
        let conversation = json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "user_id": "u"});
        let conversation = [record(1, &conversation)];
        let mut matches = Matches::default();
        matches.record(&conversation, memory(json!({"memory": "a", "user_id": "u"})));
        assert_eq!(matches.split(conversation.to_vec(), &HashMap::new()).0.len(), 0);
        matches.record(&conversation, memory(json!({"memory": "b", "user_id": "u"})));
        assert_eq!(matches.split(conversation.to_vec(), &HashMap::new()).0.len(), 1);
    }
}
