//! Which memories a question finds, and how well they answer it.
//!
//! The index tells which memories have which words; the texts of the best of them are looked at for the score. The
//! score is that of BM25, brought between 0 and 1 so that it can be understood by itself:
//!
//! - a word weighs by how rare it is in its project, and little if it is one of the words that every question has;
//! - *coverage* is how much of the question's weight a memory has, 1 if it has every word;
//! - *fit* is the mean of BM25's factor for frequency and length over the words that it has, between 0 and 1;
//! - the score is `coverage × (0.3 + 0.7 × fit)`.
//!
//! Nothing of another project plays a part in this. A word that very many memories have is not followed to its end:
//! it counts for the memories that the question's other words find, and where these are too few, for the latest ones
//! that have it.

use std::collections::{HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, Result, params_from_iter};

use crate::search::scope::Scope;
use crate::store::condition::{Condition, in_place};
use crate::store::index::{self, ProjectSize};
use crate::store::keys::Place;
use crate::store::tokenizer::Tokenizer;

/// How many memories the words of one question may have together and be followed to their end.
const FOLLOWED: i64 = 8_000;

/// How many memories at least are looked at, if that many were found.
const LOOKED_AT: usize = 256;

/// How many words of a question count: the rarest.
const WORDS_LIMIT: usize = 16;

/// Of how many words that are not followed to their end every combination is tried.
const COMBINED: usize = 4;

/// How many longer words the beginning of one stands for.
const BEGINNING_LIMIT: usize = 32;

/// What a common word weighs, compared to another that is as rare.
const COMMON_WEIGHT: f64 = 0.2;

/// What having every word is worth at least.
const FLOOR: f64 = 0.3;

/// The constants of BM25: how soon repetitions stop to count, and how much a long text is held against it.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// What is searched for.
pub(crate) struct Question<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) query: &'a str,
    /// What else a memory has to fulfil.
    pub(crate) condition: &'a Condition,
    /// Whose it can be at most, by that condition.
    pub(crate) scope: &'a Scope,
    /// The least score. With 0, what has none of the words is found too, last.
    pub(crate) threshold: f64,
    /// How many are wanted.
    pub(crate) limit: usize,
    /// Whether a word that is nowhere stands for longer ones that begin with it.
    pub(crate) completes: bool,
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) number: i64,
    /// Between 0 and 1.
    pub(crate) score: f64,
    created_at: i64,
    memory_id: String,
}

/// One word of a question, with the words of the index that it stands for.
struct Term {
    words: Vec<String>,
    /// How many memories have it, at most.
    frequency: i64,
    weight: f64,
}

/// The memories that answer a question, the best first; those that answer equally well, the latest first.
pub(crate) fn find(connection: &Connection, question: &Question<'_>) -> Result<Vec<Found>> {
    let mut found = match index::project_size(connection, question.place)? {
        Some(numbers) if numbers.memories > 0 => with_words(connection, question, numbers)?,
        _ => Vec::new(),
    };
    found.retain(|found| found.score >= question.threshold);
    found.sort_by(|one, other| {
        let by_time = || (other.created_at, &one.memory_id).cmp(&(one.created_at, &other.memory_id));
        other.score.total_cmp(&one.score).then_with(by_time)
    });
    found.truncate(question.limit);
    if question.threshold <= 0.0 && found.len() < question.limit {
        without_words(connection, question, &mut found)?;
    }
    Ok(found)
}

/// Adds the latest memories that were not found by a word.
fn without_words(connection: &Connection, question: &Question<'_>, found: &mut Vec<Found>) -> Result<()> {
    let condition = in_place(question.place).and(question.condition.clone());
    let known: HashSet<i64> = found.iter().map(|found| found.number).collect();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT memories.number, memories.created_at, memories.memory_id FROM memories WHERE {} \
         ORDER BY memories.created_at DESC, memories.memory_id",
        condition.sql
    ))?;
    let mut rows = statement.query(params_from_iter(condition.parameters))?;
    while found.len() < question.limit
        && let Some(row) = rows.next()?
    {
        let number = row.get(0)?;
        if !known.contains(&number) {
            found.push(Found { number, score: 0.0, created_at: row.get(1)?, memory_id: row.get(2)? });
        }
    }
    Ok(())
}

fn with_words(connection: &Connection, question: &Question<'_>, numbers: ProjectSize) -> Result<Vec<Found>> {
    let terms = terms(connection, question, numbers)?;
    let mut in_scope = numbers.memories;
    for owners in question.scope {
        let mut together = 0;
        for word in owners {
            together += index::frequency(connection, numbers.project, word)?;
        }
        in_scope = in_scope.min(together);
    }
    if terms.is_empty() || in_scope == 0 {
        return Ok(Vec::new());
    }
    let (followed, frequent) = divided(&terms, in_scope);
    let search = Looking::new(connection, question, numbers, &terms);
    search.run(&followed, &frequent)
}

/// The words of the question that count.
fn terms(connection: &Connection, question: &Question<'_>, numbers: ProjectSize) -> Result<Vec<Term>> {
    let mut asked: Vec<(String, String, bool, bool)> = Vec::new();
    Tokenizer::new().each(question.query, |word| {
        let stem = format!("w{}", word.stem());
        if asked.len() < 16 * WORDS_LIMIT && asked.iter().all(|(known, ..)| *known != stem) {
            asked.push((stem, format!("w{}", word.whole), word.is_common(), word.is_open));
        }
    });
    let mut terms = Vec::with_capacity(asked.len());
    for (stem, whole, is_common, is_open) in asked {
        let mut frequency = index::frequency(connection, numbers.project, &stem)?;
        let mut words = vec![stem];
        // A letter or two are the beginning of everything.
        if is_open || (frequency == 0 && question.completes && whole.chars().count() > 3) {
            for (longer, more) in index::with_prefix(connection, numbers.project, &whole, BEGINNING_LIMIT)? {
                if !words.contains(&longer) {
                    words.push(longer);
                    frequency += more;
                }
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let (all, with) = (numbers.memories as f64, frequency.clamp(1, numbers.memories) as f64);
        let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
        terms.push(Term {
            words,
            frequency,
            weight: if is_common { COMMON_WEIGHT * rarity } else { rarity },
        });
    }
    if terms.len() > WORDS_LIMIT {
        terms.sort_by(|one, other| other.weight.total_cmp(&one.weight));
        terms.truncate(WORDS_LIMIT);
    }
    Ok(terms)
}

/// The terms that are followed to their end, the rarest first, and the others, the rarest first.
fn divided(terms: &[Term], in_scope: i64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..terms.len()).filter(|at| terms[*at].frequency > 0).collect();
    order.sort_by_key(|at| terms[*at].frequency);
    let mut left = FOLLOWED;
    order.into_iter().partition(|at| {
        let frequency = terms[*at].frequency.min(in_scope);
        let is_followed = frequency <= left;
        left -= if is_followed { frequency } else { 0 };
        is_followed
    })
}

/// A search on its way.
struct Looking<'a> {
    connection: &'a Connection,
    question: &'a Question<'a>,
    project: i64,
    /// The mean of how many words a memory has.
    mean_length: f64,
    terms: &'a [Term],
    /// Which term a word is of.
    term_of: HashMap<&'a str, usize>,
    /// The bytes that the terms begin with.
    beginnings: [bool; 256],
    total_weight: f64,
    /// How many memories are looked at.
    looked_at: usize,
}

impl<'a> Looking<'a> {
    fn new(
        connection: &'a Connection,
        question: &'a Question<'a>,
        numbers: ProjectSize,
        terms: &'a [Term],
    ) -> Self {
        let words = |(at, term): (usize, &'a Term)| term.words.iter().map(move |word| (&word[1..], at));
        #[allow(clippy::cast_precision_loss)]
        let mean_length = (numbers.words as f64 / numbers.memories as f64).max(1.0);
        let mut beginnings = [false; 256];
        for byte in terms.iter().flat_map(|term| &term.words).filter_map(|word| word.as_bytes().get(1)) {
            beginnings[usize::from(*byte)] = true;
        }
        Self {
            connection,
            question,
            beginnings,
            project: numbers.project,
            mean_length,
            terms,
            term_of: terms.iter().enumerate().flat_map(words).collect(),
            total_weight: terms.iter().map(|term| term.weight).sum(),
            looked_at: question.limit.max(LOOKED_AT),
        }
    }

    fn run(&self, followed: &[usize], frequent: &[usize]) -> Result<Vec<Found>> {
        let mut seen = self.follow(followed)?;
        if seen.len() > self.looked_at {
            self.mark(&mut seen, followed, frequent)?;
        }
        let mut found = self.look_at(&seen)?;
        for combination in self.combinations(frequent) {
            let weight = self.weight(combination);
            let enough = found.iter().filter(|(_, coverage)| *coverage >= weight / self.total_weight).count();
            if enough >= self.question.limit {
                break;
            }
            self.latest(combination, &mut found)?;
        }
        Ok(found.into_iter().map(|(found, _)| found).collect())
    }

    /// Every memory that has one of these terms, and which.
    fn follow(&self, terms: &[usize]) -> Result<HashMap<i64, u32>> {
        let mut seen: HashMap<i64, u32> = HashMap::new();
        let mut statement =
            self.connection.prepare_cached("SELECT rowid FROM search_index WHERE search_index MATCH ?1")?;
        for at in terms {
            let mut rows = statement.query([self.expression(&[&self.terms[*at].words])])?;
            while let Some(row) = rows.next()? {
                *seen.entry(row.get(0)?).or_default() |= 1 << at;
            }
        }
        Ok(seen)
    }

    /// Marks which of the memories that were seen have the frequent terms too.
    fn mark(&self, seen: &mut HashMap<i64, u32>, followed: &[usize], frequent: &[usize]) -> Result<()> {
        let known: Vec<String> = followed.iter().flat_map(|at| self.terms[*at].words.clone()).collect();
        let mut statement =
            self.connection.prepare_cached("SELECT rowid FROM search_index WHERE search_index MATCH ?1")?;
        for at in frequent {
            let mut rows = statement.query([self.expression(&[&known, &self.terms[*at].words])])?;
            while let Some(row) = rows.next()? {
                if let Some(terms) = seen.get_mut(&row.get(0)?) {
                    *terms |= 1 << at;
                }
            }
        }
        Ok(())
    }

    /// Scores the best of what was seen, as far as the condition lets it through.
    fn look_at(&self, seen: &HashMap<i64, u32>) -> Result<Vec<(Found, f64)>> {
        let mut order: Vec<(f64, i64)> =
            seen.iter().map(|(number, terms)| (self.weight(*terms), *number)).collect();
        order.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
        let condition = self.question.condition;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT memories.memory, memories.created_at, memories.memory_id FROM memories \
             WHERE memories.number = ?1 AND memories.org_id = ?2 AND memories.project_id = ?3 AND {}",
            condition.sql
        ))?;
        self.bind(&mut statement)?;
        let mut found = Vec::new();
        let mut tokenizer = Tokenizer::new();
        for (_, number) in order {
            if found.len() >= self.looked_at {
                break;
            }
            statement.raw_bind_parameter(1, number)?;
            let mut rows = statement.raw_query();
            if let Some(row) = rows.next()? {
                let (score, coverage) = self.score(&mut tokenizer, row.get_ref(0)?.as_str()?);
                found.push((
                    Found { number, score, created_at: row.get(1)?, memory_id: row.get(2)? },
                    coverage,
                ));
            }
        }
        Ok(found)
    }

    /// Scores the latest memories that have these terms, as far as the condition lets them through.
    fn latest(&self, terms: u32, found: &mut Vec<(Found, f64)>) -> Result<()> {
        let known: HashSet<i64> = found.iter().map(|(found, _)| found.number).collect();
        let words: Vec<&[String]> = (0..self.terms.len())
            .filter(|at| terms & (1 << at) != 0)
            .map(|at| self.terms[at].words.as_slice())
            .collect();
        let condition = self.question.condition;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT memories.memory, memories.created_at, memories.memory_id, memories.number \
             FROM search_index CROSS JOIN memories ON memories.number = search_index.rowid \
             WHERE search_index MATCH ?1 AND memories.org_id = ?2 AND memories.project_id = ?3 AND {} \
             ORDER BY search_index.rowid DESC",
            condition.sql
        ))?;
        self.bind(&mut statement)?;
        statement.raw_bind_parameter(1, self.expression(&words))?;
        let mut rows = statement.raw_query();
        let (mut tokenizer, mut left) = (Tokenizer::new(), self.looked_at);
        while left > 0
            && let Some(row) = rows.next()?
        {
            left -= 1;
            let number = row.get(3)?;
            if !known.contains(&number) {
                let (score, coverage) = self.score(&mut tokenizer, row.get_ref(0)?.as_str()?);
                found.push((
                    Found { number, score, created_at: row.get(1)?, memory_id: row.get(2)? },
                    coverage,
                ));
            }
        }
        Ok(())
    }

    /// Whether a term begins with the letter that this word begins with.
    fn begins(&self, word: &str) -> bool {
        word.bytes().next().is_some_and(|byte| self.beginnings[usize::from(byte)])
    }

    /// Binds everything but the first parameter.
    fn bind(&self, statement: &mut CachedStatement<'_>) -> Result<()> {
        statement.raw_bind_parameter(2, self.question.place.org_id)?;
        statement.raw_bind_parameter(3, self.question.place.project_id)?;
        for (at, parameter) in (4..).zip(&self.question.condition.parameters) {
            statement.raw_bind_parameter(at, parameter)?;
        }
        Ok(())
    }

    /// The combinations of frequent terms, those that weigh most first.
    fn combinations(&self, frequent: &[usize]) -> Vec<u32> {
        let combined = &frequent[..frequent.len().min(COMBINED)];
        let terms = |chosen: u32| {
            let chosen = combined.iter().enumerate().filter(move |(at, _)| chosen & (1 << at) != 0);
            chosen.fold(0, |terms, (_, at)| terms | 1 << at)
        };
        let mut combinations: Vec<u32> = (1..1 << combined.len()).map(terms).collect();
        // Terms that are left out of the combinations are tried by themselves.
        combinations.extend(frequent[combined.len()..].iter().map(|at| 1 << at));
        combinations.sort_by(|one, other| self.weight(*other).total_cmp(&self.weight(*one)));
        combinations
    }

    fn weight(&self, terms: u32) -> f64 {
        let weights = self.terms.iter().enumerate();
        weights.filter(|(at, _)| terms & (1 << at) != 0).map(|(_, term)| term.weight).sum()
    }

    /// What the index is asked: memories of the scope that have at least one word of each list.
    fn expression(&self, lists: &[&[String]]) -> String {
        let project = self.project;
        let one_of = |words: &[String]| {
            let words: Vec<String> = words.iter().map(|word| format!("\"{project}_{word}\"")).collect();
            format!("({})", words.join(" OR "))
        };
        let scope = self.question.scope.iter().map(Vec::as_slice);
        let lists: Vec<String> = scope.chain(lists.iter().copied()).map(one_of).collect();
        lists.join(" AND ")
    }

    /// The score of a text, and its coverage of the question.
    fn score(&self, tokenizer: &mut Tokenizer, text: &str) -> (f64, f64) {
        let mut repetitions = [0_u32; 16 * WORDS_LIMIT];
        let mut length = 0_u32;
        tokenizer.each(text, |word| {
            length += 1;
            // To find the stem of a word costs more than all the rest.
            if self.begins(word.whole)
                && let Some(at) = self.term_of.get(word.stem().as_ref())
            {
                repetitions[*at] += 1;
            }
        });
        let norm = K1 * (1.0 - B + B * f64::from(length) / self.mean_length);
        let (mut missing, mut fit, mut weight) = (0.0, 0.0, 0.0);
        for (term, repetitions) in self.terms.iter().zip(repetitions) {
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
