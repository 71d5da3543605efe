//! Truncation of values in error messages, which may come from a server or a caller.

use std::fmt::{self, Write};

/// Maximum length in bytes of a value in an error message. Errors have few values, so that none exceeds 16 KiB.
pub(crate) const MAX_VALUE_LEN: usize = 2 * 1024;

/// Mark at the end of truncated text.
const ELLIPSIS: &str = "…";

/// Truncates text to [`MAX_VALUE_LEN`].
pub(crate) fn bounded_text(mut text: String) -> String {
    if text.len() > MAX_VALUE_LEN {
        text = Bounded(&text, MAX_VALUE_LEN).to_string();
    }
    text
}

/// Value whose `Display` and `Debug` output is truncated after this number of bytes.
pub(crate) struct Bounded<'a, V: ?Sized>(pub(crate) &'a V, pub(crate) usize);

impl<V: fmt::Display + ?Sized> fmt::Display for Bounded<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Truncating { inner: f, left: Some(self.1) }, "{}", self.0)
    }
}

impl<V: fmt::Debug + ?Sized> fmt::Debug for Bounded<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_alternate = f.alternate();
        let mut truncating = Truncating { inner: f, left: Some(self.1) };
        if is_alternate { write!(truncating, "{:#?}", self.0) } else { write!(truncating, "{:?}", self.0) }
    }
}

/// Writer that drops text over the limit. It returns no error, which would make `to_string` panic.
struct Truncating<W> {
    inner: W,
    /// Number of bytes left; `None` after the truncation.
    left: Option<usize>,
}

impl<W: Write> Write for Truncating<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(left) = self.left else { return Ok(()) };
        if text.len() <= left {
            self.left = Some(left - text.len());
            return self.inner.write_str(text);
        }
        self.left = None;
        let end = (0..=left).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.inner.write_str(&text[..end])?;
        self.inner.write_str(ELLIPSIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_truncated_between_characters() {
        for (text, limit, shown) in
            [("abc", 3, "abc"), ("abcd", 3, "abc…"), ("éé", 3, "é…"), ("", 0, ""), ("a", 0, "…")]
        {
            assert_eq!(Bounded(text, limit).to_string(), shown);
        }
        assert_eq!(format!("{:?}", Bounded(&["a", "b"], 6)), "[\"a\", …");
        assert_eq!(format!("{:#?}", Bounded(&["a"], 100)), "[\n    \"a\",\n]");
    }
}
