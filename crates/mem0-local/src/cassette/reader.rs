//! Reading a cassette, and matching requests with its exchanges.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::cassette::addresses::rewrite;
use crate::cassette::exchange::{Exchange, RecordedRequest, RecordedResponse};
use crate::cassette::mismatch;
use crate::cassette::request_key::RequestKey;
use crate::cassette::scrubber::Scrubber;
use crate::error::LocalError;
use mem0::redact::{redact_emails, redact_keys};

/// Maximum number of unmatched requests that are kept.
const MAX_UNMATCHED: usize = 1000;

struct Entry {
    exchange: Exchange,
    /// Its line in the file.
    line: usize,
    addresses: Vec<String>,
    is_used: bool,
}

/// Exchanges of a cassette, and the state of their replay.
pub(super) struct CassetteReader {
    entries: Vec<Entry>,
    /// Indexes into `entries` by the template of the request, in recorded order.
    by_template: HashMap<String, Vec<usize>>,
    scrubber: Scrubber,
    addresses: IdentityMap,
    keys: IdentityMap,
    /// Addresses in the file, in lower case.
    pseudonyms: HashSet<String>,
    unmatched: Vec<String>,
}

/// One-to-one mapping between the identities (e-mail addresses or keys) of this run and those in the recording.
#[derive(Default)]
struct IdentityMap {
    to_recorded: HashMap<String, String>,
    /// Identities of this run as they were first written, by the recorded identity.
    to_current: HashMap<String, String>,
}

impl IdentityMap {
    /// Whether each identity is mapped, or can be mapped, to the recorded one at its position.
    fn can_map(&self, current: &[String], recorded: &[String], pseudonyms: &HashSet<String>) -> bool {
        current.len() == recorded.len()
            && current.iter().zip(recorded).all(|(current, recorded)| {
                let (current, recorded) = (current.to_lowercase(), recorded.to_lowercase());
                // A pseudonym of the recording is mapped to itself.
                if current == recorded || pseudonyms.contains(&current) {
                    return current == recorded;
                }
                match self.to_recorded.get(&current) {
                    Some(known) => *known == recorded,
                    None => !self.to_current.contains_key(&recorded),
                }
            })
    }

    fn record(&mut self, current: &[String], recorded: &[String]) {
        for (current, recorded) in current.iter().zip(recorded) {
            let recorded = recorded.to_lowercase();
            if !self.to_current.contains_key(&recorded) {
                self.to_recorded.insert(current.to_lowercase(), recorded.clone());
                self.to_current.insert(recorded, current.clone());
            }
        }
    }
}

impl CassetteReader {
    pub(super) fn read(path: &Path) -> Result<Self, LocalError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| LocalError::File { path: path.to_owned(), source })?;
        // Windows editors start a file with a byte order mark.
        Self::from_lines(text.strip_prefix('\u{feff}').unwrap_or(&text))
    }

    fn from_lines(text: &str) -> Result<Self, LocalError> {
        let mut reader = Self {
            entries: Vec::new(),
            by_template: HashMap::new(),
            scrubber: Scrubber::default(),
            addresses: IdentityMap::default(),
            keys: IdentityMap::default(),
            pseudonyms: HashSet::new(),
            unmatched: Vec::new(),
        };
        for (line, text) in (1..).zip(text.split_inclusive('\n')) {
            if text.trim().is_empty() {
                continue;
            }
            let is_complete = text.ends_with('\n');
            let mut json = serde_json::Deserializer::from_str(text);
            match serde_path_to_error::deserialize::<_, Exchange>(&mut json) {
                Ok(exchange) => reader.put(exchange, line)?,
                // The recorder was killed while it wrote this line.
                Err(_) if !is_complete => {}
                Err(error) => return Err(invalid_line(line, &error.to_string())),
            }
        }
        if reader.entries.is_empty() {
            return Err(LocalError::cassette("the file contains no exchange"));
        }
        Ok(reader)
    }

    fn put(&mut self, exchange: Exchange, line: usize) -> Result<(), LocalError> {
        exchange.check().map_err(|message| invalid_line(line, message))?;
        let RequestKey { template, addresses } = RequestKey::of(&exchange.request);
        let mut collect = |text: &str| {
            rewrite(text, |address| {
                self.pseudonyms.insert(address.to_lowercase());
                address.to_owned()
            })
        };
        exchange.request.clone().map(&mut collect);
        exchange.response.clone().map(&mut collect);
        self.by_template.entry(template).or_default().push(self.entries.len());
        self.entries.push(Entry { exchange, line, addresses, is_used: false });
        Ok(())
    }

    /// Returns the recorded response, with the addresses of this run. The error is a message for the client about a
    /// request without a recorded response.
    pub(super) fn respond(
        &mut self,
        request: RecordedRequest,
        api_key: Option<&str>,
    ) -> Result<RecordedResponse, String> {
        if let Some(api_key) = api_key {
            self.scrubber.key_name(api_key);
        }
        let request = self.scrubber.request(request);
        let key = RequestKey::of(&request);
        let current_key: Vec<String> = api_key.map(str::to_owned).into_iter().collect();
        let Some((at, is_same_key)) = self.find(&key, &current_key) else {
            let is_same_template = self.by_template.contains_key(&key.template);
            let recorded: Vec<_> =
                self.entries.iter().map(|entry| (entry.line, &entry.exchange.request)).collect();
            let message = mismatch::describe(&request, &recorded, is_same_template);
            // A retry of the same request is not listed twice.
            if self.unmatched.len() < MAX_UNMATCHED && self.unmatched.last() != Some(&message) {
                self.unmatched.push(message.clone());
            }
            return Err(message);
        };
        let entry = &mut self.entries[at];
        entry.is_used = true;
        self.addresses.record(&key.addresses, &entry.addresses);
        if is_same_key {
            let recorded_key: Vec<String> = entry.exchange.request.key.clone().into_iter().collect();
            self.keys.record(&current_key, &recorded_key);
        }
        let addresses = &self.addresses;
        let current = |address: &str| {
            addresses.to_current.get(&address.to_lowercase()).map_or_else(|| address.to_owned(), Clone::clone)
        };
        Ok(entry.exchange.response.clone().map(&mut |text| rewrite(text, current)))
    }

    /// Finds the next unused matching exchange, or the last matching one if all are used, and whether its API key matches
    /// too. Exchanges with a matching key take precedence.
    fn find(&self, key: &RequestKey, current_key: &[String]) -> Option<(usize, bool)> {
        let same_template = self.by_template.get(&key.template)?;
        let matches_addresses = |at: &&usize| {
            self.entries.get(**at).is_some_and(|entry| {
                self.addresses.can_map(&key.addresses, &entry.addresses, &self.pseudonyms)
            })
        };
        let is_of_key = |at: &&usize| {
            let recorded: Vec<String> = self
                .entries
                .get(**at)
                .and_then(|entry| entry.exchange.request.key.clone())
                .into_iter()
                .collect();
            self.keys.can_map(current_key, &recorded, &HashSet::new())
        };
        let next_or_last = |found: &[usize]| {
            let next = found.iter().find(|at| self.entries.get(**at).is_some_and(|entry| !entry.is_used));
            next.or(found.last()).copied()
        };
        let matching: Vec<usize> = same_template.iter().filter(matches_addresses).copied().collect();
        let of_key: Vec<usize> = matching.iter().filter(is_of_key).copied().collect();
        let same = next_or_last(&of_key).map(|at| (at, true));
        same.or_else(|| next_or_last(&matching).map(|at| (at, false)))
    }

    pub(super) fn unmatched(&self) -> Vec<String> {
        self.unmatched.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn unused(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.is_used).count()
    }
}

fn invalid_line(line: usize, message: &str) -> LocalError {
    LocalError::cassette(redact_keys(&redact_emails(&format!("line {line}: {message}"))))
}

#[cfg(test)]
mod tests;
