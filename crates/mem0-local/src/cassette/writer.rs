//! Writing a cassette: one line of JSON per exchange.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::cassette::exchange::{Exchange, RecordedRequest, RecordedResponse};
use crate::cassette::pseudonymizer::{Pseudonymizer, pseudonym};
use crate::cassette::scrubber::Scrubber;
use crate::error::LocalError;
use mem0::redact::one_line;

/// An open cassette, with the secrets and addresses that are replaced in it.
pub(super) struct CassetteWriter {
    file: File,
    scrubber: Scrubber,
    pseudonymizer: Pseudonymizer,
    count: usize,
    /// Error after which nothing more is written.
    failure: Option<String>,
}

impl CassetteWriter {
    /// Creates the file, readable by its owner only. An existing file is an error: its pseudonyms would stand for other
    /// addresses.
    pub(super) fn create(path: &Path, base_url: &str) -> Result<Self, LocalError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|source| LocalError::File { path: path.to_owned(), source })?;
        Ok(Self {
            file,
            scrubber: Scrubber::for_platform(base_url),
            pseudonymizer: Pseudonymizer::default(),
            count: 0,
            failure: None,
        })
    }

    /// Writes an exchange, without keys and addresses. The line survives the end of the process, but is not synced to disk.
    pub(super) fn write(
        &mut self,
        request: RecordedRequest,
        key: Option<&str>,
        response: RecordedResponse,
        failure: Option<&str>,
    ) -> Result<(), String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let key = key.map(|key| self.scrubber.key_name(key));
        let path = request.path.clone();
        let request = self.scrubber.request(request);
        let response = self.scrubber.response(&path, response);
        let failure = failure.map(|failure| self.scrubber.text(failure));
        let mut pseudonymize = |text: &str| self.pseudonymizer.replace(text, pseudonym);
        let exchange = Exchange {
            request: RecordedRequest { key, ..request.map(&mut pseudonymize) },
            response: response.map(&mut pseudonymize),
            failure: failure.map(|failure| pseudonymize(&failure)),
        };
        let result = serde_json::to_vec(&exchange).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            // A single write, so that a line is written completely or not at all.
            self.file.write_all(&line)
        });
        match result {
            Ok(()) => {
                self.count += 1;
                Ok(())
            }
            Err(error) => {
                let error = one_line(&error.to_string());
                let failure = format!("cannot write the cassette: {error}; recording has stopped");
                Err(self.failure.insert(failure).clone())
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}
