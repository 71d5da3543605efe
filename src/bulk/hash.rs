//! Hash that stays the same in every version, because checkpoints store it.

use std::hash::Hasher;

use fnv::FnvHasher;

/// FNV-1a hash of several delimited parts.
#[derive(Default)]
pub(crate) struct Hash(FnvHasher);

impl Hash {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a part.
    pub(crate) fn part(mut self, part: &[u8]) -> Self {
        self.0.write(part);
        // Delimiter: this byte never occurs in UTF-8.
        self.0.write_u8(0xff);
        self
    }

    /// Adds an optional part. `None` differs from an empty part.
    pub(crate) fn optional(mut self, part: Option<&str>) -> Self {
        if let Some(part) = part {
            return self.part(part.as_bytes());
        }
        self.0.write_u8(0xfe);
        self
    }

    pub(crate) fn value(self) -> u64 {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_delimited_and_the_value_is_stable() {
        let of =
            |parts: &[&str]| parts.iter().fold(Hash::new(), |hash, part| hash.part(part.as_bytes())).value();
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(Hash::new().optional(None).value(), Hash::new().optional(Some("")).value());
        assert_eq!(of(&["tea"]), 0xfa24_6bef_19b0_bb42);
    }
}
