//! Stand-ins for e-mail addresses, in the order in which the addresses came.

use std::collections::HashMap;

use crate::cassette::addresses::rewrite;

/// Who was met, and the number of each. The same address is the same person, however it is capitalized.
#[derive(Default)]
pub(super) struct People {
    numbers: HashMap<String, usize>,
    /// The addresses as they were first written, in the order of their numbers.
    met: Vec<String>,
}

impl People {
    /// The text with a number, from one on, made into what takes the place of each address.
    pub(super) fn replace(&mut self, text: &str, name: impl Fn(usize) -> String) -> String {
        rewrite(text, |address| name(self.number(address)))
    }

    /// The addresses in the order of their numbers.
    pub(super) fn into_met(self) -> Vec<String> {
        self.met
    }

    fn number(&mut self, address: &str) -> usize {
        let next = self.met.len() + 1;
        let number = *self.numbers.entry(address.to_lowercase()).or_insert(next);
        if number == next {
            self.met.push(address.to_owned());
        }
        number
    }
}

/// What stands in a cassette for an address.
pub(super) fn stand_in(number: usize) -> String {
    format!("person-{number}@example.com")
}
