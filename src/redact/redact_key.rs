//! Redaction of a known key.

use std::iter;

use crate::redact::decoded_text::DecodedText;
use crate::redact::{REDACTED, replace_ranges};

/// Minimum length of a key's prefix that counts as a truncated key at the end of a text.
const MIN_PREFIX_LEN: usize = 6;

/// Maximum length of a truncated escape at the end of a text.
const MAX_ESCAPE_LEN: usize = 12;

/// Replaces every occurrence of a key with [`REDACTED`], in any encoding.
///
/// A prefix of the key at the end of the text is replaced too, because the text may be truncated. An empty key replaces
/// nothing.
pub fn redact_key(text: &str, key: &str) -> String {
    if key.is_empty() {
        return text.to_owned();
    }
    let text = text.replace(key, REDACTED);
    let Some(mut decoded) = DecodedText::thorough(&text) else {
        let is_truncated = |length: &usize| text.ends_with(&key[..*length]);
        return match (MIN_PREFIX_LEN..key.len())
            .rev()
            .filter(|length| key.is_char_boundary(*length))
            .find(is_truncated)
        {
            Some(length) => format!("{}{REDACTED}", &text[..text.len() - length]),
            None => text,
        };
    };
    let key: Vec<char> = key.chars().collect();
    // A key without its last character is as good as the key, and the end of an escape is not always clear.
    let distinctive = if key.len() > 2 * MIN_PREFIX_LEN { &key[..key.len() - 1] } else { &key };
    let mut found = Vec::new();
    loop {
        let characters: Vec<char> = decoded.chars().collect();
        let mut at = 0;
        while at < characters.len() {
            let rest = &characters[at..];
            let length = if rest.starts_with(distinctive) {
                key.len().min(rest.len())
            } else if is_truncated_key(rest, &key) {
                rest.len()
            } else {
                at += 1;
                continue;
            };
            found.push((decoded.source_of(at..at + length), REDACTED));
            at += length;
        }
        if !decoded.decode_layer() {
            return replace_ranges(&text, found);
        }
    }
}

/// Whether the text is a prefix of the key, optionally followed by the beginning of an escape.
fn is_truncated_key(text: &[char], key: &[char]) -> bool {
    if text.len() > key.len() + MAX_ESCAPE_LEN {
        return false;
    }
    let matched = iter::zip(text, key).take_while(|(character, expected)| character == expected).count();
    let is_escape = |rest: &[char]| match rest {
        [] => true,
        [first, ..] => rest.len() <= MAX_ESCAPE_LEN && "\\%&\u{1b}".contains(*first),
    };
    matched >= MIN_PREFIX_LEN && is_escape(&text[matched..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_character_of_a_key_may_be_unclear() {
        let key = "m0-Qw9ZrT7-xYp3Lk8";
        let css = |text: &str| text.bytes().map(|byte| format!("\\\\{byte:x} ")).collect::<Vec<_>>().concat();
        for text in [css(key).trim_end().to_owned(), format!("{}\"", css(key).trim_end())] {
            let shown = redact_key(&text, key);
            assert!(shown.starts_with(REDACTED) && shown.len() < REDACTED.len() + 2, "{text} {shown}");
        }
        assert_eq!(redact_key("m0-Qw9 %2D", key), "m0-Qw9 %2D");
    }
}
