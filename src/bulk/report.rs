//! What became of it.

/// How many reasons a report holds.
pub(crate) const REASONS: usize = 20;

/// What an import or a copy has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Lines that were added, by this call or by those before it that the journal tells of.
    pub added: u64,
    /// Those among them that this call did not have to add: they are in the journal of an earlier one.
    pub skipped: u64,
    /// Those among the added that the platform had already, and kept once.
    pub known: u64,
    /// Lines that can't be imported, those in the journal of an earlier call included.
    pub rejected: u64,
    /// The first reasons of this call, twenty at most.
    pub reasons: Vec<Rejected>,
    /// Whether it was [stopped](crate::bulk::Control::stop) before the end. What is not done is done by the same call.
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
