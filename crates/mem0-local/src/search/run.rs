//! Selection and scoring of the candidates of a search.
//!
//! The index returns the memories with a term. Rare terms are expanded: all memories with them become candidates.
//! Common terms are not, as that takes too long: they only raise the scores of candidates. If the rare terms yield
//! too few candidates, the latest memories with the common terms are scored too.

use std::collections::{HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, Result, Row};

use crate::search::query::{Hit, SearchQuery};
use crate::search::score::{Scorer, TermSet};
use crate::store::index::{self, ProjectSize};
use crate::store::memories::{self, COLUMNS};

/// Maximum total number of memories of the expanded terms.
const EXPANDED_MEMORIES: i64 = 8_000;

/// Minimum number of scored candidates, if there are as many.
const MIN_SCORED: usize = 256;

/// Maximum number of common terms whose combinations are tried.
const COMBINED_TERMS: usize = 4;

const MATCHING: &str = "SELECT rowid FROM search_index WHERE search_index MATCH ?1";

/// A search in progress.
pub(super) struct SearchRun<'a> {
    connection: &'a Connection,
    query: &'a SearchQuery<'a>,
    project: i64,
    scorer: Scorer,
    /// Number of candidates to score.
    scored_limit: usize,
    hits: Vec<Hit>,
    /// Coverage of each hit: the share of the query's weight that its terms have.
    coverages: Vec<f64>,
    /// Upper bound of the number of memories in the scope.
    in_scope: i64,
}

impl<'a> SearchRun<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        query: &'a SearchQuery<'a>,
        size: ProjectSize,
    ) -> Result<Self> {
        let mut in_scope = size.memories;
        for owners in &query.scope {
            let mut total = 0;
            for token in owners {
                total += index::frequency(connection, size.project, token)?;
            }
            in_scope = in_scope.min(total);
        }
        Ok(Self {
            connection,
            query,
            project: size.project,
            scorer: Scorer::new(connection, &query.text, !query.is_literal, size)?,
            scored_limit: query.limit().max(MIN_SCORED),
            hits: Vec::new(),
            coverages: Vec::new(),
            in_scope,
        })
    }

    /// Scored memories in no particular order.
    pub(super) fn hits(mut self) -> Result<Vec<Hit>> {
        // An empty list of owners would make the expression invalid.
        if self.in_scope == 0 {
            return Ok(self.hits);
        }
        let (expanded_terms, common_terms) = self.divide_terms();
        let mut candidates = self.expand(&expanded_terms)?;
        if candidates.len() > self.scored_limit {
            self.mark(&mut candidates, &expanded_terms, &common_terms)?;
        }
        self.score_candidates(&candidates)?;
        for terms in self.combinations(&common_terms) {
            let coverage = self.scorer.coverage(terms);
            if self.coverages.iter().filter(|known| **known >= coverage).count() >= self.query.limit() {
                break;
            }
            self.score_latest(terms)?;
        }
        Ok(self.hits)
    }

    /// Expanded terms and common terms, each rarest first.
    fn divide_terms(&self) -> (Vec<usize>, Vec<usize>) {
        let terms = &self.scorer.terms;
        let mut order: Vec<usize> = (0..terms.len()).filter(|at| terms[*at].frequency > 0).collect();
        order.sort_by_key(|at| terms[*at].frequency);
        let mut remaining = EXPANDED_MEMORIES;
        order.into_iter().partition(|at| {
            let frequency = terms[*at].frequency.min(self.in_scope);
            let is_expanded = frequency <= remaining;
            remaining -= if is_expanded { frequency } else { 0 };
            is_expanded
        })
    }

    /// Memories with any of these terms, and the terms of each.
    fn expand(&self, terms: &[usize]) -> Result<HashMap<i64, TermSet>> {
        let mut candidates: HashMap<i64, TermSet> = HashMap::new();
        let mut statement = self.connection.prepare_cached(MATCHING)?;
        for at in terms {
            let mut rows = statement.query([self.expression(&[&self.scorer.terms[*at].tokens])])?;
            while let Some(row) = rows.next()? {
                *candidates.entry(row.get(0)?).or_default() |= 1 << at;
            }
        }
        Ok(candidates)
    }

    /// Adds the common terms to the candidates that have them.
    fn mark(
        &self,
        candidates: &mut HashMap<i64, TermSet>,
        expanded_terms: &[usize],
        common_terms: &[usize],
    ) -> Result<()> {
        let terms = &self.scorer.terms;
        let expanded: Vec<String> = expanded_terms.iter().flat_map(|at| terms[*at].tokens.clone()).collect();
        let mut statement = self.connection.prepare_cached(MATCHING)?;
        for at in common_terms {
            let mut rows = statement.query([self.expression(&[&expanded, &terms[*at].tokens])])?;
            while let Some(row) = rows.next()? {
                if let Some(found) = candidates.get_mut(&row.get(0)?) {
                    *found |= 1 << at;
                }
            }
        }
        Ok(())
    }

    /// Scores the candidates that meet the condition, highest coverage first.
    fn score_candidates(&mut self, candidates: &HashMap<i64, TermSet>) -> Result<()> {
        let mut order: Vec<(f64, i64)> =
            candidates.iter().map(|(number, terms)| (self.scorer.coverage(*terms), *number)).collect();
        order.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memories \
             WHERE memories.number = ?1 AND memories.org_id = ?2 AND memories.project_id = ?3 AND {}",
            self.query.condition.sql
        ))?;
        self.bind(&mut statement)?;
        for (_, number) in order {
            if self.hits.len() >= self.scored_limit {
                break;
            }
            statement.raw_bind_parameter(1, number)?;
            if let Some(row) = statement.raw_query().next()? {
                self.score(row)?;
            }
        }
        Ok(())
    }

    /// Scores the latest memories that have these terms and meet the condition.
    fn score_latest(&mut self, set: TermSet) -> Result<()> {
        let known: HashSet<i64> = self.hits.iter().map(|hit| hit.memory.number).collect();
        let terms = self.scorer.terms.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0);
        let expression = self.expression(&terms.map(|(_, term)| term.tokens.as_slice()).collect::<Vec<_>>());
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM search_index CROSS JOIN memories ON memories.number = search_index.rowid \
             WHERE search_index MATCH ?1 AND memories.org_id = ?2 AND memories.project_id = ?3 AND {} \
             ORDER BY search_index.rowid DESC",
            self.query.condition.sql
        ))?;
        self.bind(&mut statement)?;
        statement.raw_bind_parameter(1, expression)?;
        let mut rows = statement.raw_query();
        let mut remaining = self.scored_limit;
        while remaining > 0
            && let Some(row) = rows.next()?
        {
            remaining -= 1;
            if !known.contains(&row.get(0)?) {
                self.score(row)?;
            }
        }
        Ok(())
    }

    fn score(&mut self, row: &Row<'_>) -> Result<()> {
        let memory = memories::read(row)?;
        let (score, coverage) = self.scorer.score(&memory.memory);
        self.hits.push(Hit { memory, score });
        self.coverages.push(coverage);
        Ok(())
    }

    /// Binds all parameters but the first.
    fn bind(&self, statement: &mut CachedStatement<'_>) -> Result<()> {
        statement.raw_bind_parameter(2, self.query.project.org_id)?;
        statement.raw_bind_parameter(3, self.query.project.project_id)?;
        for (at, parameter) in (4..).zip(&self.query.condition.parameters) {
            statement.raw_bind_parameter(at, parameter)?;
        }
        Ok(())
    }

    /// Combinations of common terms, highest weight first.
    fn combinations(&self, common_terms: &[usize]) -> Vec<TermSet> {
        let (combined, single) = common_terms.split_at(common_terms.len().min(COMBINED_TERMS));
        let set = |selected: u32| {
            let selected = combined.iter().enumerate().filter(move |(at, _)| selected & (1 << at) != 0);
            selected.fold(0, |set, (_, term)| set | 1 << term)
        };
        let mut sets: Vec<TermSet> = (1..1 << combined.len()).map(set).collect();
        sets.extend(single.iter().map(|term| 1 << term));
        sets.sort_by(|one, other| self.scorer.coverage(*other).total_cmp(&self.scorer.coverage(*one)));
        sets
    }

    /// FTS5 expression for the memories in the scope that have at least one token of each list.
    fn expression(&self, lists: &[&[String]]) -> String {
        let project = self.project;
        let one_of = |tokens: &[String]| {
            let tokens: Vec<String> = tokens.iter().map(|token| format!("\"{project}_{token}\"")).collect();
            format!("({})", tokens.join(" OR "))
        };
        let scope = self.query.scope.iter().map(Vec::as_slice);
        let lists: Vec<String> = scope.chain(lists.iter().copied()).map(one_of).collect();
        lists.join(" AND ")
    }
}
