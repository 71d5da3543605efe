//! A key taken out of text in which it may stand in any encoding.

use std::iter;

use crate::redact::decoded_text::DecodedText;
use crate::redact::{REDACTED, replaced};

/// How many characters of a key at the end of a text are taken for a key that was cut.
const TELLING: usize = 6;

/// How many characters an escape at the end of a text may have that was cut.
const CUT_ESCAPE: usize = 12;

/// The text with every occurrence of this key replaced by [`REDACTED`], however its characters are escaped. A beginning
/// of the key at the end of the text, which may have been cut there, is replaced too. An empty key replaces nothing.
pub fn scrub_key(text: &str, key: &str) -> String {
    if key.is_empty() {
        return text.to_owned();
    }
    let text = text.replace(key, REDACTED);
    let Some(mut decoded) = DecodedText::thorough(&text) else {
        let is_cut = |length: &usize| text.ends_with(&key[..*length]);
        return match (TELLING..key.len()).rev().filter(|length| key.is_char_boundary(*length)).find(is_cut) {
            Some(length) => format!("{}{REDACTED}", &text[..text.len() - length]),
            None => text,
        };
    };
    let key: Vec<char> = key.chars().collect();
    // A key without its last character is as good as the key, and the end of an escape is not always clear.
    let telling = if key.len() > 2 * TELLING { &key[..key.len() - 1] } else { &key };
    let mut found = Vec::new();
    loop {
        let characters: Vec<char> = decoded.chars().collect();
        let mut at = 0;
        while at < characters.len() {
            let rest = &characters[at..];
            let length = if rest.starts_with(telling) {
                key.len().min(rest.len())
            } else if is_cut_beginning(rest, &key) {
                rest.len()
            } else {
                at += 1;
                continue;
            };
            found.push((decoded.source_of(at..at + length), REDACTED));
            at += length;
        }
        if !decoded.decode_layer() {
            return replaced(&text, found);
        }
    }
}

/// Whether the text is a beginning of the key, and nothing else but perhaps the beginning of an escape.
fn is_cut_beginning(text: &[char], key: &[char]) -> bool {
    if text.len() > key.len() + CUT_ESCAPE {
        return false;
    }
    let matched = iter::zip(text, key).take_while(|(character, expected)| character == expected).count();
    let is_escape = |rest: &[char]| match rest {
        [] => true,
        [first, ..] => rest.len() <= CUT_ESCAPE && "\\%&\u{1b}".contains(*first),
    };
    matched >= TELLING && is_escape(&text[matched..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_character_of_a_key_may_be_unclear() {
        let key = "m0-Qw9ZrT7-xYp3Lk8";
        let css = |text: &str| text.bytes().map(|byte| format!("\\\\{byte:x} ")).collect::<String>();
        for text in [css(key).trim_end().to_owned(), format!("{}\"", css(key).trim_end())] {
            let shown = scrub_key(&text, key);
            assert!(shown.starts_with(REDACTED) && shown.len() < REDACTED.len() + 2, "{text} {shown}");
        }
        assert_eq!(scrub_key("m0-Qw9 %2D", key), "m0-Qw9 %2D");
    }
}
