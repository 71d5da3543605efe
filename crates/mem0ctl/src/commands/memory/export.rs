//! `mem0ctl memory export`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mem0::bulk::{BulkError, Handle};
use mem0::memories::ListMemories;
use serde_json::json;

use crate::commands::memory::batches::memories;
use crate::commands::memory::import::failure_of;
use crate::commands::memory::scope::FilterArgs;
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Format;
use crate::output::atomic_file::{self, AtomicFile};
use crate::output::escape::escape_json;
use crate::output::progress::with_progress;
use crate::output::prompt::confirm;
use crate::session::Session;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory export > memories.jsonl
  mem0ctl memory export --user-id alice --to alice.jsonl
  mem0ctl memory export --user-id '*' --metadata source=chat

Exports all memories of the project unless options or the environment name an
owner. Writes one memory per line; with --output json, one array. Memories that
are added or deleted during the export may shift its pages, so that memories are
missed. --to writes a complete file with mode 0600, and asks before it replaces
one.

An import keeps texts, owners, metadata, timestamps and expiration dates; IDs,
categories and history are new.")]
pub(crate) struct Export {
    #[command(flatten)]
    selection: MemorySelection,

    /// Output file; - for stdout (default: -)
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Options that select memories, by default all of the project.
#[derive(Args, Debug)]
pub(crate) struct MemorySelection {
    #[command(flatten)]
    matching: FilterArgs,

    /// Leave out expired memories
    #[arg(long)]
    without_expired: bool,

    /// Memories per request; fewer if a page exceeds --body-limit
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=200))]
    page_size: u32,
}

impl MemorySelection {
    /// List request for the selected memories. Prints a note if the environment narrows the selection.
    pub(crate) fn list(&self, session: &Session) -> Outcome<ListMemories> {
        let list = ListMemories::new(self.matching.filter_with_note(session)?);
        Ok(list.page_size(self.page_size).show_expired(!self.without_expired))
    }
}

pub(crate) fn run(export: &Export, session: &Session) -> Outcome {
    let handle = Handle::new();
    let list = export.selection.list(session)?;
    let to = export.to.as_deref().filter(|path| *path != Path::new("-"));
    let unusable = |path: &Path, reason: &str| Failure::file(format!("{} {reason}", path.display()));
    let exists = match to {
        Some(path) => atomic_file::exists(path).map_err(|reason| unusable(path, reason))?,
        None => false,
    };
    if session.options.dry_run {
        let message = match to {
            Some(path) if exists => format!("Dry run: {} would be replaced.", path.display()),
            Some(path) => format!("Dry run: {} would be written.", path.display()),
            None => "No changes.".to_owned(),
        };
        return session.output.dry_run_note(&message);
    }
    let client = session.project_client()?;
    let written = match to {
        None => {
            let is_array = session.output.format() == Format::Json;
            let mut output = JsonLinesWriter::begin(BufWriter::new(io::stdout()), is_array);
            let written =
                with_progress(session, &handle, || client.export_memories(list, &mut output, &handle));
            match written {
                // An incomplete array stays open, so that it is not valid JSON.
                Ok(count) if !handle.is_stopped() => {
                    output.finish().map(|()| count).map_err(BulkError::Output)
                }
                other => other,
            }
        }
        Some(path) => {
            if exists {
                confirm(session, &format!("Replace {}?", path.display()))?;
            }
            // Memories are personal data.
            let file = AtomicFile::beside(path, 0o600, Some(&session.interrupts))
                .map_err(|error| unusable(path, &format!("cannot be written: {error}")))?;
            let mut output = BufWriter::new(file);
            let written =
                with_progress(session, &handle, || client.export_memories(list, &mut output, &handle));
            match written {
                Ok(count) if !handle.is_stopped() => {
                    let file = output.into_inner().map_err(io::IntoInnerError::into_error);
                    let persisted = file.and_then(|file| file.persist(path));
                    persisted.map(|()| count).map_err(BulkError::Output)
                }
                other => other,
            }
        }
    };
    let count = match written {
        Ok(count) => count,
        // A closed pipe is not an error.
        Err(BulkError::Output(error)) if to.is_none() => {
            return Err(crate::output::write_failure(&error));
        }
        Err(error) => return Err(failure_of(error)),
    };
    if handle.is_stopped() {
        return Err(Failure::new(Exit::Interrupted, format!("interrupted after {}", memories(count))));
    }
    let message = format!("Exported {}.", memories(count));
    if let Some(path) = to {
        let message = format!("Exported {} to {}.", memories(count), path.display());
        return session.output.success(&json!({ "exported": count, "to": path }), &message);
    }
    // Stdout has the memories.
    session.output.message(&message);
    Ok(())
}

/// Writer that escapes JSON lines for a terminal, or joins them to an array. `finish` closes the array.
struct JsonLinesWriter<W> {
    inner: W,
    is_array: bool,
    /// Text to write before the next item of an array.
    separator: &'static str,
}

impl<W: Write> JsonLinesWriter<W> {
    fn begin(inner: W, is_array: bool) -> Self {
        Self { inner, is_array, separator: "[" }
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.is_array, self.separator) {
            (false, _) => {}
            (true, "[") => self.inner.write_all(b"[]\n")?,
            (true, _) => self.inner.write_all(b"]\n")?,
        }
        self.inner.flush()
    }
}

impl<W: Write> Write for JsonLinesWriter<W> {
    /// Expects complete UTF-8 text, as `writeln!` writes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = escape_json(&String::from_utf8_lossy(bytes));
        if !self.is_array {
            self.inner.write_all(text.as_bytes())?;
            return Ok(bytes.len());
        }
        for line in text.split_inclusive('\n') {
            self.inner.write_all(std::mem::take(&mut self.separator).as_bytes())?;
            self.inner.write_all(line.trim_end_matches('\n').as_bytes())?;
            if line.ends_with('\n') {
                self.separator = ",\n";
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
