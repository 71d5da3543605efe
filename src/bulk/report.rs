//! What became of it.

use std::collections::BTreeMap;
use std::fmt;

use crate::bulk::record::READ_FIELDS;
use crate::redact::Redacted;
use crate::types::nearest;

/// How many reasons a report holds.
pub(crate) const REASONS: usize = 20;

/// Number of names of unknown fields that a report holds.
const MAX_UNKNOWN: usize = 20;

/// What an import or a copy has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Lines that were added, by this call or by those before it that the checkpoint tells of.
    pub added: u64,
    /// Those among them that this call did not have to add: they are in the checkpoint of an earlier one.
    pub skipped: u64,
    /// Those among the added that the platform had already, and kept once.
    pub known: u64,
    /// Lines that can't be imported, those in the checkpoint of an earlier call included.
    pub rejected: u64,
    /// The first reasons of this call, twenty at most.
    pub reasons: Vec<Rejected>,
    /// Fields of lines that an import does not know and leaves out, by name: of the lines that this call has read.
    pub unknown_fields: Vec<UnknownField>,
    /// Lines with a surrogate without its other half, such as `"\ud83d"`, in whose place U+FFFD was imported.
    pub replaced: u64,
    /// Whether it was [stopped](crate::bulk::Handle::stop) before the end. What is not done is done by the same call.
    pub stopped: bool,
}

impl Report {
    /// Of a call that was stopped before it began.
    pub(crate) fn of_nothing() -> Self {
        Self { stopped: true, ..Self::default() }
    }
}

/// A line that can't be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// Its number in the input, the first being 1; 0 where a memory of another project was to be copied.
    pub line: u64,
    /// Why, as the rest of a sentence that begins with the line.
    pub reason: String,
}

/// A field of lines that an import does not know. What an export writes is known.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownField {
    /// Its name, the beginning of a long one.
    pub name: String,
    /// Number of lines that have it.
    pub lines: u64,
    /// Field that is most likely meant.
    pub suggestion: Option<&'static str>,
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

/// What is told of lines that are imported all the same.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    unknown: BTreeMap<String, u64>,
    pub(crate) replaced: u64,
}

impl Remarks {
    pub(crate) fn note(&mut self, unknown: Vec<String>, is_replaced: bool) {
        self.replaced += u64::from(is_replaced);
        for name in unknown {
            // A file with another name in each line is not counted without end.
            if self.unknown.len() < MAX_UNKNOWN || self.unknown.contains_key(&name) {
                *self.unknown.entry(name).or_insert(0) += 1;
            }
        }
    }

    pub(crate) fn unknown_fields(self) -> Vec<UnknownField> {
        let field = |(name, lines): (String, u64)| UnknownField {
            suggestion: nearest(&name, &READ_FIELDS),
            name,
            lines,
        };
        self.unknown.into_iter().map(field).collect()
    }
}
