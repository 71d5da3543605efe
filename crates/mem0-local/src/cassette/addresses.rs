//! Finding and replacing e-mail addresses in text.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::cassette::exchange::SEGMENT_SAFE;

/// Percent-encoded `@`.
const ENCODED_AT: &str = "%40";

/// Maximum length of an address literal, `[…]`, in bytes.
const MAX_LITERAL_LEN: usize = 64;

/// Replaces each address in a text by the result of `replacement`. An address with a percent-encoded `@` is decoded for
/// the call, and its replacement is encoded.
/// Any text around an `@` counts as an address: replacing too much is harmless, replacing too little is not.
pub(super) fn rewrite(text: &str, mut replacement: impl FnMut(&str) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = 0;
    let mut from = 0;
    while let Some((at, is_encoded)) = find_at(text, from) {
        let length = if is_encoded { ENCODED_AT.len() } else { 1 };
        let start = from + local_part_start(&text[from..at], is_encoded);
        let host = at + length;
        let end = host + host_len(&text[host..], is_encoded);
        if start < at && host < end && start == rest && rest > 0 {
            // Adjacent to the previous address. Both become one, as a later pass could not separate their replacements.
            rest = end;
            from = end;
        } else if start < at && host < end {
            written.push_str(&text[rest..start]);
            let found = &text[start..end];
            if is_encoded {
                let decoded = percent_decode_str(found).decode_utf8_lossy();
                written.extend(utf8_percent_encode(&replacement(&decoded), SEGMENT_SAFE));
            } else {
                written.push_str(&replacement(found));
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

/// Position of the next `@`, and whether it is percent-encoded.
fn find_at(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| match bytes[at] {
        b'@' => Some((at, false)),
        b'%' if bytes[at..].starts_with(ENCODED_AT.as_bytes()) => Some((at, true)),
        _ => None,
    })
}

/// Start of the local part in a text that ends before the `@`.
fn local_part_start(text: &str, is_encoded: bool) -> usize {
    if let Some(quoted) = text.strip_suffix('"').filter(|_| !is_encoded)
        && let Some(start) = quoted.rfind('"').filter(|start| start + 1 < quoted.len())
    {
        // The opening quote is kept, as it may follow other text.
        return start + 1;
    }
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        let is_end = match character {
            // An apostrophe is part of a name unless it opens a quotation.
            '\'' => !text[..at].ends_with(char::is_alphanumeric),
            '+' => is_encoded,
            '%' if is_encoded => decode_ascii(&text[at..]).is_some_and(is_delimiter),
            _ => is_delimiter(character),
        };
        if is_end {
            return if character == '%' { at + ENCODED_AT.len() } else { start };
        }
        start = at;
    }
    start
}

/// ASCII character of a percent-encoded byte at the start of a text.
fn decode_ascii(text: &str) -> Option<char> {
    let byte = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
    byte.is_ascii().then_some(char::from(byte)).filter(|character| *character != '+')
}

/// Length in bytes of the host at the start of a text. It extends to the end of the word without trailing punctuation, so
/// that it does not touch the next match.
fn host_len(text: &str, is_encoded: bool) -> usize {
    let literal = if text.starts_with('[') {
        let end = text.bytes().take(MAX_LITERAL_LEN).position(|byte| byte == b']');
        end.map_or(0, |end| end + 1)
    } else {
        0
    };
    let word = &text[literal..];
    let is_end = |(at, character): (usize, char)| match character {
        '\'' => true,
        '+' => is_encoded && at > 0,
        '%' if is_encoded && at > 0 => decode_ascii(&word[at..]).is_some_and(is_delimiter),
        _ => is_delimiter(character),
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

fn is_delimiter(character: char) -> bool {
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
    fn finds_addresses_in_every_context() {
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

    /// A replay compares redacted texts with original ones, so both must contain addresses at the same positions.
    #[test]
    fn finds_a_pseudonym_where_the_address_was() {
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

    /// The time grows linearly with the length.
    #[test]
    fn handles_long_texts_of_incomplete_addresses() {
        for piece in ["%40", "@", "a@", "\"", "%", "é@", "[@["] {
            let text = piece.repeat(200_000);
            assert!(rewrite(&text, |_| String::new()).len() <= text.len());
        }
    }
}
