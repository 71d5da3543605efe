//! A hash that is the same in every version, since checkpoints keep it.

/// FNV-1a of several parts, which are told apart.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn part(mut self, part: &[u8]) -> Self {
        for byte in part {
            self.take(*byte);
        }
        // No UTF-8 has this byte.
        self.take(0xff);
        self
    }

    /// A part that may be missing, which is not the same as empty.
    pub(crate) fn optional(mut self, part: Option<&str>) -> Self {
        if let Some(part) = part {
            return self.part(part.as_bytes());
        }
        self.take(0xfe);
        self
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }

    fn take(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_and_the_value_is_kept() {
        let of =
            |parts: &[&str]| parts.iter().fold(Hash::new(), |hash, part| hash.part(part.as_bytes())).value();
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(Hash::new().optional(None).value(), Hash::new().optional(Some("")).value());
        assert_eq!(of(&["tea"]), 0xfa24_6bef_19b0_bb42);
    }
}
