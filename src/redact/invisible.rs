//! Invisible characters and control characters.

/// Whether a character is invisible: a control character, a mark of bidirectional text, or a character without width.
///
/// A name with such characters can look like another name, and can forge lines on a terminal.
///
/// ```
/// assert!(mem0::redact::is_invisible('\u{202e}'));
/// assert!(!mem0::redact::is_invisible('é'));
/// ```
pub fn is_invisible(character: char) -> bool {
    match character {
        // Marks, embeddings, overrides and isolates of bidirectional text.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Line and paragraph separators.
        | '\u{2028}' | '\u{2029}'
        // Characters without width.
        | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        character => character.is_control(),
    }
}

/// Escapes invisible characters, so that a text can't forge a line or look like another text.
pub(crate) fn escape_invisible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_directions_cannot_be_forged() {
        assert_eq!(escape_invisible("a\nb\u{202e}c é"), "a\\nb\\u{202e}c é");
    }
}
