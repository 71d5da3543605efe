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
    let mut found = Vec::new();
    loop {
        let characters: Vec<char> = decoded.chars().collect();
        let mut at = 0;
        while at < characters.len() {
            let rest = &characters[at..];
            let length = if rest.starts_with(&key) {
                key.len()
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
