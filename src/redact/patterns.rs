//! Text made fit to be shown: without e-mail addresses and keys, in one line.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;

use crate::redact::decoded_text::DecodedText;

/// The text that stands in place of a key.
pub const REDACTED: &str = "[redacted]";

/// A line longer than this many characters is cut.
pub(crate) const LINE_LIMIT: usize = 500;

/// The text with every e-mail address, and everything that looks like a key, redacted: [`redact_emails`] and [`redact_keys`].
pub fn redact_all(text: &str) -> String {
    redact_keys(&redact_emails(text))
}

/// The text with every e-mail address replaced by `[e-mail]`, however its `@` is escaped.
pub fn redact_emails(text: &str) -> String {
    redact_words(text, |word| holds_email(word).then_some("[e-mail]"))
}

/// The text with everything that looks like a key of the platform (`m0-…`) replaced by [`REDACTED`], however it is
/// escaped.
pub fn redact_keys(text: &str) -> String {
    redact_words(text, |word| holds_key(word).then_some(REDACTED))
}

/// Whether the word is an address. A quoted name before the `@` is a word of its own: `@x.io` is what is left then.
fn holds_email(word: &str) -> bool {
    match word.rfind('@') {
        Some(0) => word[1..].trim_end_matches('.').contains('.'),
        Some(_) => true,
        None => false,
    }
}

/// Whether a key begins in the word. After a letter or a digit it has to be as long as no word is by chance: `item0-5`.
fn holds_key(word: &str) -> bool {
    word.match_indices("m0-").any(|(at, prefix)| {
        let rest = &word[at + prefix.len()..];
        let is_in_key = |character: &char| character.is_ascii_alphanumeric() || "-_".contains(*character);
        let least = if word[..at].ends_with(char::is_alphanumeric) { SHORTEST_KEY } else { 1 };
        rest.chars().take_while(is_in_key).count() >= least
    })
}

/// Length of the shortest text after `m0-` that is taken for a key where a letter stands before it.
const SHORTEST_KEY: usize = 8;

/// The text with each of these parts replaced. Of parts that overlap, the first stands for all.
pub(crate) fn replaced(text: &str, mut parts: Vec<(Range<usize>, &'static str)>) -> String {
    parts.sort_by_key(|(part, _)| (part.start, Reverse(part.end)));
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for (part, instead) in parts {
        if part.start >= copied {
            result.push_str(&text[copied..part.start]);
            result.push_str(instead);
        }
        copied = copied.max(part.end);
    }
    result.push_str(&text[copied..]);
    result
}

/// A value whose `Debug` output is redacted by [`redact_all`]: one that may hold an e-mail address or a key, such as a name
/// or a message.
pub struct Redacted<'a, V: ?Sized>(pub &'a V);

impl<V: fmt::Debug + ?Sized> fmt::Debug for Redacted<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() { format!("{:#?}", self.0) } else { format!("{:?}", self.0) };
        f.write_str(&redact_all(&text))
    }
}

/// Separators of words, apart from white space.
const SEPARATORS: &str = "\"'<>()[]{},;/?&=:`|";

fn redact_words(text: &str, mask: impl Fn(&str) -> Option<&'static str>) -> String {
    let is_separator = |character: char| character.is_whitespace() || SEPARATORS.contains(character);
    let Some(mut decoded) = DecodedText::new(text) else {
        let words = text.split_inclusive(is_separator).map(|word| {
            let end = word.trim_end_matches(is_separator).len();
            (&word[..end], &word[end..])
        });
        return words.flat_map(|(word, separator)| [mask(word).unwrap_or(word), separator]).collect();
    };
    let mut found = Vec::new();
    loop {
        let characters: String = decoded.chars().collect();
        let mut at = 0;
        for word in characters.split_inclusive(is_separator) {
            let bare = word.trim_end_matches(is_separator);
            if let Some(mask) = mask(bare) {
                found.push((decoded.source_of(at..at + bare.chars().count()), mask));
            }
            at += word.chars().count();
        }
        if !decoded.decode_layer() {
            return replaced(text, found);
        }
    }
}

/// The text in one line that is safe for a terminal: e-mail addresses are redacted, runs of white space and control
/// characters become one space, and what is longer than 500 characters is cut.
pub fn one_line(text: &str) -> String {
    // Nothing to do for a word like a request's id, which comes with every answer.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"@%\\&".contains(&byte);
    if text.len() <= LINE_LIMIT && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let redacted = redact_emails(text);
    let blanked: String = redacted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = blanked.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(LINE_LIMIT) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_masked_wherever_they_stand() {
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
    fn keys_are_masked_wherever_they_stand() {
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
