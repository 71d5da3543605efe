//! What is printed: results on stdout, messages on stderr.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
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
    /// Nothing that a dry run was answered is a result: its result is what it did not send.
    is_dry_run: bool,
}

impl Output {
    pub(crate) fn new(options: &Options) -> Self {
        Self { format: options.output, is_quiet: options.quiet, is_dry_run: options.dry_run }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether a program reads the results, to whom an answer is given as it is.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.format != Format::Table
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
        if self.is_dry_run {
            return Ok(());
        }
        if self.format == Format::Jsonl {
            for item in items {
                self.line(&json(&item?)?.to_string())?;
            }
            return Ok(());
        }
        let items = items.into_iter().map(|item| json(&item?)).collect::<Outcome<Vec<Value>>>()?;
        match self.format {
            Format::Table => self.line(&rows(&items, columns, terminal_width())),
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
            Format::Table => self.line(&lines(&value, fields, terminal_width())),
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

    /// JSON of a shape that is not known here, in every format.
    pub(crate) fn opaque(&self, value: &Value) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table | Format::Json => self.document(value),
            Format::Jsonl => self.line(&value.to_string()),
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

/// Why stdout could not be written. Who closes the pipe has read enough.
pub(crate) fn unwritable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::file("");
    }
    Failure::file(format!("the result can't be written: {error}"))
}

/// A number with what it counts: `1 memory`, `3 memories`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn json<V: Serialize>(value: &V) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Failure::new(Exit::Other, error.to_string()))
}

/// How many columns the terminal has; `None` where results go elsewhere.
fn terminal_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.max(NARROWEST))
}

/// A table with a head, which is bold where colours are wanted. An item is a line, whatever it holds: what does not
/// fit the terminal is cut off.
fn rows(items: &[Value], columns: &[Column], width: Option<u16>) -> String {
    let mut table = table(width);
    table.set_truncation_indicator("…");
    let mut head = Row::from(columns.iter().map(|(title, _)| *title));
    head.max_height(1);
    table.set_header(head);
    for item in items {
        let mut row = Row::from(columns.iter().map(|(_, pointer)| listed(pointer, item.pointer(pointer))));
        row.max_height(1);
        table.add_row(row);
    }
    // Constraints are those of columns that are there.
    table.set_constraints(columns.iter().map(|(title, _)| constraint(title)));
    let mut lines = trimmed(&table);
    if let Some(head) = lines.first_mut() {
        *head = console::style(&head).bold().to_string();
    }
    lines.join("\n")
}

/// A line a field.
fn lines(value: &Value, fields: &[Column], width: Option<u16>) -> String {
    let mut table = table(width);
    for (title, pointer) in fields {
        if let Some(found) = value.pointer(pointer).filter(|found| !found.is_null()) {
            table.add_row([(*title).to_owned(), cell(Some(found))]);
        }
    }
    trimmed(&table).join("\n")
}

/// On a terminal, cells are made to fit. Elsewhere they are as wide as what they hold.
fn table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

/// Identifiers are there to be copied: they stay whole, whatever that leaves to others.
fn constraint(title: &str) -> ColumnConstraint {
    if title.ends_with("ID") {
        ColumnConstraint::ContentWidth
    } else {
        ColumnConstraint::LowerBoundary(Width::Fixed(4))
    }
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

/// A value as it stands in a list: on one line, a moment to the minute, in UTC, and a fraction to the thousandth.
fn listed(pointer: &str, value: Option<&Value>) -> String {
    let moment = value.and_then(Value::as_str).filter(|_| pointer.ends_with("_at"));
    if let Some(moment) = moment.and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
        return moment.strftime("%Y-%m-%d %H:%M").to_string();
    }
    if let Some(number) = value.filter(|value| value.is_f64()).and_then(Value::as_f64) {
        return ((number * 1e3).round() / 1e3).to_string();
    }
    cell(value).replace(['\n', '\t'], " ")
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[Column] = &[("ID", "/id"), ("MEMORY", "/memory"), ("CREATED", "/created_at")];

    /// The lines of a list with that memory.
    fn table_of(memory: &str, width: Option<u16>) -> Vec<String> {
        let id = "2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11";
        let item = json!({ "id": id, "memory": memory, "created_at": "2026-03-01T09:30:12.123456-07:00" });
        rows(&[item], COLUMNS, width).lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_long_is_cut_to_fit_the_terminal_and_an_identifier_never() {
        for width in [80, 100, 140] {
            let lines = table_of(&"tea ".repeat(100), Some(width));
            assert_eq!(lines.len(), 2, "{lines:#?}");
            assert!(lines[1].starts_with("2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 "), "{lines:#?}");
            assert!(lines[1].contains('…') && lines[1].ends_with("2026-03-01 16:30"), "{lines:#?}");
            assert!(lines.iter().all(|line| line.chars().count() <= usize::from(width)), "{lines:#?}");
        }
    }

    #[test]
    fn what_is_long_is_whole_where_a_file_takes_it() {
        let memory = "tea ".repeat(100);
        let lines = table_of(&memory, None);
        assert!(lines[1].contains(memory.trim_end()), "{lines:#?}");
    }

    #[test]
    fn an_item_is_a_line_and_harmless() {
        for width in [None, Some(120)] {
            let lines = table_of("one\ntwo\u{1b}[2J", width);
            assert_eq!(lines.len(), 2, "{lines:#?}");
            assert!(lines[1].contains("one two\u{FFFD}[2J"), "{lines:#?}");
        }
    }
}
