//! What is printed: results on stdout, messages on stderr.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::Serialize;
use serde_json::Value;

use crate::failure::{Exit, Failure, Outcome};
use crate::options::{Format, Options};

/// A column of a table, or a line of a record: its title, and where in the JSON it is (a JSON pointer).
pub(crate) type Column = (&'static str, &'static str);

/// A table is made no narrower than this, whatever a terminal says of itself.
const NARROWEST: u16 = 40;

/// Where results and messages go.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    format: Format,
    is_quiet: bool,
    /// Nothing that a dry run was answered is a result.
    is_dry_run: bool,
}

impl Output {
    pub(crate) fn new(options: &Options) -> Self {
        Self { format: options.output, is_quiet: options.quiet, is_dry_run: options.dry_run }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// A list that is there as a whole.
    pub(crate) fn list<V: Serialize>(&self, items: &[V], columns: &[Column]) -> Outcome {
        self.stream(items.iter().map(Ok), columns)
    }

    /// A list that comes bit by bit. As `jsonl`, each item is printed when it is there; an error ends it after what
    /// came before.
    pub(crate) fn stream<V: Serialize>(
        &self,
        items: impl IntoIterator<Item = Outcome<V>>,
        columns: &[Column],
    ) -> Outcome {
        if self.format == Format::Jsonl {
            for item in items {
                self.line(&json(&item?)?.to_string())?;
            }
            return Ok(());
        }
        let items = items.into_iter().map(|item| json(&item?)).collect::<Outcome<Vec<Value>>>()?;
        match self.format {
            Format::Table => self.line(&rows(&items, columns)),
            Format::Json | Format::Jsonl => self.document(&Value::Array(items)),
        }
    }

    /// One thing. As a table, a line a field; fields that are not there are left out.
    pub(crate) fn record<V: Serialize>(&self, value: &V, fields: &[Column]) -> Outcome {
        let value = json(value)?;
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table => self.line(&lines(&value, fields)),
            Format::Json => self.document(&value),
            Format::Jsonl => self.line(&value.to_string()),
        }
    }

    /// What a change was answered. For people, a sentence on stderr; for programs, the answer on stdout.
    pub(crate) fn done<V: Serialize>(&self, answer: &V, sentence: &str) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table => {
                self.message(sentence);
                Ok(())
            }
            Format::Json => self.document(&json(answer)?),
            Format::Jsonl => self.line(&json(answer)?.to_string()),
        }
    }

    /// The requests that a dry run has not sent.
    pub(crate) fn requests(&self, requests: &[Value]) -> Outcome {
        match self.format {
            Format::Json => return self.document(&serde_json::json!({ "requests": requests })),
            Format::Jsonl => return requests.iter().try_for_each(|request| self.line(&request.to_string())),
            Format::Table => {}
        }
        for request in requests {
            let text = |name: &str| request[name].as_str().unwrap_or_default();
            let query = if text("query").is_empty() { String::new() } else { format!("?{}", text("query")) };
            self.line(&harmless(&format!("{} {}{query}", text("method"), text("path"))))?;
            if !request["body"].is_null() {
                self.line(&format!("  {}", harmless(&request["body"].to_string())))?;
            }
        }
        let sent = if requests.is_empty() { "Nothing would be sent." } else { "Nothing was sent." };
        self.message(sent);
        Ok(())
    }

    /// A sentence for a person, on stderr. Nobody may be there to read it.
    pub(crate) fn message(&self, sentence: &str) {
        if !self.is_quiet {
            let _ = writeln!(io::stderr(), "{}", harmless(sentence));
        }
    }

    /// A JSON document, in lines for people and in one for programs.
    pub(crate) fn document(&self, value: &Value) -> Outcome {
        let text = if io::stdout().is_terminal() {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&text.map_err(|error| Failure::new(Exit::Other, error.to_string()))?)
    }

    /// A line as it stands.
    #[allow(clippy::unused_self)]
    pub(crate) fn line(&self, line: &str) -> Outcome {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| unwritable(&error))
    }
}

/// Bytes as they stand, to stdout.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Why stdout could not be written. Who closes the pipe has read enough.
pub(crate) fn unwritable(error: &io::Error) -> Failure {
    Failure::file(format!("the result can't be written: {error}"))
}

fn json<V: Serialize>(value: &V) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Failure::new(Exit::Other, error.to_string()))
}

/// A table with a head, which is bold where colours are wanted.
fn rows(items: &[Value], columns: &[Column]) -> String {
    let mut table = table(columns.iter().map(|(title, _)| *title));
    table.set_header(columns.iter().map(|(title, _)| *title));
    for item in items {
        table.add_row(columns.iter().map(|(_, pointer)| cell(item.pointer(pointer))));
    }
    let mut lines = trimmed(&table);
    if let Some(head) = lines.first_mut() {
        *head = console::style(&head).bold().to_string();
    }
    lines.join("\n")
}

/// A line a field.
fn lines(value: &Value, fields: &[Column]) -> String {
    let mut table = table(std::iter::empty());
    for (title, pointer) in fields {
        if let Some(found) = value.pointer(pointer).filter(|found| !found.is_null()) {
            table.add_row([(*title).to_owned(), cell(Some(found))]);
        }
    }
    trimmed(&table).join("\n")
}

/// On a terminal, cells are broken to fit; identifiers never are. Elsewhere a row is a line.
fn table(titles: impl Iterator<Item = &'static str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let width = console::Term::stdout().size_checked().map(|(_, columns)| columns.max(NARROWEST));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        table.set_constraints(titles.map(|title| {
            if title.ends_with("ID") {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(4))
            }
        }));
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

fn trimmed(table: &Table) -> Vec<String> {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    // The style without lines still has a space before the first column.
    let indented = lines.iter().all(|line| line.is_empty() || line.starts_with(' '));
    if indented {
        lines.into_iter().map(|line| line.get(1..).unwrap_or_default().to_owned()).collect()
    } else {
        lines
    }
}

/// A value as it stands in a table.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => harmless(text),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            harmless(&texts.join(", "))
        }
        Some(other) => harmless(&other.to_string()),
    }
}

/// Without what could move the cursor or colour the terminal: other people wrote this text.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
            character if character.is_control() => '\u{FFFD}',
            character => character,
        })
        .collect()
}
