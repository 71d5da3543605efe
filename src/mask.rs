//! Text made fit to be shown: without e-mail addresses and keys, in one line.

use std::fmt;

/// What stands in place of a secret wherever one would have been printed.
pub(crate) const REDACTED: &str = "[redacted]";

/// A line longer than this many characters is cut.
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) const LINE_LIMIT: usize = 500;

/// The text with everything masked that is never shown: e-mail addresses, and what looks like a key.
pub(crate) fn mask_all(text: &str) -> String {
    mask_keys(&mask_emails(text))
}

/// The text with every e-mail address in it masked, also where its `@` is percent-encoded.
pub(crate) fn mask_emails(text: &str) -> String {
    mask_words(text, |word| {
        let at = word.find('@').or_else(|| word.to_ascii_lowercase().find("%40"));
        at.is_some_and(|at| at > 0).then_some("[e-mail]")
    })
}

/// The text with everything masked that looks like a key of the platform.
pub(crate) fn mask_keys(text: &str) -> String {
    if !text.contains("m0-") {
        return text.to_owned();
    }
    mask_words(text, |word| holds_key(word).then_some(REDACTED))
}

/// Whether a key begins in the word. In text that was made by `Debug`, a line break before it is a letter.
fn holds_key(word: &str) -> bool {
    let begins = |before: &str| {
        !before.ends_with(char::is_alphanumeric)
            || ["\\n", "\\r", "\\t", "\\0"].iter().any(|escape| before.ends_with(escape))
    };
    word.match_indices("m0-").any(|(at, prefix)| at + prefix.len() < word.len() && begins(&word[..at]))
}

/// A value whose text may hold an e-mail address, or a key that a server echoes: a name, a message.
pub(crate) struct Masked<'a, V: ?Sized>(pub(crate) &'a V);

impl<V: fmt::Debug + ?Sized> fmt::Debug for Masked<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() { format!("{:#?}", self.0) } else { format!("{:?}", self.0) };
        f.write_str(&mask_all(&text))
    }
}

fn mask_words(text: &str, mask: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    let flush = |word: &mut String, masked: &mut String| {
        masked.push_str(mask(word).unwrap_or(word));
        word.clear();
    };
    for character in text.chars() {
        if character.is_whitespace() || "\"'<>()[]{},;/?&=:`|".contains(character) {
            flush(&mut word, &mut masked);
            masked.push(character);
        } else {
            word.push(character);
        }
    }
    flush(&mut word, &mut masked);
    masked
}

/// Masks e-mails, folds white space and control characters (a terminal obeys those), cuts at the limit.
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) fn one_line(text: &str) -> String {
    // Nothing to do for a word like a request's id, which comes with every answer.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"@%".contains(&byte);
    if text.len() <= LINE_LIMIT && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let blanked: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let folded = blanked.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = mask_emails(&folded);
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
        for (text, masked) in [
            ("no such member: a+b@x.io.", "no such member: [e-mail]"),
            ("/v2/entities/user/a%2Bb%40x.io/", "/v2/entities/user/[e-mail]/"),
            (r#"{"email":"ü@x.io","role":"READER"}"#, r#"{"email":"[e-mail]","role":"READER"}"#),
            ("<bob@x.io>, (eve@x.io)", "<[e-mail]>, ([e-mail])"),
            ("at @ noon", "at @ noon"),
            ("", ""),
        ] {
            assert_eq!(mask_emails(text), masked);
        }
    }

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("Token m0-abc", "Token [redacted]"),
            (
                r#"invalid type: string "m0-local-x", expected a map"#,
                r#"invalid type: string "[redacted]", expected a map"#,
            ),
            ("k=m0-local-x;m0-", "k=[redacted];m0-"),
            (r"of\nm0-abc", "[redacted]"),
            ("(x-m0-abc)", "([redacted])"),
            ("item0-5", "item0-5"),
        ] {
            assert_eq!(mask_keys(text), masked);
        }
    }
}
