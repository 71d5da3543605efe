//! `mem0ctl memory export`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mem0::bulk::{BulkError, Handle};
use mem0::memories::ListMemories;
use serde_json::json;

use crate::commands::memory::batches::memories;
use crate::commands::memory::import::failure_of;
use crate::commands::memory::scope::Matching;
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Format;
use crate::output::new_file::{self, NewFile};
use crate::output::prompt::confirm;
use crate::output::visible::visible_json;
use crate::output::watching::watched;
use crate::session::Session;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory export > memories.jsonl
  mem0ctl memory export --user-id alice --to alice.jsonl
  mem0ctl memory export --filter '{\"metadata\": {\"source\": \"chat\"}, \"user_id\": \"*\"}'

Without anybody named, here or in the environment, all memories of the project. Writes one memory a
line, page by page. What is added or deleted meanwhile moves the pages that are still to come. The
file named by --to appears when everything is in it, with mode 0600; whether to replace one is asked,
and a link is refused. With --output json, what goes to stdout is one array, which stays open if it breaks off.

An import of it keeps texts, scopes, metadata, times and last days; identifiers, categories and
history are made anew.")]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,

    /// The file to write, in place of stdout, which - stands for
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Which memories: all of the project's, unless somebody is named.
#[derive(Args, Debug)]
pub(crate) struct Which {
    #[command(flatten)]
    matching: Matching,

    /// Leave out those whose last day is over
    #[arg(long)]
    without_expired: bool,

    /// Memories per request; fewer where a page of them is larger than --body-limit
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=200))]
    page_size: u32,
}

impl Which {
    /// All of them, in large pages. Who is given less than the project because of the environment is told.
    pub(crate) fn list(&self, session: &Session) -> Outcome<ListMemories> {
        let list = ListMemories::new(self.matching.filter_told(session)?);
        Ok(list.page_size(self.page_size).show_expired(!self.without_expired))
    }
}

pub(crate) fn run(export: &Export, session: &Session) -> Outcome {
    let handle = Handle::new();
    let list = export.which.list(session)?;
    // As for a FILE that is read.
    let to = export.to.as_deref().filter(|path| *path != Path::new("-"));
    let unusable = |path: &Path, reason: &str| Failure::file(format!("{} {reason}", path.display()));
    let is_there = match to {
        Some(path) => new_file::is_there(path).map_err(|reason| unusable(path, reason))?,
        None => false,
    };
    if session.options.dry_run {
        let sentence = match to {
            Some(path) if is_there => format!("{} would be replaced.", path.display()),
            Some(path) => format!("{} would be written.", path.display()),
            None => "Nothing would be changed.".to_owned(),
        };
        return session.output.untouched(&sentence);
    }
    let client = session.own()?;
    let written = match to {
        None => {
            let is_array = session.output.format() == Format::Json;
            let mut output = Shown::begin(BufWriter::new(io::stdout()), is_array);
            let written = watched(session, &handle, || client.export_memories(list, &mut output, &handle));
            match written {
                // An array that is not whole is not to be taken for it, and stays open.
                Ok(count) if !handle.is_stopped() => {
                    output.finish().map(|()| count).map_err(BulkError::Output)
                }
                other => other,
            }
        }
        Some(path) => {
            if is_there {
                confirm(session, &format!("Replace {}?", path.display()))?;
            }
            // Memories are personal.
            let file = NewFile::beside(path, 0o600, Some(&session.interrupts))
                .map_err(|error| unusable(path, &format!("can't be written: {error}")))?;
            let mut output = BufWriter::new(file);
            let written = watched(session, &handle, || client.export_memories(list, &mut output, &handle));
            match written {
                Ok(count) if !handle.is_stopped() => {
                    let whole = output.into_inner().map_err(io::IntoInnerError::into_error);
                    let kept = whole.and_then(|file| file.persist(path));
                    kept.map(|()| count).map_err(BulkError::Output)
                }
                other => other,
            }
        }
    };
    let count = match written {
        Ok(count) => count,
        // Who closes the pipe has read enough.
        Err(BulkError::Output(error)) if to.is_none() => {
            return Err(crate::output::unwritable(&error));
        }
        Err(error) => return Err(failure_of(error)),
    };
    if handle.is_stopped() {
        return Err(Failure::new(Exit::Interrupted, format!("Interrupted after {count} memories.")));
    }
    let sentence = format!("{} exported.", memories(count));
    if let Some(path) = to {
        let sentence = format!("{} exported to {}.", memories(count), path.display());
        return session.output.done(&json!({ "exported": count, "to": path }), &sentence);
    }
    // The memories are the result.
    session.output.message(&sentence);
    Ok(())
}

/// Lines of JSON as they are shown: without what could do harm to a terminal, and as lines or as an array, which ends
/// when somebody knows that a line was the last.
struct Shown<W> {
    inner: W,
    is_array: bool,
    /// What comes before the next line of an array, which may not come.
    before: &'static str,
}

impl<W: Write> Shown<W> {
    fn begin(inner: W, is_array: bool) -> Self {
        Self { inner, is_array, before: "[" }
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.is_array, self.before) {
            (false, _) => {}
            (true, "[") => self.inner.write_all(b"[]\n")?,
            (true, _) => self.inner.write_all(b"]\n")?,
        }
        self.inner.flush()
    }
}

impl<W: Write> Write for Shown<W> {
    /// Takes whole texts, such as `writeln!` writes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = visible_json(&String::from_utf8_lossy(bytes));
        if !self.is_array {
            self.inner.write_all(text.as_bytes())?;
            return Ok(bytes.len());
        }
        for line in text.split_inclusive('\n') {
            self.inner.write_all(std::mem::take(&mut self.before).as_bytes())?;
            self.inner.write_all(line.trim_end_matches('\n').as_bytes())?;
            if line.ends_with('\n') {
                self.before = ",\n";
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
