//! Text of other people, with the characters visible that a terminal obeys or does not show: a name must not forge a
//! line, move the cursor, or look like another name.

use std::fmt::Write as _;

use mem0::redact::is_invisible;

/// Text in one line: line breaks, control, bidirectional and zero-width characters as escapes, such as `\n` and
/// `\u{202e}`.
pub(crate) fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            character if is_invisible(character) => line.extend(character.escape_unicode()),
            character => line.push(character),
        }
    }
    line
}

/// Text that people read as such, in its own lines. The joiners that scripts and emoji need stay.
pub(crate) fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' | '\t' | '\u{200C}' | '\u{200D}' => shown.push(character),
            character => shown.push_str(&visible(character.encode_utf8(&mut [0; 4]))),
        }
    }
    shown
}

/// The same JSON with such characters as escapes. `serde_json` leaves those above ASCII as they are.
pub(crate) fn visible_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        // JSON itself has line breaks between its values, and none in a string.
        if is_invisible(character) && !matches!(character, '\n' | '\t') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(visible("x?\nNothing will be deleted."), "x?\\nNothing will be deleted.");
        assert_eq!(visible("a\r\n\t\u{1b}[1m\u{9b}b"), "a\\r\\n\\t\\u{1b}[1m\\u{9b}b");
        assert_eq!(
            visible("\u{202e}\u{200b}\u{feff}\u{2028}\u{e0041}"),
            "\\u{202e}\\u{200b}\\u{feff}\\u{2028}\\u{e0041}"
        );
        assert_eq!(visible("Žluťoučký 顧客 é 👍🏽"), "Žluťoučký 顧客 é 👍🏽");
    }

    #[test]
    fn a_text_keeps_its_lines_and_joiners() {
        assert_eq!(visible_text("one\r\ntwo\r\tx\u{1b}"), "one\ntwo\\r\tx\\u{1b}");
        assert_eq!(visible_text("👩\u{200d}👧 \u{200b}"), "👩\u{200d}👧 \\u{200b}");
    }

    #[test]
    fn visible_json_is_the_same_json() {
        let value = json!({"a\u{7f}": "\u{9b}\u{202e}é\n\u{1b}\u{e0041}\u{200d}", "b": ["顧"]});
        let text = visible_json(&value.to_string());
        assert!(!text.contains(is_invisible), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }
}
