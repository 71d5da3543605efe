//! Text with its escapes decoded: what a reader would see, and where in the text each character was written.

use std::iter;
use std::ops::Range;

/// Characters of a text with its escapes decoded, layer by layer, since an escape may have been escaped again: JSON
/// (`\u002d`, `\/`), Rust's `Debug` (`\u{2d}`), percent-encoding (`%2D`, `%252D`), numeric HTML entities (`&#45;`) and
/// full-width forms. Invisible characters and the colours of a terminal are left out.
///
/// It decodes too much rather than too little: it is for finding secrets, not for reading.
pub(crate) struct DecodedText {
    units: Vec<Unit>,
    layers: usize,
}

/// A character and the bytes of the text that it was written with.
#[derive(Clone, Copy)]
struct Unit {
    character: char,
    start: u32,
    end: u32,
}

/// Number of layers of escapes that are decoded. Nobody reads a text that has more.
const MOST_LAYERS: usize = 8;

/// Number of digits that are read of an escape whose length is not fixed.
const MOST_DIGITS: usize = 8;

impl DecodedText {
    /// The text before anything in it is decoded, or `None` where it has no escape.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii() && !matches!(byte, b'\\' | b'%' | b'&' | 0x1b);
        if text.bytes().all(is_plain) || u32::try_from(text.len()).is_err() {
            return None;
        }
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let units = text.char_indices().map(|(start, character)| Unit {
            character: narrow(character),
            start: position(start),
            end: position(start + character.len_utf8()),
        });
        Some(Self { units: units.filter(|unit| !is_invisible(unit.character)).collect(), layers: 0 })
    }

    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + '_ {
        self.units.iter().map(|unit| unit.character)
    }

    /// Where in the text these characters are written.
    pub(crate) fn source_of(&self, characters: Range<usize>) -> Range<usize> {
        match self.units.get(characters) {
            Some([first, .., last]) => first.start as usize..last.end as usize,
            Some([only]) => only.start as usize..only.end as usize,
            _ => 0..0,
        }
    }

    /// Decodes one layer of escapes. Returns whether there was one.
    pub(crate) fn decode_layer(&mut self) -> bool {
        if self.layers == MOST_LAYERS {
            return false;
        }
        self.layers += 1;
        let (mut read, mut written) = (0, 0);
        while read < self.units.len() {
            let (length, character) =
                escape(&self.units[read..]).unwrap_or((1, Some(self.units[read].character)));
            let (start, end) = (self.units[read].start, self.units[read + length - 1].end);
            if let Some(character) = character.map(narrow).filter(|character| !is_invisible(*character)) {
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

/// ASCII for the full-width form of it.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{fe6b}' => '@',
        other => other,
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The escape at the start of the text: how many characters it has, and what it stands for, if anything is seen of it.
fn escape(text: &[Unit]) -> Option<(usize, Option<char>)> {
    match text.first()?.character {
        '\\' => backslashed(text).map(|(length, character)| (length, Some(character))),
        '%' => percent_encoded(text).map(|(length, character)| (length, Some(character))),
        '&' => html_entity(text).map(|(length, character)| (length, Some(character))),
        '\u{1b}' => terminal_colour(text).map(|length| (length, None)),
        _ => None,
    }
}

/// `\/`, `\"`, `\\`, `\n` and the like, `\x2d`, `\u002d`, `\u{2d}`.
fn backslashed(text: &[Unit]) -> Option<(usize, char)> {
    let character = match text.get(1)?.character {
        'u' if text.get(2)?.character == '{' => {
            let digits = digits(&text[3..], 16);
            let is_closed = text.get(3 + digits).is_some_and(|unit| unit.character == '}');
            return number(&text[3..3 + digits], 16)
                .filter(|_| is_closed)
                .map(|character| (digits + 4, character));
        }
        'u' => return number(text.get(2..6)?, 16).map(|character| (6, character)),
        'x' => return number(text.get(2..4)?, 16).map(|character| (4, character)),
        same @ ('/' | '"' | '\'' | '\\') => same,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' | 'f' | '0' | 'a' | 'v' => ' ',
        'e' => '\u{1b}',
        _ => return None,
    };
    Some((2, character))
}

/// `%2D`, or several for one character outside ASCII.
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

/// `&#45;` or `&#x2d;`, and the names that every escape knows.
fn html_entity(text: &[Unit]) -> Option<(usize, char)> {
    for (name, character) in [("amp;", '&'), ("quot;", '"'), ("apos;", '\'')] {
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
    number(&text[start..end], radix).filter(|_| is_closed).map(|character| (end + 1, character))
}

/// A control sequence of a terminal, which is not seen: `ESC [ 31 m`.
fn terminal_colour(text: &[Unit]) -> Option<usize> {
    if text.get(1)?.character != '[' {
        return None;
    }
    let is_parameter = |unit: &&Unit| unit.character.is_ascii_digit() || ";:?".contains(unit.character);
    let parameters = text[2..].iter().take_while(is_parameter).count();
    let last = text.get(2 + parameters)?;
    last.character.is_ascii_alphabetic().then_some(parameters + 3)
}

/// How many digits the text begins with.
fn digits(text: &[Unit], radix: u32) -> usize {
    text.iter().take(MOST_DIGITS).take_while(|unit| unit.character.is_digit(radix)).count()
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
    fn escapes_are_decoded_however_deep_they_are_nested() {
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
    fn a_character_is_where_it_was_written() {
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
