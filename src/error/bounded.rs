//! Text of limited length: an error may hold what a server sent or a caller passed, and is still a line in a log.

use std::fmt::{self, Write};

/// How many bytes a value takes at most where an error shows it. Errors have few values, so that none takes more than
/// 16 KiB.
pub(crate) const VALUE_TEXT: usize = 2 * 1024;

/// Stands where text was cut.
const CUT: &str = "…";

/// The text, cut where it is longer than a value in an error may be.
pub(crate) fn bounded_text(mut text: String) -> String {
    if text.len() > VALUE_TEXT {
        text = Bounded(&text, VALUE_TEXT).to_string();
    }
    text
}

/// A value whose text is cut after so many bytes.
pub(crate) struct Bounded<'a, V: ?Sized>(pub(crate) &'a V, pub(crate) usize);

impl<V: fmt::Display + ?Sized> fmt::Display for Bounded<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Cutting { inner: f, left: Some(self.1) }, "{}", self.0)
    }
}

impl<V: fmt::Debug + ?Sized> fmt::Debug for Bounded<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_alternate = f.alternate();
        let mut cutting = Cutting { inner: f, left: Some(self.1) };
        if is_alternate { write!(cutting, "{:#?}", self.0) } else { write!(cutting, "{:?}", self.0) }
    }
}

/// Passes on what fits. What does not is dropped without an error, which `to_string` would turn into a panic.
struct Cutting<W> {
    inner: W,
    /// `None` once something was cut.
    left: Option<usize>,
}

impl<W: Write> Write for Cutting<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(left) = self.left else { return Ok(()) };
        if text.len() <= left {
            self.left = Some(left - text.len());
            return self.inner.write_str(text);
        }
        self.left = None;
        let end = (0..=left).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.inner.write_str(&text[..end])?;
        self.inner.write_str(CUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_shown_and_the_rest_is_cut_between_characters() {
        for (text, limit, shown) in
            [("abc", 3, "abc"), ("abcd", 3, "abc…"), ("éé", 3, "é…"), ("", 0, ""), ("a", 0, "…")]
        {
            assert_eq!(Bounded(text, limit).to_string(), shown);
        }
        assert_eq!(format!("{:?}", Bounded(&["a", "b"], 6)), "[\"a\", …");
        assert_eq!(format!("{:#?}", Bounded(&["a"], 100)), "[\n    \"a\",\n]");
    }
}
