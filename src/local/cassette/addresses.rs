//! Finding e-mail addresses in text, and putting others in their place.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::local::cassette::exchange::SEGMENT;

/// How an `@` is written in a URL.
const ENCODED_AT: &str = "%40";

/// The longest host that is written as `[…]`.
const LITERAL_LIMIT: usize = 64;

/// The text with what `name` gives in place of each address in it. An address whose `@` is percent-encoded is handed
/// over decoded, and what takes its place is encoded.
///
/// Whatever has something on either side of an `@` counts as an address: to mask too much does no harm, to mask too
/// little does.
pub(super) fn rewrite(text: &str, mut name: impl FnMut(&str) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = 0;
    let mut from = 0;
    while let Some((at, is_encoded)) = next_at(text, from) {
        let length = if is_encoded { ENCODED_AT.len() } else { 1 };
        let start = from + start_of_user(&text[from..at], is_encoded);
        let host = at + length;
        let end = host + length_of_host(&text[host..]);
        if start < at && host < end {
            written.push_str(&text[rest..start]);
            let found = &text[start..end];
            if is_encoded {
                let decoded = percent_decode_str(found).decode_utf8_lossy();
                written.extend(utf8_percent_encode(&name(&decoded), SEGMENT));
            } else {
                written.push_str(&name(found));
            }
            rest = end;
        }
        // What was looked at is not looked at again, so that no text takes longer than it is long.
        from = end;
    }
    written.push_str(&text[rest..]);
    written
}

/// The next `@`, and whether it is encoded.
fn next_at(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| match bytes[at] {
        b'@' => Some((at, false)),
        b'%' if bytes[at..].starts_with(ENCODED_AT.as_bytes()) => Some((at, true)),
        _ => None,
    })
}

/// Where the part before the `@` begins, of a text that ends at it.
fn start_of_user(text: &str, is_encoded: bool) -> usize {
    if let Some(quoted) = text.strip_suffix('"').filter(|_| !is_encoded)
        && let Some(start) = quoted.rfind('"').filter(|start| start + 1 < quoted.len())
    {
        return start;
    }
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        let is_end = match character {
            // An apostrophe is part of a name, unless it opens a quotation.
            '\'' => !text[..at].ends_with(char::is_alphanumeric),
            '+' => is_encoded,
            '%' if is_encoded => encoded(&text[at..]).is_some_and(ends_word),
            _ => ends_word(character),
        };
        if is_end {
            return if character == '%' { at + ENCODED_AT.len() } else { start };
        }
        start = at;
    }
    start
}

/// The character that a `%` and two digits stand for, if it is one of ASCII.
fn encoded(text: &str) -> Option<char> {
    let byte = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
    byte.is_ascii().then_some(char::from(byte)).filter(|character| *character != '+')
}

/// How many bytes at the beginning of the text are a host.
fn length_of_host(text: &str) -> usize {
    if text.starts_with('[') {
        let literal = text.bytes().take(LITERAL_LIMIT).position(|byte| byte == b']');
        return literal.map_or(0, |end| end + 1);
    }
    let is_part = |character: char| {
        character.is_alphanumeric()
            || "._-".contains(character)
            || (!character.is_ascii() && !ends_word(character))
    };
    let end = text.find(|character| !is_part(character)).unwrap_or(text.len());
    // A sentence may end with an address.
    text[..end].trim_end_matches(['.', '-', '_']).len()
}

fn ends_word(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || "\"<>()[]{},;:/?&=`|\\@«»".contains(character)
        || ('\u{2000}'..='\u{206F}').contains(&character)
        || ('\u{3000}'..='\u{303F}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        for (text, rewritten) in [
            ("ann@x.io", "<ann@x.io>"),
            ("to ann@x.io, b@y.", "to <ann@x.io>, <b@y>."),
            ("mailto:a+b@x.io?subject=x", "mailto:<a+b@x.io>?subject=x"),
            ("o'brien@x.io and 'bob@x.io'", "<o'brien@x.io> and '<bob@x.io>'"),
            ("\"john smith\"@x.io", "<\"john smith\"@x.io>"),
            ("root@[127.0.0.1]!", "<root@[127.0.0.1]>!"),
            ("„mü\u{308}ller@bücher.example“", "„<mü\u{308}ller@bücher.example>“"),
            ("/v2/entities/user/a%2Bb%40x.io/", "/v2/entities/user/%3Ca%2Bb%40x.io%3E/"),
            ("q=at+a%40x.io&r=%22b%40x.io%22", "q=at+%3Ca%40x.io%3E&r=%22%3Cb%40x.io%3E%22"),
            ("at @ noon, @bob, a@, @@, %40", "at @ noon, @bob, a@, @@, %40"),
            ("a@b@c", "<a@b>@c"),
            ("", ""),
        ] {
            assert_eq!(rewrite(text, |address| format!("<{address}>")), rewritten);
        }
    }

    /// Twice as long, and not four times as slow.
    #[test]
    fn a_text_of_nothing_but_beginnings_ends() {
        for piece in ["%40", "@", "a@", "\"", "%", "é@", "[@["] {
            let text = piece.repeat(200_000);
            assert!(rewrite(&text, |_| String::new()).len() <= text.len());
        }
    }
}
