//! `mem0ctl memory copy`.

use std::path::PathBuf;

use clap::Args;
use mem0::bulk::{Handle, MemoryCopy};

use crate::commands::memory::export::Which;
use crate::commands::memory::import::{Effort, Places, apart};
use crate::failure::Outcome;
use crate::options::Options;
use crate::output::watching::watched;
use crate::session::Session;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory copy --from production --to staging
  mem0ctl memory copy --from production --to staging --user-id alice --checkpoint copy.checkpoint

Texts, scopes, metadata, times and last days are copied; identifiers, categories and history are
made anew. With a checkpoint, the same command goes on where it was ended. While it runs, the memories
should not be changed. Without anybody named, here or in the environment, all memories of the
project. A project is never copied into itself.")]
pub(crate) struct Copy {
    /// The profile to copy from
    #[arg(long, value_name = "PROFILE")]
    from: String,

    /// The profile to copy to
    #[arg(long, value_name = "PROFILE")]
    to: String,

    #[command(flatten)]
    which: Which,

    /// Where to note what is done, to go on from there
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Where to put what can't be copied
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    effort: Effort,
}

pub(crate) fn run(copy: &Copy, session: &Session) -> Outcome {
    let handle = Handle::new();
    let mut work = MemoryCopy::new(copy.which.list(session)?)
        .concurrency(copy.effort.concurrency.into())
        .batch(copy.effort.batch.into())
        .dry_run(session.options.dry_run)
        .handle(&handle);
    if let Some(path) = &copy.checkpoint {
        work = work.checkpoint(path);
    }
    if let Some(path) = &copy.rejects {
        work = work.rejects(path);
    }
    apart([
        ("the checkpoint", copy.checkpoint.as_deref()),
        ("the file of rejects", copy.rejects.as_deref()),
    ])?;
    let places = Places { checkpoint: copy.checkpoint.clone(), rejects: copy.rejects.clone() };
    let to = session.beside(of_profile(&copy.to, &session.options))?;
    let (source, target) = (session.own()?, to.own()?);
    let outcome = watched(session, &handle, || source.copy_memories(target, work));
    places.tell(outcome, &handle, session, "copied")
}

impl Copy {
    /// The options of the session to copy from.
    pub(crate) fn source(&self, options: &Options) -> Options {
        of_profile(&self.from, options)
    }
}

/// Options that name a profile: what other flags say is not meant for both of them.
fn of_profile(name: &str, options: &Options) -> Options {
    Options {
        profile: Some(name.to_owned()),
        base_url: None,
        api_key: None,
        org: None,
        project: None,
        ..options.clone()
    }
}
