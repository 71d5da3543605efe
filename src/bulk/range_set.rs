//! Set of mostly consecutive numbers.

use std::collections::BTreeMap;

/// Set of numbers, stored as ranges.
#[derive(Debug, Default)]
pub(crate) struct RangeSet {
    /// Last number of each range, by its first number.
    ranges: BTreeMap<u64, u64>,
    count: u64,
}

impl RangeSet {
    pub(crate) fn contains(&self, number: u64) -> bool {
        self.ranges.range(..=number).next_back().is_some_and(|(_, last)| *last >= number)
    }

    /// Number of elements.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Largest element.
    pub(crate) fn last(&self) -> Option<u64> {
        self.ranges.last_key_value().map(|(_, last)| *last)
    }

    pub(crate) fn insert(&mut self, number: u64) {
        if self.contains(number) {
            return;
        }
        self.count += 1;
        let before = self.ranges.range(..number).next_back().filter(|(_, last)| **last + 1 == number);
        let first = before.map_or(number, |(first, _)| *first);
        let after = number.checked_add(1).and_then(|next| self.ranges.remove(&next));
        self.ranges.insert(first, after.unwrap_or(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_numbers_are_merged_into_one_range() {
        let mut ranges = RangeSet::default();
        for number in [5, 1, 3, 2, 9, u64::MAX, 0, 4, 4] {
            ranges.insert(number);
        }
        let expected = BTreeMap::from([(0, 5), (9, 9), (u64::MAX, u64::MAX)]);
        assert_eq!((ranges.count(), &ranges.ranges), (8, &expected));
        for (number, is_in) in [(0, true), (5, true), (6, false), (9, true), (10, false), (u64::MAX, true)] {
            assert_eq!(ranges.contains(number), is_in, "{number}");
        }
    }
}
