//! Hash that stays the same in every version, because checkpoints store it.

/// FNV-1a hash of several delimited parts.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a part.
    pub(crate) fn part(mut self, part: &[u8]) -> Self {
        for byte in part {
            self.write(*byte);
        }
        // Delimiter: this byte never occurs in UTF-8.
        self.write(0xff);
        self
    }

    /// Adds an optional part. `None` differs from an empty part.
    pub(crate) fn optional(mut self, part: Option<&str>) -> Self {
        if let Some(part) = part {
            return self.part(part.as_bytes());
        }
        self.write(0xfe);
        self
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }

    fn write(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
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
