//! Escapes control and invisible characters, so that untrusted text cannot forge a line, move the cursor, or imitate
//! another name.

use std::fmt::Write as _;

use mem0::redact::is_invisible;

/// Escapes line breaks and control, bidirectional and zero-width characters, such as `\n` and `\u{202e}`.
pub(crate) fn escape_line(text: &str) -> String {
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

/// Escapes the characters that [`escape_line`] escapes, except line breaks, tabs and joiners of scripts and emoji.
pub(crate) fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' | '\t' | '\u{200C}' | '\u{200D}' => escaped.push(character),
            character => escaped.push_str(&escape_line(character.encode_utf8(&mut [0; 4]))),
        }
    }
    escaped
}

/// Escapes invisible characters in JSON. `serde_json` does not escape those above ASCII.
pub(crate) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        // JSON has line breaks between values and none in strings.
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
    fn escape_line_keeps_one_line() {
        assert_eq!(escape_line("x?\nNothing will be deleted."), "x?\\nNothing will be deleted.");
        assert_eq!(escape_line("a\r\n\t\u{1b}[1m\u{9b}b"), "a\\r\\n\\t\\u{1b}[1m\\u{9b}b");
        assert_eq!(
            escape_line("\u{202e}\u{200b}\u{feff}\u{2028}\u{e0041}"),
            "\\u{202e}\\u{200b}\\u{feff}\\u{2028}\\u{e0041}"
        );
        assert_eq!(escape_line("Žluťoučký 顧客 é 👍🏽"), "Žluťoučký 顧客 é 👍🏽");
    }

    #[test]
    fn escape_text_keeps_lines_and_joiners() {
        assert_eq!(escape_text("one\r\ntwo\r\tx\u{1b}"), "one\ntwo\\r\tx\\u{1b}");
        assert_eq!(escape_text("👩\u{200d}👧 \u{200b}"), "👩\u{200d}👧 \\u{200b}");
    }

    #[test]
    fn escape_json_keeps_the_value() {
        let value = json!({"a\u{7f}": "\u{9b}\u{202e}é\n\u{1b}\u{e0041}\u{200d}", "b": ["顧"]});
        let text = escape_json(&value.to_string());
        assert!(!text.contains(is_invisible), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }
}
