//! `mem0ctl memory copy`.

use std::path::PathBuf;

use clap::Args;
use mem0::bulk::{Handle, MemoryCopy};

use crate::commands::memory::export::MemorySelection;
use crate::commands::memory::import::{BatchArgs, ImportPaths, check_distinct};
use crate::failure::Outcome;
use crate::options::Options;
use crate::output::progress::with_progress;
use crate::session::Session;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory copy --from production --to staging
  mem0ctl memory copy --from production --to staging --user-id alice
  mem0ctl memory copy --from production --to staging --checkpoint copy.state

Copies texts, owners, metadata, timestamps and expiration dates; IDs, categories
and history are new. Copies all memories of the project unless options or the
environment name an owner. With --checkpoint, running the command again resumes
it. Do not change the memories while it runs.")]
pub(crate) struct Copy {
    /// Profile to copy from
    #[arg(long, value_name = "PROFILE")]
    from: String,

    /// Profile to copy to
    #[arg(long, value_name = "PROFILE")]
    to: String,

    #[command(flatten)]
    selection: MemorySelection,

    /// Checkpoint file, to resume an interrupted copy
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// File for memories that cannot be copied
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    batching: BatchArgs,
}

pub(crate) fn run(copy: &Copy, session: &Session) -> Outcome {
    let handle = Handle::new();
    let mut work = MemoryCopy::new(copy.selection.list(session)?)
        .concurrency(copy.batching.concurrency.into())
        .batch_size(copy.batching.batch.into())
        .handle(&handle);
    if let Some(record) = session.unsent_recorder() {
        work = work.dry_run_with(record);
    }
    if let Some(path) = &copy.checkpoint {
        work = work.checkpoint(path);
    }
    if let Some(path) = &copy.rejects {
        work = work.rejects(path);
    }
    check_distinct([
        ("the checkpoint", copy.checkpoint.as_deref()),
        ("the rejects file", copy.rejects.as_deref()),
    ])?;
    let paths = ImportPaths { checkpoint: copy.checkpoint.clone(), rejects: copy.rejects.clone() };
    let to = session.with_options(options_for_profile(&copy.to, &session.options))?;
    let (source, target) = (session.project_client()?, to.project_client()?);
    let outcome = with_progress(session, &handle, || source.copy_memories(target, work));
    paths.report(outcome, &handle, session, "copied")
}

impl Copy {
    /// Options of the source session.
    pub(crate) fn source(&self, options: &Options) -> Options {
        options_for_profile(&self.from, options)
    }
}

/// Options with another profile, without the flags that would apply to both profiles.
fn options_for_profile(name: &str, options: &Options) -> Options {
    Options {
        profile: Some(name.to_owned()),
        base_url: None,
        api_key: None,
        org: None,
        project: None,
        ..options.clone()
    }
}
