//! Redaction of e-mail addresses and keys by pattern.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;

use crate::redact::decoded_text::DecodedText;

/// Text that replaces a redacted key.
pub const REDACTED: &str = "[redacted]";

/// Maximum number of characters of [`one_line`].
pub(crate) const MAX_LINE_CHARS: usize = 500;

/// Redacts e-mail addresses and keys, like [`redact_emails`] and [`redact_keys`].
pub fn redact_all(text: &str) -> String {
    redact_keys(&redact_emails(text))
}

/// Replaces every e-mail address with `[e-mail]`, in any encoding of its `@`.
pub fn redact_emails(text: &str) -> String {
    redact_words(text, |word| contains_email(word).then_some("[e-mail]"))
}

/// Replaces everything that looks like an API key (`m0-…`) with [`REDACTED`], in any encoding.
pub fn redact_keys(text: &str) -> String {
    redact_words(text, |word| contains_key(word).then_some(REDACTED))
}

/// Whether the word is an e-mail address. A quoted local part is a separate word, so `@x.io` counts too.
fn contains_email(word: &str) -> bool {
    match word.rfind('@') {
        Some(0) => word[1..].trim_end_matches('.').contains('.'),
        Some(_) => true,
        None => false,
    }
}

/// Whether the word contains a key. After a letter or a digit, a minimum length avoids matches such as `item0-5`.
fn contains_key(word: &str) -> bool {
    word.match_indices("m0-").any(|(at, prefix)| {
        let rest = &word[at + prefix.len()..];
        let is_in_key = |character: &char| character.is_ascii_alphanumeric() || "-_".contains(*character);
        let min_len = if word[..at].ends_with(char::is_alphanumeric) { MIN_KEY_CHARS } else { 1 };
        rest.chars().take_while(is_in_key).count() >= min_len
    })
}

/// Minimum number of characters after `m0-` if a letter or a digit precedes it.
const MIN_KEY_CHARS: usize = 8;

/// Replaces ranges of a text. If ranges overlap, the replacement of the first one is used.
pub(crate) fn replace_ranges(text: &str, mut ranges: Vec<(Range<usize>, &'static str)>) -> String {
    ranges.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, replacement) in ranges {
        if range.start >= copied {
            result.push_str(&text[copied..range.start]);
            result.push_str(replacement);
        }
        copied = copied.max(range.end);
    }
    result.push_str(&text[copied..]);
    result
}

/// Wrapper whose `Debug` output is redacted with [`redact_all`], for values that may contain an e-mail address or a key.
pub struct Redacted<'a, V: ?Sized>(pub &'a V);

impl<V: fmt::Debug + ?Sized> fmt::Debug for Redacted<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() { format!("{:#?}", self.0) } else { format!("{:?}", self.0) };
        f.write_str(&redact_all(&text))
    }
}

/// Separators of words, besides whitespace.
const SEPARATORS: &str = "\"'<>()[]{},;/?&=:`|";

fn redact_words(text: &str, replacement: impl Fn(&str) -> Option<&'static str>) -> String {
    let is_separator = |character: char| character.is_whitespace() || SEPARATORS.contains(character);
    let Some(mut decoded) = DecodedText::new(text) else {
        let words = text.split_inclusive(is_separator).map(|word| {
            let end = word.trim_end_matches(is_separator).len();
            (&word[..end], &word[end..])
        });
        return words.flat_map(|(word, separator)| [replacement(word).unwrap_or(word), separator]).collect();
    };
    let mut found = Vec::new();
    loop {
        let characters: String = decoded.chars().collect();
        let mut at = 0;
        for word in characters.split_inclusive(is_separator) {
            let bare = word.trim_end_matches(is_separator);
            if let Some(replacement) = replacement(bare) {
                found.push((decoded.source_of(at..at + bare.chars().count()), replacement));
            }
            at += word.chars().count();
        }
        if !decoded.decode_layer() {
            return replace_ranges(text, found);
        }
    }
}

/// Converts text into one line that is safe for a terminal: redacts e-mail addresses, replaces runs of whitespace and
/// control characters with one space, and truncates after 500 characters.
pub fn one_line(text: &str) -> String {
    // Fast path for a request id, which every response has.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"@%\\&".contains(&byte);
    if text.len() <= MAX_LINE_CHARS && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let redacted = redact_emails(text);
    let blanked: String = redacted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = blanked.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(MAX_LINE_CHARS) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_redacted_anywhere() {
        for (text, redacted) in [
            ("no such member: a+b@x.io.", "no such member: [e-mail]"),
            ("/v2/entities/user/a%2Bb%40x.io/", "/v2/entities/user/[e-mail]/"),
            (r#"{"email":"ü@x.io","role":"READER"}"#, r#"{"email":"[e-mail]","role":"READER"}"#),
            ("<bob@x.io>, (eve@x.io)", "<[e-mail]>, ([e-mail])"),
            ("at @ noon", "at @ noon"),
            ("@bob@x.io said @bob", "[e-mail] said @bob"),
            (r#""a b"@x.io."#, r#""a b"[e-mail]"#),
            ("bob%2540x.io", "[e-mail]"),
            ("bob＠x.io", "[e-mail]"),
            (r"to\nbob\u0040x.io, \x1b[1mbob@x.io", r"to\n[e-mail], \x1b[[e-mail]"),
            ("bob&#64;x.io ok", "[e-mail] ok"),
            ("", ""),
        ] {
            assert_eq!(redact_emails(text), redacted);
        }
    }

    #[test]
    fn keys_are_redacted_anywhere() {
        for (text, redacted) in [
            ("Token m0-abc", "Token [redacted]"),
            (
                r#"invalid type: string "m0-local-x", expected a map"#,
                r#"invalid type: string "[redacted]", expected a map"#,
            ),
            ("k=m0-local-x;m0-", "k=[redacted];m0-"),
            (r"of\nm0-abc", r"of\n[redacted]"),
            ("keym0-abcdefgh", "[redacted]"),
            ("a \u{1b}[31mm0-abc", "a \u{1b}[31m[redacted]"),
            ("/v1/m0%2Dabc/", "/v1/[redacted]/"),
            (r"m0\u002dabc m0\u{2d}abc", "[redacted] [redacted]"),
            ("(x-m0-abc)", "([redacted])"),
            ("item0-5", "item0-5"),
        ] {
            assert_eq!(redact_keys(text), redacted);
        }
    }
}
