//! The file a recorder writes, a line an exchange.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::cassette::exchange::{Answered, Asked, Exchange};
use crate::cassette::people::{People, stand_in};
use crate::cassette::scrub::Scrub;
use crate::error::LocalError;
use mem0::redact::one_line;

/// An open cassette, and what was learned of who and what is not to stand in it.
pub(super) struct Tape {
    file: File,
    scrub: Scrub,
    people: People,
    written: usize,
    /// Why nothing more can be written.
    failure: Option<String>,
}

impl Tape {
    /// Makes the file, for its owner's eyes only. One that is there already is not touched: its stand-ins would mean
    /// others than those of this run.
    pub(super) fn create(path: &Path, base_url: &str) -> Result<Self, LocalError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|source| LocalError::File { path: path.to_owned(), source })?;
        Ok(Self {
            file,
            scrub: Scrub::of_platform(base_url),
            people: People::default(),
            written: 0,
            failure: None,
        })
    }

    /// Writes an exchange, without keys and addresses. It is in the file when this returns: only the loss of power can
    /// take it away. The error is a sentence.
    pub(super) fn write(
        &mut self,
        asked: Asked,
        key: Option<&str>,
        answered: Answered,
        failure: Option<&str>,
    ) -> Result<(), String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let key = key.map(|key| self.scrub.key(key));
        let path = asked.path.clone();
        let asked = self.scrub.asked(asked);
        let answered = self.scrub.answered(&path, answered);
        let failure = failure.map(|failure| self.scrub.text(failure));
        let mut without_people = |text: &str| self.people.replace(text, stand_in);
        let exchange = Exchange {
            request: Asked { key, ..asked.map(&mut without_people) },
            answer: answered.map(&mut without_people),
            failure: failure.map(|failure| without_people(&failure)),
        };
        let written = serde_json::to_vec(&exchange).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            // In one piece, so that others' lines do not come in between and a line is there or not.
            self.file.write_all(&line)
        });
        match written {
            Ok(()) => {
                self.written += 1;
                Ok(())
            }
            Err(error) => {
                let error = one_line(&error.to_string());
                let failure = format!("The cassette can't be written: {error}. Nothing more is recorded.");
                Err(self.failure.insert(failure).clone())
            }
        }
    }

    pub(super) fn written(&self) -> usize {
        self.written
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}
