//! The exchanges of a cassette, and which of them answers a request.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::cassette::addresses::rewrite;
use crate::cassette::exchange::{Answered, Asked, Exchange};
use crate::cassette::nearest;
use crate::cassette::question::Question;
use crate::cassette::scrub::Scrub;
use crate::error::LocalError;
use mem0::redact::{redact_emails, redact_keys};

/// How many requests that were not in the recording are remembered.
const MISSED: usize = 1000;

struct Recorded {
    exchange: Exchange,
    /// Its line in the file.
    line: usize,
    people: Vec<String>,
    was_asked: bool,
}

/// What was recorded, and how far it has been replayed.
pub(super) struct Shelf {
    recorded: Vec<Recorded>,
    /// Those that ask the same, in recorded order.
    alike: HashMap<String, Vec<usize>>,
    scrub: Scrub,
    people: Names,
    keys: Names,
    /// The addresses in the file.
    stand_ins: HashSet<String>,
    missed: Vec<String>,
}

/// Who of this run is who in the recording: each is one, and no two are the same.
#[derive(Default)]
struct Names {
    recorded: HashMap<String, String>,
    /// As they were first written here, by who they are in the recording.
    own: HashMap<String, String>,
}

impl Names {
    /// Whether these can be those in the recording, one by one, or are so already.
    fn fit(&self, own: &[String], recorded: &[String], stand_ins: &HashSet<String>) -> bool {
        own.len() == recorded.len()
            && own.iter().zip(recorded).all(|(own, recorded)| {
                let (own, recorded) = (own.to_lowercase(), recorded.to_lowercase());
                // Who names somebody of the recording means them.
                if own == recorded || stand_ins.contains(&own) {
                    return own == recorded;
                }
                match self.recorded.get(&own) {
                    Some(known) => *known == recorded,
                    None => !self.own.contains_key(&recorded),
                }
            })
    }

    fn learn(&mut self, own: &[String], recorded: &[String]) {
        for (own, recorded) in own.iter().zip(recorded) {
            let recorded = recorded.to_lowercase();
            if !self.own.contains_key(&recorded) {
                self.recorded.insert(own.to_lowercase(), recorded.clone());
                self.own.insert(recorded, own.clone());
            }
        }
    }
}

impl Shelf {
    pub(super) fn read(path: &Path) -> Result<Self, LocalError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| LocalError::File { path: path.to_owned(), source })?;
        // Windows editors begin a file with a byte order mark.
        Self::from_lines(text.strip_prefix('\u{feff}').unwrap_or(&text))
    }

    fn from_lines(text: &str) -> Result<Self, LocalError> {
        let mut shelf = Self {
            recorded: Vec::new(),
            alike: HashMap::new(),
            scrub: Scrub::default(),
            people: Names::default(),
            keys: Names::default(),
            stand_ins: HashSet::new(),
            missed: Vec::new(),
        };
        for (line, text) in (1..).zip(text.split_inclusive('\n')) {
            if text.trim().is_empty() {
                continue;
            }
            let is_whole = text.ends_with('\n');
            let mut reader = serde_json::Deserializer::from_str(text);
            match serde_path_to_error::deserialize::<_, Exchange>(&mut reader) {
                Ok(exchange) => shelf.put(exchange, line)?,
                // Its recorder was killed in the middle of it.
                Err(_) if !is_whole => {}
                Err(error) => return Err(wrong(line, &error.to_string())),
            }
        }
        if shelf.recorded.is_empty() {
            return Err(LocalError::cassette("it holds no exchange"));
        }
        Ok(shelf)
    }

    fn put(&mut self, exchange: Exchange, line: usize) -> Result<(), LocalError> {
        exchange.check().map_err(|message| wrong(line, message))?;
        let Question { shape, people } = Question::of(&exchange.request);
        let mut note = |text: &str| {
            rewrite(text, |address| {
                self.stand_ins.insert(address.to_lowercase());
                address.to_owned()
            })
        };
        exchange.request.clone().map(&mut note);
        exchange.answer.clone().map(&mut note);
        self.alike.entry(shape).or_default().push(self.recorded.len());
        self.recorded.push(Recorded { exchange, line, people, was_asked: false });
        Ok(())
    }

    /// What was answered, in the words of this run; the error is a sentence for who asked what was not recorded.
    pub(super) fn answer(&mut self, asked: Asked, key: Option<&str>) -> Result<Answered, String> {
        if let Some(key) = key {
            self.scrub.key(key);
        }
        let asked = self.scrub.asked(asked);
        let question = Question::of(&asked);
        let own_key: Vec<String> = key.map(str::to_owned).into_iter().collect();
        let Some((at, is_same_key)) = self.find(&question, &own_key) else {
            let is_alike = self.alike.contains_key(&question.shape);
            let recorded: Vec<_> =
                self.recorded.iter().map(|one| (one.line, &one.exchange.request)).collect();
            let sentence = nearest::describe(&asked, &recorded, is_alike);
            // A client that asks again has missed nothing new.
            if self.missed.len() < MISSED && self.missed.last() != Some(&sentence) {
                self.missed.push(sentence.clone());
            }
            return Err(sentence);
        };
        let recorded = &mut self.recorded[at];
        recorded.was_asked = true;
        self.people.learn(&question.people, &recorded.people);
        if is_same_key {
            let recorded_key: Vec<String> = recorded.exchange.request.key.clone().into_iter().collect();
            self.keys.learn(&own_key, &recorded_key);
        }
        let people = &self.people;
        let own = |address: &str| {
            people.own.get(&address.to_lowercase()).map_or_else(|| address.to_owned(), Clone::clone)
        };
        Ok(recorded.exchange.answer.clone().map(&mut |text| rewrite(text, own)))
    }

    /// The next exchange that fits, or the last where all were replayed, and whether its key fits too. What was asked
    /// with the same key comes first.
    fn find(&self, question: &Question, own_key: &[String]) -> Option<(usize, bool)> {
        let alike = self.alike.get(&question.shape)?;
        let fits = |at: &&usize| {
            self.recorded
                .get(**at)
                .is_some_and(|recorded| self.people.fit(&question.people, &recorded.people, &self.stand_ins))
        };
        let is_of_key = |at: &&usize| {
            let recorded: Vec<String> = self
                .recorded
                .get(**at)
                .and_then(|one| one.exchange.request.key.clone())
                .into_iter()
                .collect();
            self.keys.fit(own_key, &recorded, &HashSet::new())
        };
        let next_or_last = |found: &[usize]| {
            let next = found.iter().find(|at| self.recorded.get(**at).is_some_and(|one| !one.was_asked));
            next.or(found.last()).copied()
        };
        let fitting: Vec<usize> = alike.iter().filter(fits).copied().collect();
        let of_key: Vec<usize> = fitting.iter().filter(is_of_key).copied().collect();
        let same = next_or_last(&of_key).map(|at| (at, true));
        same.or_else(|| next_or_last(&fitting).map(|at| (at, false)))
    }

    pub(super) fn missed(&self) -> Vec<String> {
        self.missed.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.recorded.len()
    }

    pub(super) fn unasked(&self) -> usize {
        self.recorded.iter().filter(|recorded| !recorded.was_asked).count()
    }
}

fn wrong(line: usize, message: &str) -> LocalError {
    LocalError::cassette(redact_keys(&redact_emails(&format!("line {line}: {message}"))))
}

#[cfg(test)]
mod tests;
