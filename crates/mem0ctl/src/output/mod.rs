//! What is printed: results on stdout, messages on stderr.

pub(crate) mod new_file;
pub(crate) mod prompt;
pub(crate) mod table;
pub(crate) mod visible;
pub(crate) mod waiting;
pub(crate) mod watching;

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use crate::failure::{Exit, Failure, Outcome};
use crate::options::{Format, Options};
use crate::output::visible::{visible, visible_json};

/// A column of a table, or a line of a record: its title, and where in the JSON it is (a JSON pointer).
pub(crate) type Column = (&'static str, &'static str);

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
                self.json_line(&json(&item?)?)?;
            }
            return Ok(());
        }
        let items = items.into_iter().map(|item| json(&item?)).collect::<Outcome<Vec<Value>>>()?;
        match self.format {
            Format::Table if items.is_empty() => {
                self.message("There are none.");
                Ok(())
            }
            Format::Table => self.line(&table::rows(&items, columns, table::terminal_width())),
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
            Format::Table => self.line(&table::lines(value, fields, table::terminal_width())),
            Format::Json => self.document(value),
            Format::Jsonl => self.json_line(value),
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
            Format::Jsonl => self.json_line(&json(answer)?),
        }
    }

    /// What was done of something that has failed half way: for programs, beside the sentence that people are told.
    pub(crate) fn for_programs(&self, value: &Value) -> Outcome {
        if self.is_for_programs() { self.done(value, "") } else { Ok(()) }
    }

    /// What a dry run has found where no request would be sent: for people, a sentence on stderr.
    pub(crate) fn untouched(&self, sentence: &str) -> Outcome {
        let told = serde_json::json!({ "requests": [], "message": sentence });
        match self.format {
            Format::Table => {
                self.message(sentence);
                Ok(())
            }
            Format::Json => self.document(&told),
            Format::Jsonl => self.json_line(&told),
        }
    }

    /// The requests that a dry run has not sent.
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
            self.line(&visible(&format!("{} {}{query}", text("method"), text("path"))))?;
            if !request["body"].is_null() {
                self.line(&format!("  {}", visible_json(&request["body"].to_string())))?;
            }
        }
        let sent = if requests.is_empty() { "Nothing would be changed." } else { "Nothing was sent." };
        self.message(sent);
        Ok(())
    }

    /// A sentence for a person, on stderr: one line, whatever names it has in it. Nobody may be there to read it.
    pub(crate) fn message(&self, sentence: &str) {
        if !self.is_quiet {
            let _ = writeln!(io::stderr(), "{}", visible(sentence));
        }
    }

    /// JSON of a shape that is not known here, in every format.
    pub(crate) fn opaque(&self, value: &Value) -> Outcome {
        if self.is_dry_run {
            return Ok(());
        }
        match self.format {
            Format::Table | Format::Json => self.document(value),
            Format::Jsonl => self.json_line(value),
        }
    }

    /// A JSON document in a line.
    pub(crate) fn json_line(&self, value: &Value) -> Outcome {
        self.line(&visible_json(&value.to_string()))
    }

    /// A JSON document, in lines for people and in one for programs.
    pub(crate) fn document(&self, value: &Value) -> Outcome {
        let text = if io::stdout().is_terminal() {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&visible_json(&text.map_err(|error| Failure::new(Exit::Other, error.to_string()))?))
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

/// Why stdout could not be written. Who closes the pipe has read enough, which is no error.
pub(crate) fn unwritable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(Exit::Enough, "");
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
