//! Comparison of texts as they are displayed.

use unicode_normalization::UnicodeNormalization;

/// Normalizes a text: LF line breaks, no surrounding whitespace, NFC. The platform and version control systems change
/// these on their own.
pub(crate) fn normalize(text: &str) -> String {
    text.trim().replace("\r\n", "\n").replace('\r', "\n").nfc().collect()
}

/// Whether two texts are equal after normalization.
pub(crate) fn is_same_text(one: &str, other: &str) -> bool {
    one == other || normalize(one) == normalize(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_differences_count() {
        for (one, other, is_same) in [
            ("a\r\nb\r\n", "a\nb", true),
            ("a\rb", "a\nb", true),
            (" a ", "a", true),
            ("\u{e9}", "e\u{301}", true),
            ("\u{212b}", "\u{c5}", true),
            ("", " \r\n", true),
            ("a\n\nb", "a\nb", false),
            ("a  b", "a b", false),
            ("A", "a", false),
            ("\u{fb01}", "fi", false),
        ] {
            assert_eq!(is_same_text(one, other), is_same, "{one:?} {other:?}");
        }
    }
}
