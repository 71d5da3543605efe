//! Unpaired surrogates in JSON escapes, such as `"\ud83d"`.

/// Replaces each unpaired surrogate escape in JSON by U+FFFD; `None` if there is none.
pub(crate) fn replace_unpaired_surrogates(text: &str) -> Option<String> {
    const REPLACEMENT: &str = "\\ufffd";
    let surrogate = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let mut replaced = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match surrogate(at) {
            Some(..0xdc00) if surrogate(at + 6).is_some_and(|low| low >= 0xdc00) => at += 12,
            Some(_) => {
                replaced.push_str(&text[copied..at]);
                replaced.push_str(REPLACEMENT);
                at += 6;
                copied = at;
            }
            // Skips the escaped character, which may be another backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    (copied > 0).then(|| replaced + &text[copied..])
}
