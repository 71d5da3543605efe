//! Text made fit to be shown: without e-mail addresses and keys, in one line.

/// What stands in place of a secret wherever one would have been printed.
#[cfg(any(feature = "blocking", feature = "async", feature = "local"))]
pub(crate) const REDACTED: &str = "[redacted]";

/// A line longer than this many characters is cut.
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) const LINE_LIMIT: usize = 500;

/// The text with every e-mail address in it masked, also where its `@` is percent-encoded.
pub(crate) fn mask_emails(text: &str) -> String {
    mask_words(text, |word| {
        let at = word.find('@').or_else(|| word.to_ascii_lowercase().find("%40"));
        at.is_some_and(|at| at > 0).then_some("[e-mail]")
    })
}

/// The text with everything masked that looks like a key of the platform.
#[cfg(feature = "local")]
pub(crate) fn mask_keys(text: &str) -> String {
    if !text.contains("m0-") {
        return text.to_owned();
    }
    mask_words(text, |word| word.strip_prefix("m0-").filter(|rest| !rest.is_empty()).map(|_| REDACTED))
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

    #[cfg(feature = "local")]
    #[test]
    fn keys_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("Token m0-abc", "Token [redacted]"),
            (
                r#"invalid type: string "m0-local-x", expected a map"#,
                r#"invalid type: string "[redacted]", expected a map"#,
            ),
            ("k=m0-local-x;m0-", "k=[redacted];m0-"),
        ] {
            assert_eq!(mask_keys(text), masked);
        }
    }
}
