//! Finding e-mail addresses in text, and putting others in their place.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::cassette::exchange::SEGMENT;

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
        let end = host + length_of_host(&text[host..], is_encoded);
        if start < at && host < end && start == rest && rest > 0 {
            // It touches the one before, and would not be told from it any more: both are one.
            rest = end;
            from = end;
        } else if start < at && host < end {
            written.push_str(&text[rest..start]);
            let found = &text[start..end];
            if is_encoded {
                let decoded = percent_decode_str(found).decode_utf8_lossy();
                written.extend(utf8_percent_encode(&name(&decoded), SEGMENT));
            } else {
                written.push_str(&name(found));
            }
            rest = end;
            from = end;
        } else {
            from = host;
        }
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
        // The quote stays: it may follow upon something.
        return start + 1;
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

/// How many bytes at the beginning of the text are a host. It goes on to the end of the word, so that nothing that is
/// found can touch what is found next, but for what ends a sentence.
fn length_of_host(text: &str, is_encoded: bool) -> usize {
    let literal = if text.starts_with('[') {
        let end = text.bytes().take(LITERAL_LIMIT).position(|byte| byte == b']');
        end.map_or(0, |end| end + 1)
    } else {
        0
    };
    let word = &text[literal..];
    let is_end = |(at, character): (usize, char)| match character {
        '\'' => true,
        '+' => is_encoded && at > 0,
        '%' if is_encoded && at > 0 => encoded(&word[at..]).is_some_and(ends_word),
        _ => ends_word(character),
    };
    let end = word.char_indices().find(|part| is_end(*part)).map_or(word.len(), |(end, _)| end);
    if word[end..].starts_with('@') || word[end..].starts_with(ENCODED_AT) {
        return literal + end;
    }
    match word[..end].trim_end_matches(|character: char| character.is_ascii_punctuation()).len() {
        0 if literal == 0 => end,
        length => literal + length,
    }
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
            ("\"john smith\"@x.io", "\"<john smith\"@x.io>"),
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

    /// What was redacted reads as what it was: a replay compares the one with the other.
    #[test]
    fn a_stand_in_is_found_where_the_address_was() {
        let pieces = [
            "a", "ü", "7", ".", "-", "_", "@", "%40", "\"", "'", "[", "]", " ", "+", "%22", "%2B", "/", "=",
            "%", "x.io", "ann@", "@x.io", "“", "\n", "\\",
        ];
        let mut random = fastrand::Rng::with_seed(6);
        let mut found = 0;
        for _ in 0..50_000 {
            let text: String =
                (0..random.usize(1..9)).map(|_| pieces[random.usize(..pieces.len())]).collect();
            let redacted = rewrite(&text, |_| {
                found += 1;
                "person-1@example.com".to_owned()
            });
            let marked = |text: &str| rewrite(text, |_| "\u{1}".to_owned());
            assert_eq!(marked(&redacted), marked(&text), "{text:?}: {redacted:?}");
            rewrite(&redacted, |address| {
                assert_eq!(address, "person-1@example.com", "{text:?}: {redacted:?}");
                String::new()
            });
        }
        assert!(found > 5_000, "{found}");
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
