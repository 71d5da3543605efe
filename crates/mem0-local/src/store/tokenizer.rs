//! Splitting of texts into words, compared without case, accents and English endings.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Maximum length of a word in bytes. Longer words are cut off.
const MAX_WORD_LEN: usize = 40;

/// English words that say little about the subject of a text.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "could",
    "d", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "ll", "m", "me", "my", "not", "of", "on", "or", "other", "our",
    "re", "s", "she", "should", "so", "such", "t", "tell", "that", "the", "their", "them", "then", "there",
    "they", "this", "to", "user", "ve", "was", "we", "were", "what", "when", "where", "which", "who", "whom",
    "whose", "why", "will", "with", "would", "you", "your",
];

/// Splits texts into words. Creating one is cheap; its buffer is reused between texts.
pub(crate) struct Tokenizer {
    stemmer: Stemmer,
    word: String,
}

/// A word of a text.
pub(crate) struct Word<'a> {
    stemmer: &'a Stemmer,
    /// Word in lower case without accents, with its ending.
    pub(crate) whole: &'a str,
    /// Whether `*` follows the word.
    pub(crate) is_prefix: bool,
}

impl Word<'_> {
    /// Stem by which words are compared. It begins with the first letter of the whole word.
    pub(crate) fn stem(&self) -> Cow<'_, str> {
        if self.whole.bytes().all(|byte| byte.is_ascii_lowercase()) {
            self.stemmer.stem(self.whole)
        } else {
            Cow::Borrowed(self.whole)
        }
    }

    pub(crate) fn is_stop_word(&self) -> bool {
        STOP_WORDS.binary_search(&self.whole).is_ok()
    }
}

impl Tokenizer {
    pub(crate) fn new() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), word: String::new() }
    }

    /// Calls `found` with each word of a text, in order, repetitions included.
    pub(crate) fn each(&mut self, text: &str, mut found: impl FnMut(Word<'_>)) {
        self.word.clear();
        if text.is_ascii() {
            for byte in text.bytes() {
                self.take(byte.to_ascii_lowercase().into(), &mut found);
            }
        } else {
            let plain = text.nfkd().filter(|c| canonical_combining_class(*c) == 0);
            for c in plain.flat_map(char::to_lowercase) {
                self.take(c, &mut found);
            }
        }
        self.end(false, &mut found);
    }

    fn take(&mut self, c: char, found: &mut impl FnMut(Word<'_>)) {
        if is_single_character_word(c) {
            self.end(false, found);
            self.word.push(c);
            self.end(false, found);
        } else if c.is_alphanumeric() {
            if self.word.len() < MAX_WORD_LEN {
                self.word.push(c);
            }
        } else {
            self.end(c == '*', found);
        }
    }

    fn end(&mut self, is_prefix: bool, found: &mut impl FnMut(Word<'_>)) {
        if self.word.is_empty() {
            return;
        }
        found(Word { stemmer: &self.stemmer, whole: &self.word, is_prefix });
        self.word.clear();
    }
}

/// Whether a character is a word by itself: Chinese and Japanese do not separate words by spaces.
fn is_single_character_word(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        let mut stems = Vec::new();
        Tokenizer::new().each(text, |word| stems.push(word.stem().into_owned()));
        stems
    }

    #[test]
    fn ignores_case_accents_and_endings() {
        assert_eq!(stems("Runs ten kilometres, RUNNING!"), ["run", "ten", "kilometr", "run"]);
        assert_eq!(stems("Café ÉCOLE naïve"), stems("cafe ecole naive"));
        assert_eq!(stems("ﬁne Ⅷ ²"), ["fine", "viii", "2"]);
        assert_eq!(stems("без сахара"), ["без", "сахара"]);
        assert_eq!(stems("日本 \u{0} tea"), ["日", "本", "tea"]);
        assert_eq!(stems(" --- \u{301}"), Vec::<String>::new());
        assert_eq!(stems(&"x".repeat(1000)), ["x".repeat(40)]);
    }

    #[test]
    fn stop_words_are_compared_before_stemming() {
        assert!(STOP_WORDS.is_sorted());
        let mut stop_words = Vec::new();
        Tokenizer::new().each("What's the budget?", |word| stop_words.push(word.is_stop_word()));
        assert_eq!(stop_words, [true, true, true, false]);
        let mut prefixes = Vec::new();
        Tokenizer::new().each("light* house", |word| prefixes.push(word.is_prefix));
        assert_eq!(prefixes, [true, false]);
    }
}
