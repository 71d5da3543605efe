//! Characters that are not seen, or that a terminal obeys.

/// Whether a character is not shown as one: a control character, a mark of bidirectional text, or one without a width.
///
/// Names that hold such characters can look like other names, and end or forge lines of a terminal.
///
/// ```
/// assert!(mem0::redact::is_hidden('\u{202e}'));
/// assert!(!mem0::redact::is_hidden('é'));
/// ```
pub fn is_hidden(character: char) -> bool {
    match character {
        // Marks, embeddings, overrides and isolates of bidirectional text.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // What ends a line elsewhere.
        | '\u{2028}' | '\u{2029}'
        // What has no width.
        | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        character => character.is_control(),
    }
}
