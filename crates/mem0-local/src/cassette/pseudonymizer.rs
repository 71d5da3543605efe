//! Pseudonyms for e-mail addresses.

use std::collections::HashMap;

use crate::cassette::addresses::rewrite;

/// Numbers e-mail addresses in the order of their first occurrence. Capitalization is ignored.
#[derive(Default)]
pub(super) struct Pseudonymizer {
    numbers: HashMap<String, usize>,
    /// Addresses as they were first written, in the order of their numbers.
    addresses: Vec<String>,
}

impl Pseudonymizer {
    /// Replaces each address in a text by `name` of its number. Numbers start at 1.
    pub(super) fn replace(&mut self, text: &str, name: impl Fn(usize) -> String) -> String {
        rewrite(text, |address| name(self.number(address)))
    }

    /// Addresses in the order of their numbers.
    pub(super) fn into_addresses(self) -> Vec<String> {
        self.addresses
    }

    fn number(&mut self, address: &str) -> usize {
        let next = self.addresses.len() + 1;
        let number = *self.numbers.entry(address.to_lowercase()).or_insert(next);
        if number == next {
            self.addresses.push(address.to_owned());
        }
        number
    }
}

/// Pseudonym with a number.
pub(super) fn pseudonym(number: usize) -> String {
    format!("person-{number}@example.com")
}
