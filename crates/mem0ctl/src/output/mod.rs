//! Output: results on stdout, messages on stderr.

pub(crate) mod atomic_file;
pub(crate) mod escape;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod spinner;
pub(crate) mod table;

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use crate::failure::{Exit, Failure, Outcome};
use crate::options::{Format, Options};
use crate::output::escape::{escape_json, escape_line};

/// Title and JSON pointer of a table column or a record field.
pub(crate) type Column = (&'static str, &'static str);

/// Writer of results and messages.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    format: Format,
    is_quiet: bool,
    /// Suppresses results: responses in a dry run are placeholders.
    is_dry_run: bool,
}

impl Output {
    pub(crate) fn new(options: &Options) -> Self {
        Self { format: options.output, is_quiet: options.quiet, is_dry_run: options.dry_run }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether the format is JSON or JSON lines.
    pub(crate) fn is_machine_readable(&self) -> bool {
        self.format != Format::Table
    }

    /// Prints a complete list. `empty` returns the message for an empty table.
    pub(crate) fn list<V: Serialize>(
        &self,
        items: &[V],
        columns: &[Column],
        empty: impl FnOnce() -> String,
    ) -> Outcome {
        self.stream(items.iter().map(Ok), columns, empty)
    }

    /// Prints a list; with `jsonl`, each item as it arrives. An error ends the list after the items before it. `empty`
    /// returns the message for an empty table.
    pub(crate) fn stream<V: Serialize>(
        &self,
        items: impl IntoIterator<Item = Outcome<V>>,
        columns: &[Column],
        empty: impl FnOnce() -> String,
    ) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        if self.format == Format::Jsonl {
            for item in items {
                self.json_line(&json(&item?)?)?;
            }
            return Ok(());
        }
        let items = items.into_iter().map(|item| json(&item?)).collect::<Outcome<Vec<Value>>>()?;
        match self.format {
            Format::Table if items.is_empty() => {
                if !self.is_quiet {
                    self.message(&empty());
                }
                Ok(())
            }
            Format::Table => self.line(&table::rows(&items, columns, table::terminal_width())),
            Format::Json | Format::Jsonl => self.document(&Value::Array(items)),
        }
    }

    /// Prints one record. A table has one line per field, without missing fields.
    pub(crate) fn record<V: Serialize>(&self, value: &V, fields: &[Column]) -> Outcome {
        let value = json(value)?;
        let is_set = |pointer: &str| value.pointer(pointer).is_some_and(|value| !value.is_null());
        let fields: Vec<Column> = fields.iter().copied().filter(|(_, pointer)| is_set(pointer)).collect();
        self.selected_fields(&value, &fields)
    }

    /// Prints selected fields of a record. In a table, a missing field is shown as `–`.
    pub(crate) fn selected_fields(&self, value: &Value, fields: &[Column]) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table => self.line(&table::lines(value, fields, table::terminal_width())),
            Format::Json => self.document(value),
            Format::Jsonl => self.json_line(value),
        }
    }

    /// Reports a successful change: a message on stderr, or the response on stdout with JSON formats.
    pub(crate) fn success<V: Serialize>(&self, response: &V, message: &str) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table => {
                self.message(message);
                Ok(())
            }
            Format::Json => self.document(&json(response)?),
            Format::Jsonl => self.json_line(&json(response)?),
        }
    }

    /// Prints the partial result of a failed operation, with JSON formats only.
    pub(crate) fn partial_result(&self, value: &Value) -> Outcome {
        if self.is_machine_readable() { self.success(value, "") } else { Ok(()) }
    }

    /// Reports a dry run that has no requests to list.
    pub(crate) fn dry_run_note(&self, message: &str) -> Outcome {
        let note = serde_json::json!({ "requests": [], "message": message });
        match self.format {
            Format::Table => {
                self.message(message);
                Ok(())
            }
            Format::Json => self.document(&note),
            Format::Jsonl => self.json_line(&note),
        }
    }

    /// Prints the requests that a dry run did not send.
    pub(crate) fn requests(&self, requests: &[Value]) -> Outcome {
        match self.format {
            Format::Json => return self.document(&serde_json::json!({ "requests": requests })),
            Format::Jsonl => {
                return requests.iter().try_for_each(|request| self.json_line(request));
            }
            Format::Table => {}
        }
        for request in requests {
            let text = |name: &str| request[name].as_str().unwrap_or_default();
            let query = if text("query").is_empty() { String::new() } else { format!("?{}", text("query")) };
            self.line(&escape_line(&format!("{} {}{query}", text("method"), text("path"))))?;
            if !request["body"].is_null() {
                self.line(&format!("  {}", escape_json(&request["body"].to_string())))?;
            }
        }
        let note = if requests.is_empty() { "No changes." } else { "Dry run: no request was sent." };
        self.message(note);
        Ok(())
    }

    /// Prints a message on stderr in one line, with control characters escaped.
    pub(crate) fn message(&self, message: &str) {
        if !self.is_quiet {
            let _ = writeln!(io::stderr(), "{}", escape_line(message));
        }
    }

    /// Prints JSON of unknown shape, in every format.
    pub(crate) fn json_value(&self, value: &Value) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table | Format::Json => self.document(value),
            Format::Jsonl => self.json_line(value),
        }
    }

    /// Prints a JSON document in one line.
    pub(crate) fn json_line(&self, value: &Value) -> Outcome {
        self.line(&escape_json(&value.to_string()))
    }

    /// Prints a JSON document, pretty-printed on a terminal.
    pub(crate) fn document(&self, value: &Value) -> Outcome {
        let text = if io::stdout().is_terminal() {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&escape_json(&text.map_err(|error| Failure::new(Exit::Other, error.to_string()))?))
    }

    /// Prints a line as it is.
    #[allow(clippy::unused_self)]
    pub(crate) fn line(&self, line: &str) -> Outcome {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| write_failure(&error))
    }
}

/// Writes bytes to stdout.
pub(crate) fn write_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Failure for an error on stdout. A closed pipe is not an error.
pub(crate) fn write_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(Exit::OutputClosed, "");
    }
    Failure::file(format!("cannot write the result: {error}"))
}

/// Formats a count with its noun: `1 memory`, `3 memories`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn json<V: Serialize>(value: &V) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Failure::new(Exit::Other, error.to_string()))
}
