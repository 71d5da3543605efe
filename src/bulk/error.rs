//! Errors of bulk operations.

use std::io;
use std::path::PathBuf;

use crate::bulk::input_format::InputFormat;
use crate::error::Error;

/// Error that ended an import, an export or a copy.
///
/// Completed work is kept. With a checkpoint, the same call resumes from there.
///
/// The error of the operating system is the [`source`](std::error::Error::source) and is not part of `Display`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// An API call failed permanently, or its retries are exhausted.
    #[error(transparent)]
    Call(#[from] Error),
    /// Reading the input failed.
    #[error("failed to read the input")]
    Input(#[source] io::Error),
    /// The input is not JSON lines.
    #[error("unsupported input format: {format}; convert it to one JSON object per line")]
    Format {
        /// Detected format.
        format: InputFormat,
    },
    /// Writing the output failed.
    #[error("failed to write the output")]
    Output(#[source] io::Error),
    /// Reading or writing the checkpoint failed, for example because it is damaged or the disk is full.
    #[error("failed to read or write the checkpoint `{}`", path.display())]
    Checkpoint {
        /// Path of the checkpoint.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The file is the checkpoint of another input, or not a checkpoint.
    #[error(
        "`{}` is not the checkpoint of this input; use the input it belongs to, choose another checkpoint path, or \
         delete the file to start over",
        path.display()
    )]
    ForeignCheckpoint {
        /// Path of the file.
        path: PathBuf,
    },
    /// The checkpoint belongs to this input, but to another project or base URL.
    #[error(
        "the checkpoint `{}` belongs to project `{project_id}` at {base_url}; use a key of that project and the same \
         base URL, or choose another checkpoint path",
        path.display()
    )]
    OtherProject {
        /// Path of the checkpoint.
        path: PathBuf,
        /// Project of the earlier import.
        project_id: String,
        /// Base URL of the earlier import.
        base_url: String,
    },
    /// Another import is using the checkpoint.
    #[error("the checkpoint `{}` is in use by another import; wait until it ends", path.display())]
    CheckpointInUse {
        /// Path of the checkpoint.
        path: PathBuf,
    },
    /// Writing the rejects file failed, for example because the disk is full.
    #[error("failed to write the rejects file `{}`", path.display())]
    Rejects {
        /// Path of the rejects file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

impl BulkError {
    /// Converts an error of reading the input.
    pub(crate) fn input(error: io::Error) -> Self {
        match error.get_ref().and_then(|source| source.downcast_ref::<InputFormat>()) {
            Some(format) => Self::Format { format: *format },
            None => Self::Input(error),
        }
    }
}
