//! Tables of lists and records.

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use serde_json::{Number, Value};

use crate::output::Column;
use crate::output::escape::{escape_line, escape_text};

/// Minimum width of a table, whatever the terminal reports.
const MIN_TABLE_WIDTH: u16 = 40;

/// Width of a timestamp: `2026-11-24T18:42:42Z`.
const TIMESTAMP_WIDTH: u16 = 20;

/// Maximum length of a cell in characters: the sum of all widths has 16 bits.
const MAX_CELL_LEN: usize = 10_000;

/// Minimum width of a text column, unless its content is narrower.
const MIN_COLUMN_WIDTH: u16 = 10;

/// Padding of a cell, which counts as its width.
const PADDING: u16 = 2;

/// Width of the terminal; `None` if stdout is not a terminal.
pub(crate) fn terminal_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.max(MIN_TABLE_WIDTH))
}

/// Formats a list with a header and one line per item. Cells that do not fit the terminal are truncated, IDs excepted.
pub(crate) fn rows(items: &[Value], columns: &[Column], width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = items.iter().map(|item| row(item, columns)).collect();
    let mut table = table(width);
    table.set_truncation_indicator("…");
    table.set_header(single_line_row(columns.iter().map(|(title, _)| *title)));
    // Constraints apply to existing columns only, which the header has created.
    table.set_constraints(columns.iter().enumerate().map(|(index, (title, pointer))| {
        if title.ends_with("ID") {
            return ColumnConstraint::ContentWidth;
        }
        let min_width = if is_timestamp(pointer) { TIMESTAMP_WIDTH } else { MIN_COLUMN_WIDTH };
        let widest = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
        let needed =
            u16::try_from(widest.unwrap_or_default().max(title.len())).unwrap_or(min_width).min(min_width);
        ColumnConstraint::LowerBoundary(Width::Fixed(needed + PADDING))
    }));
    for row in rows {
        table.add_row(single_line_row(row));
    }
    let mut lines = trimmed(&table);
    if let Some(header) = lines.first_mut() {
        *header = console::style(&header).bold().to_string();
    }
    lines.join("\n")
}

fn single_line_row<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Row {
    let mut row = Row::from(cells);
    row.max_height(1);
    row
}

/// Cells of a row, each in one line.
fn row(item: &Value, columns: &[Column]) -> Vec<String> {
    let cells = columns.iter().map(|(_, pointer)| match item.pointer(pointer) {
        Some(Value::String(text)) if is_timestamp(pointer) => truncate_to_seconds(text),
        Some(Value::Number(number)) if number.is_f64() => round_to_thousandths(number),
        value => truncate(on_one_line(&cell(value, pointer))),
    });
    cells.collect()
}

/// Truncates a very long text.
fn truncate(text: String) -> String {
    match text.char_indices().nth(MAX_CELL_LEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn is_timestamp(pointer: &str) -> bool {
    pointer.ends_with("_at")
}

/// Formats a timestamp without fractions of a second.
fn truncate_to_seconds(text: &str) -> String {
    let time = text.parse::<jiff::Timestamp>().ok();
    let second = time.and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok());
    second.map_or_else(|| escape_line(text), |second| second.to_string())
}

fn round_to_thousandths(number: &Number) -> String {
    number.as_f64().map_or_else(|| number.to_string(), |number| ((number * 1e3).round() / 1e3).to_string())
}

/// Formats a record, one line per field.
pub(crate) fn lines(value: &Value, fields: &[Column], width: Option<u16>) -> String {
    let mut table = table(width);
    for (title, pointer) in fields {
        table.add_row([(*title).to_owned(), cell(value.pointer(pointer), pointer)]);
    }
    trimmed(&table).join("\n")
}

/// Creates a table that fits the terminal; without a width, cells are as wide as their content.
fn table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn trimmed(table: &Table) -> Vec<String> {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    // The style without borders has a space before the first column.
    let is_indented = lines.iter().all(|line| line.is_empty() || line.starts_with(' '));
    if is_indented {
        lines.into_iter().map(|line| line.get(1..).unwrap_or_default().to_owned()).collect()
    } else {
        lines
    }
}

/// Whether a field holds prose, which may have several lines.
fn is_text(pointer: &str) -> bool {
    const TEXTS: &[&str] =
        &["memory", "description", "instructions", "_prompt", "_reason", "/error", "/content"];
    TEXTS.iter().any(|text| pointer.ends_with(text))
}

/// Formats a value for a table.
fn cell(value: Option<&Value>, pointer: &str) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            escape_line(&texts.join(", "))
        }
        Some(Value::Array(items)) => items.iter().map(item).collect::<Vec<_>>().join("\n"),
        Some(Value::String(text)) if is_text(pointer) => escape_text(text),
        Some(Value::String(text)) => escape_line(text),
        Some(value) => escape_line(&value.to_string()),
    }
}

/// Formats an item of an array. An object with one text is a name and its description, as in categories.
fn item(value: &Value) -> String {
    let pair = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match (value, pair) {
        (Value::String(text), _) => escape_line(text),
        (_, Some((name, Value::String(text)))) => escape_line(&format!("{name}: {text}")),
        _ => escape_line(&value.to_string()),
    }
}

fn on_one_line(text: &str) -> String {
    if !text.contains(['\n', '\t', '\u{2028}', '\u{2029}']) {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_shows_every_kind_of_value() {
        let formatted = |value: Value| cell(Some(&value), "/name");
        assert_eq!((cell(None, "/name").as_str(), formatted(Value::Null).as_str()), ("–", "–"));
        assert_eq!((formatted(json!(true)), formatted(json!(1.5))), ("true".to_owned(), "1.5".to_owned()));
        assert_eq!(formatted(json!(["a", "b"])), "a, b");
        assert_eq!(formatted(json!(["a", {"b": "c"}, {"d": 1}, 2])), "a\nb: c\n{\"d\":1}\n2");
        assert_eq!(formatted(json!({"a": {"b": null}})), "{\"a\":{\"b\":null}}");
        assert_eq!(formatted(json!([])), "");
        let text = json!("\u{1b}[1m\r\n\u{9b}\u{2066}x\ty");
        assert_eq!(formatted(text.clone()), "\\u{1b}[1m\\r\\n\\u{9b}\\u{2066}x\\ty");
        assert_eq!(cell(Some(&text), "/memory"), "\\u{1b}[1m\n\\u{9b}\\u{2066}x\ty");
    }

    #[test]
    fn timestamps_lose_fractions_and_other_text_stays() {
        assert_eq!(truncate_to_seconds("2026-11-24T18:42:42.681888Z"), "2026-11-24T18:42:42Z");
        assert_eq!(truncate_to_seconds("2026-11-24T18:42:42+01:00"), "2026-11-24T17:42:42Z");
        assert_eq!(truncate_to_seconds("yesterday\nor so"), "yesterday\\nor so");
    }

    const COLUMNS: &[Column] = &[("ID", "/id"), ("MEMORY", "/memory"), ("CREATED", "/created_at")];

    /// Lines of a list with one memory.
    fn table_of(memory: &str, width: Option<u16>) -> Vec<String> {
        let id = "2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11";
        let item = json!({ "id": id, "memory": memory, "created_at": "2026-03-01T09:30:12.123456-07:00" });
        rows(&[item], COLUMNS, width).lines().map(str::to_owned).collect()
    }

    #[test]
    fn long_cells_are_truncated_to_the_terminal_and_ids_are_not() {
        for width in [80, 100, 140] {
            let lines = table_of(&"tea ".repeat(100), Some(width));
            assert_eq!(lines.len(), 2, "{lines:#?}");
            assert!(lines[1].starts_with("2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 "), "{lines:#?}");
            assert!(lines[1].contains('…') && lines[1].ends_with("2026-03-01T16:30:12Z"), "{lines:#?}");
            assert!(lines.iter().all(|line| line.chars().count() <= usize::from(width)), "{lines:#?}");
        }
    }

    #[test]
    fn long_cells_are_complete_without_a_terminal() {
        let memory = "tea ".repeat(100);
        let lines = table_of(&memory, None);
        assert!(lines[1].contains(memory.trim_end()), "{lines:#?}");
    }

    #[test]
    fn an_item_is_one_escaped_line() {
        for width in [None, Some(120)] {
            let lines = table_of("one\ntwo\u{1b}[2J", width);
            assert_eq!(lines.len(), 2, "{lines:#?}");
            assert!(lines[1].contains("one two\\u{1b}[2J"), "{lines:#?}");
        }
    }
}
