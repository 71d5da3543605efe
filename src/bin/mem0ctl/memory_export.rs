//! `mem0ctl memory export`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mem0::ListMemories;
use mem0::bulk::{BulkError, Control};

use crate::failure::{Exit, Failure, Outcome};
use crate::memory_import::failure_of;
use crate::scope::Matching;
use crate::session::Session;
use crate::watching::watched;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory export > memories.jsonl
  mem0ctl memory export --user-id alice --to alice.jsonl
  mem0ctl memory export --filter '{\"metadata\": {\"source\": \"chat\"}, \"user_id\": \"*\"}'

Without anybody named, here or in the environment, all memories of the project. Writes one memory a
line, page by page. What is added or deleted meanwhile moves the pages that are
still to come. The file named by --to appears when everything is in it.")]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,

    /// The file to write, in place of stdout
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
}

impl Which {
    pub(crate) fn list(&self) -> Outcome<ListMemories> {
        let list = ListMemories::new(self.matching.filter_or_all()?);
        Ok(list.page_size(200).show_expired(!self.without_expired))
    }
}

pub(crate) fn run(export: &Export, session: &Session) -> Outcome {
    let control = Control::new();
    let list = export.which.list()?;
    let client = session.own()?;
    let written = match &export.to {
        None => {
            let mut output = BufWriter::new(io::stdout());
            watched(session, &control, || client.export_memories(list, &mut output, &control))
        }
        Some(path) => {
            let mut output = Growing::begin(path)?;
            let written =
                watched(session, &control, || client.export_memories(list, &mut output.file, &control));
            match written {
                Ok(count) if !control.is_stopped() => {
                    output.finish().map(|()| count).map_err(BulkError::Output)
                }
                other => other,
            }
        }
    };
    let count = match written {
        Ok(count) => count,
        // Who closes the pipe has read enough.
        Err(BulkError::Output(error)) if export.to.is_none() => {
            return Err(crate::output::unwritable(&error));
        }
        Err(error) => return Err(failure_of(error)),
    };
    if control.is_stopped() {
        return Err(Failure::new(Exit::Interrupted, format!("Interrupted after {count} memories.")));
    }
    let memories = if count == 1 { "1 memory" } else { &format!("{count} memories") };
    session.output.message(&format!("{memories} exported."));
    Ok(())
}

/// A file that takes its name when it is whole. One that is given up is removed.
struct Growing {
    file: BufWriter<File>,
    path: PathBuf,
    part: PathBuf,
    is_whole: bool,
}

impl Growing {
    fn begin(path: &Path) -> Outcome<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true);
        // Memories are personal.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&part)
            .map_err(|error| Failure::file(format!("{} can't be written: {error}", part.display())))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned(), part, is_whole: false })
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.path)?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if !self.is_whole {
            // What is left behind does no harm.
            let _ = fs::remove_file(&self.part);
        }
    }
}
