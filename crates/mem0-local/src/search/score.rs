//! Score of a text for a query: BM25, scaled to 0 to 1 for comparison with a threshold.
//!
//! - The weight of a term is its inverse document frequency in its project, reduced for a stop word.
//! - *Coverage* is the share of the query's weight that a text has; 1 if it has every term.
//! - *Fit* is the mean of BM25's factor for frequency and length over the terms of the text, between 0 and 1.
//! - The score is `coverage × (0.3 + 0.7 × fit)`.
//!
//! The `bm25()` function of FTS5 is unsuitable: it counts the memories of all projects, and gives a word that half of
//! the memories contain no weight, so that a single memory is not found.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

use crate::store::index::{self, ProjectSize};
use crate::store::tokenizer::Tokenizer;

/// Maximum number of terms of a query. The rarest are used.
const MAX_TERMS: usize = 16;

/// Maximum number of longer words that a prefix expands to.
const MAX_PREFIX_EXPANSIONS: usize = 32;

/// Weight of a stop word relative to another word of the same frequency.
const STOP_WORD_WEIGHT: f64 = 0.2;

/// Minimum score of a text with every term.
const MIN_FULL_MATCH_SCORE: f64 = 0.3;

/// BM25 parameters: term frequency saturation and length normalization.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Set of terms, one bit each.
pub(super) type TermSet = u32;

/// Word of a query, with the index tokens that it matches.
pub(super) struct Term {
    pub(super) tokens: Vec<String>,
    /// Upper bound of the number of memories with one of the tokens.
    pub(super) frequency: i64,
    weight: f64,
}

/// Scores texts for a query.
pub(super) struct Scorer {
    pub(super) terms: Vec<Term>,
    /// Index of the term of each stem.
    term_of: HashMap<String, usize>,
    /// First bytes of the stems of the terms.
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

    /// Coverage of a text with these terms.
    pub(super) fn coverage(&self, set: TermSet) -> f64 {
        let terms = self.terms.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0);
        terms.map(|(_, term)| term.weight).sum::<f64>() / self.total_weight
    }

    /// Score and coverage of a text.
    pub(super) fn score(&mut self, text: &str) -> (f64, f64) {
        let Self { terms, term_of, first_bytes, tokenizer, .. } = self;
        let mut repetitions = [0_u32; MAX_TERMS];
        let mut length = 0_u32;
        tokenizer.each(text, |word| {
            length += 1;
            // Stemming is the most expensive step.
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
        (
            (coverage * (MIN_FULL_MATCH_SCORE + (1.0 - MIN_FULL_MATCH_SCORE) * fit / weight)).clamp(0.0, 1.0),
            coverage,
        )
    }
}

/// Terms of a query.
fn terms(
    connection: &Connection,
    text: &str,
    expands_prefixes: bool,
    size: ProjectSize,
) -> Result<Vec<Term>> {
    let mut words: Vec<(String, String, bool, bool)> = Vec::new();
    Tokenizer::new().each(text, |word| {
        let stem = format!("w{}", word.stem());
        if words.len() < 16 * MAX_TERMS && words.iter().all(|(known, ..)| *known != stem) {
            words.push((stem, format!("w{}", word.whole), word.is_stop_word(), word.is_prefix));
        }
    });
    let mut terms = Vec::with_capacity(words.len());
    for (stem, whole, is_stop_word, is_prefix) in words {
        let mut frequency = index::frequency(connection, size.project, &stem)?;
        let mut tokens = vec![stem];
        // One or two letters are a prefix of too many words.
        if is_prefix || (frequency == 0 && expands_prefixes && whole.chars().count() > 3) {
            for (longer, more) in index::with_prefix(connection, size.project, &whole, MAX_PREFIX_EXPANSIONS)?
            {
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
    if terms.len() > MAX_TERMS {
        terms.sort_by(|one, other| other.weight.total_cmp(&one.weight));
        terms.truncate(MAX_TERMS);
    }
    Ok(terms)
}
