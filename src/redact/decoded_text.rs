//! Text with decoded escapes, and the position of each character in the original.

use std::iter;
use std::ops::Range;

use crate::redact::invisible::is_invisible;

/// Characters of a text with decoded escapes: JSON (`\u002d`, `\/`), Rust's `Debug` (`\u{2d}`), C (`\055`, `\x2d`),
/// percent-encoding (`%2D`, `%252D`), HTML entities (`&#45;`) and full-width forms. Nested escapes are decoded layer by
/// layer. Control characters, invisible characters and terminal sequences are removed.
///
/// For finding secrets, not for reading: in doubt, a sequence is decoded.
pub(crate) struct DecodedText {
    units: Vec<Unit>,
    layers: usize,
    is_thorough: bool,
}

/// Character and its byte range in the original text.
#[derive(Clone, Copy)]
struct Unit {
    character: char,
    start: u32,
    end: u32,
}

/// Maximum number of layers of escapes that are decoded.
const MAX_LAYERS: usize = 8;

/// Maximum number of digits of an escape without a fixed length.
const MAX_DIGITS: usize = 8;

impl DecodedText {
    /// Prepares a text. Returns `None` if it has no escapes.
    pub(crate) fn new(text: &str) -> Option<Self> {
        Self::decode(text, false)
    }

    /// Like [`new`](Self::new), for a known secret: also removes line breaks and decodes CSS (`\2d `) and quoted-printable
    /// (`=2D`), which match much unescaped text too.
    pub(crate) fn thorough(text: &str) -> Option<Self> {
        Self::decode(text, true)
    }

    fn decode(text: &str, is_thorough: bool) -> Option<Self> {
        let is_plain = |byte: u8| match byte {
            b'\\' | b'%' | b'&' => false,
            b'=' | b'\n' | b'\r' => !is_thorough,
            b'\t' => true,
            byte => byte.is_ascii() && !byte.is_ascii_control(),
        };
        if text.bytes().all(is_plain) || u32::try_from(text.len()).is_err() {
            return None;
        }
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let units = text.char_indices().map(|(start, character)| Unit {
            character: narrow(character),
            start: position(start),
            end: position(start + character.len_utf8()),
        });
        let mut decoded = Self { units: units.collect(), layers: 0, is_thorough };
        decoded.remove_invisible();
        Some(decoded)
    }

    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + '_ {
        self.units.iter().map(|unit| unit.character)
    }

    /// Byte range of these characters in the original text.
    pub(crate) fn source_of(&self, characters: Range<usize>) -> Range<usize> {
        match self.units.get(characters) {
            Some([first, .., last]) => first.start as usize..last.end as usize,
            Some([only]) => only.start as usize..only.end as usize,
            _ => 0..0,
        }
    }

    /// Decodes one layer of escapes. Returns whether the text has changed.
    pub(crate) fn decode_layer(&mut self) -> bool {
        if self.layers == MAX_LAYERS {
            return false;
        }
        self.layers += 1;
        let is_thorough = self.is_thorough;
        let is_changed = self.replace_each(|text| escape(text, is_thorough));
        // The decoded text may contain terminal sequences.
        self.remove_invisible();
        is_changed
    }

    /// Removes terminal sequences, control characters and characters without width.
    fn remove_invisible(&mut self) {
        let is_thorough = self.is_thorough;
        // Characters without width may occur inside a sequence; control characters end one.
        self.units.retain(|unit| unit.character.is_control() || !is_removed(unit.character, is_thorough));
        self.replace_each(|text| {
            let removed = if is_removed(text[0].character, is_thorough) { Some((1, None)) } else { None };
            let line_break = if is_thorough { soft_line_break(text) } else { None };
            terminal_sequence(text).or(line_break).or(removed)
        });
    }

    /// Applies `replace` at every position. It returns the number of characters to replace, and the replacement, if any.
    /// Returns whether the text became shorter.
    fn replace_each(&mut self, replace: impl Fn(&[Unit]) -> Option<(usize, Option<char>)>) -> bool {
        let (mut read, mut written) = (0, 0);
        while read < self.units.len() {
            let (length, character) =
                replace(&self.units[read..]).unwrap_or((1, Some(self.units[read].character)));
            let (start, end) = (self.units[read].start, self.units[read + length - 1].end);
            if let Some(character) = character.map(narrow) {
                self.units[written] = Unit { character, start, end };
                written += 1;
            }
            read += length;
        }
        let is_changed = written < self.units.len();
        self.units.truncate(written);
        is_changed
    }
}

fn is_removed(character: char, is_thorough: bool) -> bool {
    match character {
        '\n' | '\r' => is_thorough,
        '\t' => false,
        // Variation selectors.
        '\u{fe00}'..='\u{fe0f}' => true,
        character => is_invisible(character),
    }
}

const ESCAPE: char = '\u{1b}';

/// Start of a terminal control sequence, as one character.
const CSI: char = '\u{9b}';

/// Converts a full-width character to ASCII.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{fe6b}' => '@',
        other => other,
    }
}

/// Escape at the start of the text: its length, and the decoded character.
fn escape(text: &[Unit], is_thorough: bool) -> Option<(usize, Option<char>)> {
    let found = match text.first()?.character {
        '\\' if is_thorough => css(text).or_else(|| backslash_escape(text)),
        '\\' => backslash_escape(text),
        '%' => percent_encoded(text),
        '&' => html_entity(text),
        '=' if is_thorough => quoted_printable(text),
        _ => None,
    };
    found.map(|(length, character)| (length, Some(character)))
}

/// `\/`, `\"`, `\\`, `\n` and the like, `\x2d`, `\055`, `\u002d`, `\U0000002d`, `\u{2d}`.
fn backslash_escape(text: &[Unit]) -> Option<(usize, char)> {
    let character = match text.get(1)?.character {
        'u' if text.get(2)?.character == '{' => {
            let digits = digits(&text[3..], 16);
            let is_closed = text.get(3 + digits).is_some_and(|unit| unit.character == '}');
            return number(&text[3..3 + digits], 16)
                .filter(|_| is_closed)
                .map(|character| (digits + 4, character));
        }
        'u' => return number(text.get(2..6)?, 16).map(|character| (6, character)),
        'U' => return number(text.get(2..10)?, 16).map(|character| (10, character)),
        '0'..='7' => {
            let digits = digits(&text[1..text.len().min(4)], 8);
            return number(&text[1..=digits], 8).map(|character| (digits + 1, character));
        }
        'x' => return number(text.get(2..4)?, 16).map(|character| (4, character)),
        same @ ('/' | '"' | '\'' | '\\') => same,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' | 'f' | 'a' | 'v' => ' ',
        'e' => ESCAPE,
        _ => return None,
    };
    Some((2, character))
}

/// `\2d ` or `\00002d`: up to six digits, ended by a space. Fewer digits without a space are read as a C escape.
fn css(text: &[Unit]) -> Option<(usize, char)> {
    let digits = digits(&text[1..text.len().min(7)], 16);
    let is_ended = text.get(digits + 1).is_some_and(|unit| unit.character == ' ');
    let character = number(text.get(1..=digits)?, 16)?;
    (is_ended || digits == 6).then_some((digits + 1 + usize::from(is_ended), character))
}

/// `=` at the end of a line, in quoted-printable.
fn soft_line_break(text: &[Unit]) -> Option<(usize, Option<char>)> {
    let is_break = text.first()?.character == '=' && matches!(text.get(1)?.character, '\n' | '\r');
    is_break.then_some((1, None))
}

/// `=2D`.
fn quoted_printable(text: &[Unit]) -> Option<(usize, char)> {
    number(text.get(1..3)?, 16).filter(char::is_ascii).map(|character| (3, character))
}

/// `%2D`, or several for a character outside ASCII.
fn percent_encoded(text: &[Unit]) -> Option<(usize, char)> {
    let mut bytes = [0; 4];
    for count in 1..=bytes.len() {
        let [percent, high, low] = text.get(3 * count - 3..3 * count)? else { return None };
        if percent.character != '%' {
            return None;
        }
        let byte = high.character.to_digit(16)? * 16 + low.character.to_digit(16)?;
        bytes[count - 1] = u8::try_from(byte).ok()?;
        if let Ok(decoded) = str::from_utf8(&bytes[..count]) {
            return decoded.chars().next().map(|character| (3 * count, character));
        }
    }
    None
}

/// Common entities, and those of characters that occur in keys and e-mail addresses.
const NAMED_ENTITIES: [(&str, char); 9] = [
    ("amp;", '&'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("commat;", '@'),
    ("hyphen;", '-'),
    ("dash;", '-'),
    ("lowbar;", '_'),
    ("period;", '.'),
    ("plus;", '+'),
];

/// Named entity, `&#45;` or `&#x2d;`. The final `;` of a number is optional, as in browsers.
fn html_entity(text: &[Unit]) -> Option<(usize, char)> {
    for (name, character) in NAMED_ENTITIES {
        let is_named = text.len() > name.len()
            && iter::zip(name.chars(), &text[1..]).all(|(expected, unit)| unit.character == expected);
        if is_named {
            return Some((name.len() + 1, character));
        }
    }
    let (start, radix) = match (text.get(1)?.character, text.get(2)?.character) {
        ('#', 'x' | 'X') => (3, 16),
        ('#', _) => (2, 10),
        _ => return None,
    };
    let end = start + digits(&text[start..], radix);
    let is_closed = text.get(end).is_some_and(|unit| unit.character == ';');
    number(&text[start..end], radix).map(|character| (end + usize::from(is_closed), character))
}

/// Terminal sequence, such as a color (`ESC [ 31 m`), a title (`ESC ] 0;x BEL`) or a character set (`ESC ( B`).
fn terminal_sequence(text: &[Unit]) -> Option<(usize, Option<char>)> {
    let at = |index: usize| text.get(index).map(|unit| unit.character);
    let length = match (text.first()?.character, at(1)) {
        (CSI, _) => control_sequence(text, 1),
        (ESCAPE, Some('[')) => control_sequence(text, 2),
        (ESCAPE, Some(']')) => {
            let end = text.iter().position(|unit| matches!(unit.character, '\u{7}' | '\u{9c}'));
            let long_end = text[1..].iter().position(|unit| unit.character == ESCAPE).map(|at| at + 2);
            end.into_iter().chain(long_end).min().map_or(2, |end| end + 1).min(text.len())
        }
        (ESCAPE, Some('(' | ')' | '*' | '+' | '#' | '%')) => text.len().min(3),
        (ESCAPE, Some(character)) if character.is_ascii_graphic() => 2,
        (ESCAPE, _) => 1,
        _ => return None,
    };
    Some((length, None))
}

/// Length of a control sequence with parameters from `start`.
fn control_sequence(text: &[Unit], start: usize) -> usize {
    let is_parameter = |unit: &&Unit| matches!(unit.character, ' '..='?');
    let parameters = text[start..].iter().take_while(is_parameter).count();
    let is_ended = text.get(start + parameters).is_some_and(|unit| matches!(unit.character, '@'..='~'));
    // Only the introducer of an unterminated sequence is removed.
    if is_ended { start + parameters + 1 } else { start }
}

/// Number of digits at the start of the text.
fn digits(text: &[Unit], radix: u32) -> usize {
    text.iter().take(MAX_DIGITS).take_while(|unit| unit.character.is_digit(radix)).count()
}

fn number(digits: &[Unit], radix: u32) -> Option<char> {
    let value = digits.iter().try_fold(0_u32, |value, digit| {
        value.checked_mul(radix)?.checked_add(digit.character.to_digit(radix)?)
    });
    value.filter(|_| !digits.is_empty()).and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decoded(text: &str) -> String {
        let Some(mut decoded) = DecodedText::new(text) else { return text.to_owned() };
        while decoded.decode_layer() {}
        decoded.chars().collect()
    }

    #[test]
    fn nested_escapes_are_decoded() {
        for written in [
            "a-b",
            r"a\u002db",
            r"a\u002Db",
            r"a\u{2d}b",
            r"a\x2db",
            r"a\\u002db",
            r"a\u005cu002db",
            r"\x61\x5c\x75\x30\x30\x32\x64b",
            "a%2Db",
            "a%2db",
            "a%252Db",
            "a%25252Db",
            r"a\u00252Db",
            "a&#45;b",
            "a&#x2D;b",
            "a&amp;#45;b",
            "a－b",
            "a%EF%BC%8Db",
            "a\u{200b}-b",
            "a\u{1b}[1;31m-b",
            r"a\u001b[0m-b",
            r"a\u{1b}[31m-b",
            "a\u{9b}31m-b",
            "a\u{1b}]0;title\u{7}-b",
            "a\u{1b}]0;title\u{1b}\\-b",
            "a\u{1b}(B-b",
            "a\u{0}-\u{8}b",
            "a\u{e0001}-\u{e0100}\u{3164}\u{115f}\u{2065}\u{fff9}b",
            r"a\055b",
            r"\141\055\142",
            r"a\U0000002db",
            "a&#45b",
            "a&hyphen;b",
        ] {
            assert_eq!(decoded(written), "a-b", "{written:?}");
        }
        for plain in
            ["", "100% sure", "a & b;", r"C:\dir", "ü@x", "&#;", r"\u12", "%G1", "%FFx", "a}b{c}", "\\", "%"]
        {
            assert_eq!(decoded(plain), plain, "{plain:?}");
        }
        assert_eq!(decoded("%C3%BC %25 \\u00fc"), "ü % ü");
    }

    #[test]
    fn more_encodings_are_decoded_for_a_known_secret() {
        for written in [
            r"a\2d b",
            r"a\00002db",
            "a=2Db",
            "a=3D2Db",
            "a-\nb",
            "a-\r\nb",
            r"a-\nb",
            "a-=0A=0Db",
            "a-=\r\nb",
        ] {
            let mut thorough = DecodedText::thorough(written).unwrap();
            while thorough.decode_layer() {}
            assert_eq!(thorough.chars().collect::<String>(), "a-b", "{written:?}");
        }
        assert!(DecodedText::new("page=40&size=10\n").is_some());
        assert_eq!(decoded("page=40\n"), "page=40\n");
    }

    #[test]
    fn positions_refer_to_the_original_text() {
        let text = r"é=a\u002db&#45;";
        let mut decoded = DecodedText::new(text).unwrap();
        assert!(decoded.decode_layer());
        assert_eq!(decoded.chars().collect::<String>(), "é=a-b-");
        assert_eq!(&text[decoded.source_of(3..4)], r"\u002d");
        assert_eq!(&text[decoded.source_of(2..6)], r"a\u002db&#45;");
        assert_eq!(decoded.source_of(3..3), 0..0);
        assert!(!decoded.decode_layer());
    }
}
