//! Tables: of a list, and of one thing.

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use serde_json::{Number, Value};

use crate::output::Column;
use crate::output::visible::{visible, visible_text};

/// A table is made no narrower than this, whatever a terminal says of itself.
const NARROWEST: u16 = 40;

/// How wide a moment is: `2026-11-24T18:42:42Z`.
const A_MOMENT: u16 = 20;

/// No cell of a list is longer, in characters: the widths of all of them together have 16 bits.
const LONGEST: usize = 10_000;

/// No column of texts becomes narrower than this, or than what is in it.
const LEAST: u16 = 10;

/// The blanks around a cell, which count as its width.
const PADDING: u16 = 2;

/// How many columns the terminal has; `None` where results go elsewhere.
pub(crate) fn terminal_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.max(NARROWEST))
}

/// A table with a head, which is bold where colours are wanted. An item is a line, whatever it holds: what does not
/// fit the terminal is cut off, identifiers excepted.
pub(crate) fn rows(items: &[Value], columns: &[Column], width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = items.iter().map(|item| row(item, columns)).collect();
    let mut table = table(width);
    table.set_truncation_indicator("…");
    table.set_header(one_line_high(columns.iter().map(|(title, _)| *title)));
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
        table.add_row(one_line_high(row));
    }
    let mut lines = trimmed(&table);
    if let Some(head) = lines.first_mut() {
        *head = console::style(&head).bold().to_string();
    }
    lines.join("\n")
}

fn one_line_high<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Row {
    let mut row = Row::from(cells);
    row.max_height(1);
    row
}

/// The cells of a row, which is a line, whatever the texts in it.
fn row(item: &Value, columns: &[Column]) -> Vec<String> {
    let cells = columns.iter().map(|(_, pointer)| match item.pointer(pointer) {
        Some(Value::String(text)) if is_moment(pointer) => to_the_second(text),
        Some(Value::Number(number)) if number.is_f64() => to_the_thousandth(number),
        value => cut(on_one_line(&cell(value, pointer))),
    });
    cells.collect()
}

/// The beginning of a text that is very long.
fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn is_moment(pointer: &str) -> bool {
    pointer.ends_with("_at")
}

/// A moment without fractions of a second, which nobody reads in a list.
fn to_the_second(text: &str) -> String {
    let moment = text.parse::<jiff::Timestamp>().ok();
    let second = moment.and_then(|moment| jiff::Timestamp::from_second(moment.as_second()).ok());
    second.map_or_else(|| visible(text), |second| second.to_string())
}

fn to_the_thousandth(number: &Number) -> String {
    number.as_f64().map_or_else(|| number.to_string(), |number| ((number * 1e3).round() / 1e3).to_string())
}

/// A line a field.
pub(crate) fn lines(value: &Value, fields: &[Column], width: Option<u16>) -> String {
    let mut table = table(width);
    for (title, pointer) in fields {
        table.add_row([(*title).to_owned(), cell(value.pointer(pointer), pointer)]);
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

/// Whether a field holds a text of sentences, which may have lines, rather than a name or the like.
fn is_text(pointer: &str) -> bool {
    const TEXTS: &[&str] =
        &["memory", "description", "instructions", "_prompt", "_reason", "/error", "/content"];
    TEXTS.iter().any(|text| pointer.ends_with(text))
}

/// A value as it stands in a table.
fn cell(value: Option<&Value>, pointer: &str) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            visible(&texts.join(", "))
        }
        Some(Value::Array(items)) => items.iter().map(item).collect::<Vec<_>>().join("\n"),
        Some(Value::String(text)) if is_text(pointer) => visible_text(text),
        Some(Value::String(text)) => visible(text),
        Some(value) => visible(&value.to_string()),
    }
}

/// A value in a list. An object of one text is a name and what it stands for, as the categories of a project.
fn item(value: &Value) -> String {
    let pair = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match (value, pair) {
        (Value::String(text), _) => visible(text),
        (_, Some((name, Value::String(text)))) => visible(&format!("{name}: {text}")),
        _ => visible(&value.to_string()),
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
        let shown = |value: Value| cell(Some(&value), "/name");
        assert_eq!((cell(None, "/name").as_str(), shown(Value::Null).as_str()), ("–", "–"));
        assert_eq!((shown(json!(true)), shown(json!(1.5))), ("true".to_owned(), "1.5".to_owned()));
        assert_eq!(shown(json!(["a", "b"])), "a, b");
        assert_eq!(shown(json!(["a", {"b": "c"}, {"d": 1}, 2])), "a\nb: c\n{\"d\":1}\n2");
        assert_eq!(shown(json!({"a": {"b": null}})), "{\"a\":{\"b\":null}}");
        assert_eq!(shown(json!([])), "");
        let text = json!("\u{1b}[1m\r\n\u{9b}\u{2066}x\ty");
        assert_eq!(shown(text.clone()), "\\u{1b}[1m\\r\\n\\u{9b}\\u{2066}x\\ty");
        assert_eq!(cell(Some(&text), "/memory"), "\\u{1b}[1m\n\\u{9b}\\u{2066}x\ty");
    }

    #[test]
    fn moments_lose_fractions_and_what_is_none_stays() {
        assert_eq!(to_the_second("2026-11-24T18:42:42.681888Z"), "2026-11-24T18:42:42Z");
        assert_eq!(to_the_second("2026-11-24T18:42:42+01:00"), "2026-11-24T17:42:42Z");
        assert_eq!(to_the_second("yesterday\nor so"), "yesterday\\nor so");
    }

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
            assert!(lines[1].contains('…') && lines[1].ends_with("2026-03-01T16:30:12Z"), "{lines:#?}");
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
            assert!(lines[1].contains("one two\\u{1b}[2J"), "{lines:#?}");
        }
    }
}
