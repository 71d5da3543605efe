//! What ends work in bulk.

use std::io;
use std::path::PathBuf;

use crate::bulk::input_format::InputFormat;
use crate::error::Error;

/// What an import, an export or a copy ends with before its time. What was done until then is done, and in the checkpoint
/// where there is one: the same call goes on from there.
///
/// What the operating system said is the [`source`](std::error::Error::source), and no part of `Display`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A call failed in a way that would befall the next one too, or did so again and again.
    #[error(transparent)]
    Call(#[from] Error),
    /// The input can't be read.
    #[error("the input can't be read")]
    Input(#[source] io::Error),
    /// The input is not JSON lines.
    #[error("the input is {format}, where one JSON object per line is expected; convert it")]
    Format {
        /// What it seems to be.
        format: InputFormat,
    },
    /// The output can't be written.
    #[error("the output can't be written")]
    Output(#[source] io::Error),
    /// The checkpoint can't be read or written: the disk may be full.
    #[error("the checkpoint {} can't be read or written", path.display())]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The checkpoint is of another input, or no checkpoint.
    #[error(
        "{} is not the checkpoint of this input; give the input it belongs to, name another checkpoint, or delete it to \
         begin anew",
        path.display()
    )]
    ForeignCheckpoint {
        /// What was taken for the checkpoint.
        path: PathBuf,
    },
    /// The checkpoint is of this input, imported into another project or at another base URL.
    #[error(
        "the checkpoint {} belongs to project {project_id} at {base_url}; use a key of that project and the same base \
         URL to resume, or name another checkpoint",
        path.display()
    )]
    OtherProject {
        /// The checkpoint.
        path: PathBuf,
        /// Project of the earlier import.
        project_id: String,
        /// Base URL of the earlier import.
        base_url: String,
    },
    /// Somebody else is at work with the checkpoint.
    #[error("the checkpoint {} is in use by another import; wait until that has ended", path.display())]
    CheckpointInUse {
        /// The checkpoint.
        path: PathBuf,
    },
    /// The file of rejects can't be written: the disk may be full.
    #[error("the file of rejects {} can't be written", path.display())]
    Rejects {
        /// The file of rejects.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BulkError {
    /// What is wrong with the input.
    pub(crate) fn input(error: io::Error) -> Self {
        match error.get_ref().and_then(|source| source.downcast_ref::<InputFormat>()) {
            Some(format) => Self::Format { format: *format },
            None => Self::Input(error),
        }
    }
}
