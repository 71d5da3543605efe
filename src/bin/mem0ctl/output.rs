//! What is printed: results on stdout, messages on stderr.

use std::fmt::Write as _;
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

/// How wide a moment is: `2026-11-24T18:42:42Z`.
const A_MOMENT: u16 = 20;

/// No column of texts becomes narrower than this, or than what is in it.
const LEAST: u16 = 10;

/// The blanks around a cell, which count as its width.
const PADDING: u16 = 2;

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
    /// came before. A table of nothing is a message.
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
                self.line(&escaped(&json(&item?)?.to_string()))?;
            }
            return Ok(());
        }
        let items = items.into_iter().map(|item| json(&item?)).collect::<Outcome<Vec<Value>>>()?;
        match self.format {
            Format::Table if items.is_empty() => {
                self.message("There are none.");
                Ok(())
            }
            Format::Table => self.line(&rows(&items, columns)),
            Format::Json | Format::Jsonl => self.document(&Value::Array(items)),
        }
    }

    /// One thing. As a table, a line a field; fields that are not there are left out.
    pub(crate) fn record<V: Serialize>(&self, value: &V, fields: &[Column]) -> Outcome {
        let value = json(value)?;
        let found = |pointer: &str| value.pointer(pointer).is_some_and(|found| !found.is_null());
        let fields: Vec<Column> = fields.iter().copied().filter(|(_, pointer)| found(pointer)).collect();
        self.chosen(&value, &fields)
    }

    /// One thing of which fields were chosen: as a table, those that are not there are shown to be so.
    pub(crate) fn chosen(&self, value: &Value, fields: &[Column]) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table => self.line(&lines(value, fields)),
            Format::Json => self.document(value),
            Format::Jsonl => self.line(&escaped(&value.to_string())),
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
            Format::Jsonl => self.line(&escaped(&json(answer)?.to_string())),
        }
    }

    /// The requests that a dry run has not sent.
    pub(crate) fn requests(&self, requests: &[Value]) -> Outcome {
        match self.format {
            Format::Json => return self.document(&serde_json::json!({ "requests": requests })),
            Format::Jsonl => {
                return requests.iter().try_for_each(|request| self.line(&escaped(&request.to_string())));
            }
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
        let sent = if requests.is_empty() { "Nothing would be changed." } else { "Nothing was sent." };
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
        self.line(&escaped(&text.map_err(|error| Failure::new(Exit::Other, error.to_string()))?))
    }

    /// A line as it stands.
    #[allow(clippy::unused_self)]
    pub(crate) fn line(&self, line: &str) -> Outcome {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| unwritable(&error))
    }
}

/// Why stdout could not be written. Who closes the pipe has read enough, which is no error.
pub(crate) fn unwritable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(Exit::Enough, "");
    }
    Failure::file(format!("the result can't be written: {error}"))
}

fn json<V: Serialize>(value: &V) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Failure::new(Exit::Other, error.to_string()))
}

/// A table with a head, which is bold where colours are wanted. On a terminal, cells are broken to fit; identifiers
/// never are.
fn rows(items: &[Value], columns: &[Column]) -> String {
    let rows: Vec<Vec<String>> = items.iter().map(|item| row(item, columns)).collect();
    let mut table = table();
    table.set_header(columns.iter().map(|(title, _)| *title));
    // For columns that are there, and they are: it does nothing before.
    table.set_constraints(columns.iter().enumerate().map(|(index, (title, pointer))| {
        if title.ends_with("ID") {
            return ColumnConstraint::ContentWidth;
        }
        let least = if is_moment(pointer) { A_MOMENT } else { LEAST };
        let widest = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
        let needed = u16::try_from(widest.unwrap_or_default().max(title.len())).unwrap_or(least).min(least);
        ColumnConstraint::LowerBoundary(Width::Fixed(needed + PADDING))
    }));
    for row in rows {
        table.add_row(row);
    }
    let mut lines = trimmed(&table);
    if let Some(head) = lines.first_mut() {
        *head = console::style(&head).bold().to_string();
    }
    lines.join("\n")
}

/// The cells of a row, which is a line, whatever the texts in it.
fn row(item: &Value, columns: &[Column]) -> Vec<String> {
    let cells = columns.iter().map(|(_, pointer)| match item.pointer(pointer) {
        Some(Value::String(text)) if is_moment(pointer) => to_the_second(text),
        value => on_one_line(&cell(value)),
    });
    cells.collect()
}

fn is_moment(pointer: &str) -> bool {
    pointer.ends_with("_at")
}

/// A moment without fractions of a second, which nobody reads in a list.
fn to_the_second(text: &str) -> String {
    let moment = text.parse::<jiff::Timestamp>().ok();
    let second = moment.and_then(|moment| jiff::Timestamp::from_second(moment.as_second()).ok());
    second.map_or_else(|| on_one_line(&harmless(text)), |second| second.to_string())
}

/// A line a field.
fn lines(value: &Value, fields: &[Column]) -> String {
    let mut table = table();
    for (title, pointer) in fields {
        table.add_row([(*title).to_owned(), cell(value.pointer(pointer))]);
    }
    trimmed(&table).join("\n")
}

/// As wide as the terminal at most; elsewhere as wide as what is in it.
fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match console::Term::stdout().size_checked() {
        Some((_, columns)) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns.max(NARROWEST));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
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
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            harmless(&texts.join(", "))
        }
        Some(Value::Array(items)) => items.iter().map(item).collect::<Vec<_>>().join("\n"),
        Some(value) => item(value),
    }
}

/// A value that is no list. An object of one text is a name and what it stands for, as the categories of a project.
fn item(value: &Value) -> String {
    let pair = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match (value, pair) {
        (Value::String(text), _) => harmless(text),
        (_, Some((name, Value::String(text)))) => harmless(&format!("{name}: {text}")),
        _ => harmless(&value.to_string()),
    }
}

fn on_one_line(text: &str) -> String {
    if !text.contains(['\n', '\t', '\u{2028}', '\u{2029}']) {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without what could move the cursor or colour the terminal: other people wrote this text.
pub(crate) fn harmless(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|character| if is_harmful(character) { '\u{FFFD}' } else { character })
        .collect()
}

/// The same JSON without such characters. `serde_json` leaves those above ASCII as they are, and some terminals take
/// U+009B for the beginning of a command.
pub(crate) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmful(character) {
            // None of them is beyond the 16 bits of one escape.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn is_harmful(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        character => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_shows_every_kind_of_value() {
        let shown = |value: Value| cell(Some(&value));
        assert_eq!((cell(None).as_str(), shown(Value::Null).as_str()), ("–", "–"));
        assert_eq!((shown(json!(true)), shown(json!(1.5))), ("true".to_owned(), "1.5".to_owned()));
        assert_eq!(shown(json!(["a", "b"])), "a, b");
        assert_eq!(shown(json!(["a", {"b": "c"}, {"d": 1}, 2])), "a\nb: c\n{\"d\":1}\n2");
        assert_eq!(shown(json!({"a": {"b": null}})), "{\"a\":{\"b\":null}}");
        assert_eq!(shown(json!([])), "");
        assert_eq!(shown(json!("\u{1b}[1m\r\n\u{9b}\u{2066}x\ty")), "�[1m\n��x\ty");
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let value = json!({"a\u{7f}": "\u{9b}\u{202e}é\n\u{1b}", "b": ["顧"]});
        let text = escaped(&value.to_string());
        assert!(!text.contains(is_harmful), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }

    #[test]
    fn moments_lose_fractions_and_what_is_none_stays() {
        assert_eq!(to_the_second("2026-11-24T18:42:42.681888Z"), "2026-11-24T18:42:42Z");
        assert_eq!(to_the_second("2026-11-24T18:42:42+01:00"), "2026-11-24T17:42:42Z");
        assert_eq!(to_the_second("yesterday\nor so"), "yesterday or so");
    }
}
