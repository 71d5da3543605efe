//! Texts as people see them.

use unicode_normalization::UnicodeNormalization;

/// A text without what nobody sees: kinds of line ends, blanks and line ends around it, and the ways Unicode writes one
/// character. Platforms and checkouts change these on their own.
pub(crate) fn visible(text: &str) -> String {
    text.trim().replace("\r\n", "\n").replace('\r', "\n").nfc().collect()
}

pub(crate) fn is_same_text(one: &str, other: &str) -> bool {
    one == other || visible(one) == visible(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_seen_makes_a_difference() {
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
