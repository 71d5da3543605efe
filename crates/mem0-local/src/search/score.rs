//! Score of a text for a query: BM25, scaled to between 0 and 1, so that it can be compared with a threshold.
//!
//! - The weight of a term is its inverse document frequency in its project, reduced for a stop word.
//! - *coverage* is the share of the query's weight that a text has, 1 if it has every term;
//! - *fit* is the mean of BM25's factor for frequency and length over the terms that it has, between 0 and 1;
//! - the score is `coverage × (0.3 + 0.7 × fit)`.
//!
//! FTS5's own `bm25()` does not serve here: it counts the memories of all projects, and a word that half of the
//! memories have is worth nothing to it, so that a single memory is not found.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

use crate::store::index::{self, ProjectSize};
use crate::store::tokenizer::Tokenizer;

/// How many terms of a query count: the rarest.
const TERMS_LIMIT: usize = 16;

/// How many longer words a prefix stands for.
const PREFIX_LIMIT: usize = 32;

/// Weight of a stop word, relative to another word that is as rare.
const STOP_WORD_WEIGHT: f64 = 0.2;

/// Least score of a text that has every term.
const FLOOR: f64 = 0.3;

/// The constants of BM25: saturation by repetitions, and normalization by length.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Terms by their bits.
pub(super) type TermSet = u32;

/// A word of a query, with the tokens of the index that it stands for.
pub(super) struct Term {
    pub(super) tokens: Vec<String>,
    /// Number of memories that have one of the tokens, at most.
    pub(super) frequency: i64,
    weight: f64,
}

/// Scores texts for a query.
pub(super) struct Scorer {
    pub(super) terms: Vec<Term>,
    /// The term that a stem belongs to.
    term_of: HashMap<String, usize>,
    /// The bytes that stems of terms begin with.
    first_bytes: [bool; 256],
    total_weight: f64,
    /// Mean number of words of a memory.
    mean_length: f64,
    tokenizer: Tokenizer,
}

impl Scorer {
    pub(super) fn new(
        connection: &Connection,
        text: &str,
        expands_prefixes: bool,
        size: ProjectSize,
    ) -> Result<Self> {
        let terms = terms(connection, text, expands_prefixes, size)?;
        let mut term_of = HashMap::new();
        let mut first_bytes = [false; 256];
        for (at, term) in terms.iter().enumerate() {
            for stem in term.tokens.iter().filter_map(|token| token.get(1..)) {
                term_of.insert(stem.to_owned(), at);
                if let Some(byte) = stem.bytes().next() {
                    first_bytes[usize::from(byte)] = true;
                }
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let mean_length = (size.words as f64 / size.memories as f64).max(1.0);
        let total_weight = terms.iter().map(|term| term.weight).sum();
        Ok(Self { terms, term_of, first_bytes, total_weight, mean_length, tokenizer: Tokenizer::new() })
    }

    /// Coverage of a text that has these terms.
    pub(super) fn coverage(&self, set: TermSet) -> f64 {
        let terms = self.terms.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0);
        terms.map(|(_, term)| term.weight).sum::<f64>() / self.total_weight
    }

    /// Score and coverage of a text.
    pub(super) fn score(&mut self, text: &str) -> (f64, f64) {
        let Self { terms, term_of, first_bytes, tokenizer, .. } = self;
        let mut repetitions = [0_u32; TERMS_LIMIT];
        let mut length = 0_u32;
        tokenizer.each(text, |word| {
            length += 1;
            // Stemming takes longer than everything else.
            if word.whole.bytes().next().is_some_and(|byte| first_bytes[usize::from(byte)])
                && let Some(at) = term_of.get(word.stem().as_ref())
            {
                repetitions[*at] += 1;
            }
        });
        let norm = K1 * (1.0 - B + B * f64::from(length) / self.mean_length);
        let (mut missing, mut fit, mut weight) = (0.0, 0.0, 0.0);
        for (term, repetitions) in terms.iter().zip(repetitions) {
            if repetitions == 0 {
                missing += term.weight;
            } else {
                fit += term.weight * f64::from(repetitions) / (f64::from(repetitions) + norm);
                weight += term.weight;
            }
        }
        if weight <= 0.0 {
            return (0.0, 0.0);
        }
        let coverage = 1.0 - missing / self.total_weight;
        ((coverage * (FLOOR + (1.0 - FLOOR) * fit / weight)).clamp(0.0, 1.0), coverage)
    }
}

/// The terms of a query.
fn terms(
    connection: &Connection,
    text: &str,
    expands_prefixes: bool,
    size: ProjectSize,
) -> Result<Vec<Term>> {
    let mut words: Vec<(String, String, bool, bool)> = Vec::new();
    Tokenizer::new().each(text, |word| {
        let stem = format!("w{}", word.stem());
        if words.len() < 16 * TERMS_LIMIT && words.iter().all(|(known, ..)| *known != stem) {
            words.push((stem, format!("w{}", word.whole), word.is_stop_word(), word.is_prefix));
        }
    });
    let mut terms = Vec::with_capacity(words.len());
    for (stem, whole, is_stop_word, is_prefix) in words {
        let mut frequency = index::frequency(connection, size.project, &stem)?;
        let mut tokens = vec![stem];
        // One or two letters are the prefix of too many words.
        if is_prefix || (frequency == 0 && expands_prefixes && whole.chars().count() > 3) {
            for (longer, more) in index::with_prefix(connection, size.project, &whole, PREFIX_LIMIT)? {
                if !tokens.contains(&longer) {
                    tokens.push(longer);
                    frequency += more;
                }
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let (all, with) = (size.memories as f64, frequency.clamp(1, size.memories) as f64);
        let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
        let weight = if is_stop_word { STOP_WORD_WEIGHT * rarity } else { rarity };
        terms.push(Term { tokens, frequency, weight });
    }
    if terms.len() > TERMS_LIMIT {
        terms.sort_by(|one, other| other.weight.total_cmp(&one.weight));
        terms.truncate(TERMS_LIMIT);
    }
    Ok(terms)
}
