//! Summary of an import or a copy.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bulk::record_line::KNOWN_FIELDS;
use crate::redact::Redacted;
use crate::types::nearest;

/// Maximum number of rejected lines in a report.
pub(crate) const MAX_REJECTED_LINES: usize = 20;

/// Maximum number of unknown fields in a report.
const MAX_UNKNOWN_FIELDS: usize = 20;

/// Summary of an import or a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Number of lines added by this call and, according to the checkpoint, by earlier calls.
    pub added: u64,
    /// Number of added lines that were added by an earlier call.
    pub skipped: u64,
    /// Number of added lines whose memory already existed; the platform stores it once.
    pub existing: u64,
    /// Number of lines that can't be imported, including those rejected by earlier calls.
    pub rejected: u64,
    /// Lines rejected by this call; at most twenty.
    pub rejected_lines: Vec<RejectedLine>,
    /// Unknown fields, which are not imported, in the lines read by this call; sorted by name, at most twenty.
    pub unknown_fields: Vec<UnknownField>,
    /// Number of lines with an unpaired surrogate, such as `"\ud83d"`, which was replaced by U+FFFD.
    pub replaced: u64,
    /// Whether the operation was [stopped](crate::bulk::Handle::stop) before its end. With a checkpoint, the same call
    /// resumes it.
    pub stopped: bool,
}

impl Report {
    /// Summary of a call that was stopped before its first line.
    pub(crate) fn stopped_early() -> Self {
        Self { stopped: true, ..Self::default() }
    }
}

/// Line that can't be imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectedLine {
    /// Line number in the input, starting at 1; 0 for a copied memory.
    pub line: u64,
    /// Reason, such as ``missing `memory` or `messages` ``.
    pub reason: String,
}

/// Field of an input that an import does not know.
///
/// All fields of an export are known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownField {
    /// Name, truncated to 60 characters.
    pub name: String,
    /// Number of lines that have it.
    pub lines: u64,
    /// Known field with a similar name.
    pub suggestion: Option<Cow<'static, str>>,
}

impl fmt::Debug for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownField")
            .field("name", &Redacted(&self.name))
            .field("lines", &self.lines)
            .field("suggestion", &self.suggestion)
            .finish()
    }
}

/// Warnings about lines that are imported with changes.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    unknown: BTreeMap<String, u64>,
    pub(crate) replaced: u64,
}

impl Warnings {
    pub(crate) fn record(&mut self, unknown: Vec<String>, is_replaced: bool) {
        self.replaced += u64::from(is_replaced);
        for name in unknown {
            // Bounds the memory for an input with a different unknown field in each line.
            if self.unknown.len() < MAX_UNKNOWN_FIELDS || self.unknown.contains_key(&name) {
                *self.unknown.entry(name).or_insert(0) += 1;
            }
        }
    }

    pub(crate) fn unknown_fields(self) -> Vec<UnknownField> {
        let field = |(name, lines): (String, u64)| UnknownField {
            suggestion: nearest(&name, &KNOWN_FIELDS).map(Cow::Borrowed),
            name,
            lines,
        };
        self.unknown.into_iter().map(field).collect()
    }
}
