//! Place of a page in a long list, and the way to smaller pages.

/// Number of items of a page where the caller asks for no size.
const DEFAULT_SIZE: u64 = 100;

/// Largest page of the platform. It answers a larger size with pages of this one, without a word.
const MAX_SIZE: u64 = 200;

/// A page: its number, and the size it is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// From 1 on; `None` for the first page, which needs no number.
    pub(crate) number: Option<u64>,
    /// Size in place of the caller's, once pages of that were too large.
    pub(crate) size: Option<u64>,
    /// Largest number of items of a page so far. A server may have a lower limit than the size asked for, and counts its
    /// pages in that: no larger size is ever taken for the real one.
    longest: u64,
}

/// How a list is told the size of its pages.
#[derive(Debug)]
pub(crate) struct PageSize {
    /// Query parameter; `None` where the route has none, as far as is known.
    pub(crate) parameter: Option<&'static str>,
    /// Size the caller asks for.
    asked: u64,
}

impl PageSize {
    pub(crate) fn new(parameter: Option<&'static str>, asked: Option<u64>) -> Self {
        Self { parameter, asked: asked.unwrap_or(DEFAULT_SIZE) }
    }

    /// The position that begins with the same item, in pages of at most half the size; `None` where a page has one
    /// item already.
    pub(crate) fn smaller(&self, position: Position) -> Option<Position> {
        self.parameter?;
        let pages_before = position.number.unwrap_or(1).checked_sub(1)?;
        let observed = Some(position.longest).filter(|longest| *longest > 0);
        let size = position.size.or(observed).unwrap_or(self.asked);
        if pages_before > 0 && size > MAX_SIZE && observed.is_none() {
            // Nothing tells where this page begins.
            return None;
        }
        let offset = pages_before.checked_mul(size)?;
        let smaller = largest_divisor(offset, 1, size / 2)?;
        Some(position.resized(offset, smaller))
    }
}

impl Position {
    pub(crate) fn at(number: Option<u64>) -> Self {
        Self { number, size: None, longest: 0 }
    }

    /// The next page, after one of `length` items. With room in the body limit, a size that was lowered grows again, up
    /// to that of the longest page.
    pub(crate) fn followed_by(self, number: u64, length: u64, has_room: bool) -> Self {
        // A page that another follows is full.
        let size = self.size.map(|size| size.min(length.max(1)));
        let next = Self { number: Some(number), size, longest: self.longest.max(length) };
        let Some(size) = size.filter(|size| has_room && *size < next.longest) else { return next };
        let larger = size.saturating_mul(2).min(next.longest);
        let offset = number.checked_sub(1).and_then(|pages| pages.checked_mul(size));
        let grown = offset.and_then(|offset| Some((offset, largest_divisor(offset, size + 1, larger)?)));
        grown.map_or(next, |(offset, larger)| next.resized(offset, larger))
    }

    fn resized(self, offset: u64, size: u64) -> Self {
        Self { number: self.number.map(|_| offset / size + 1), size: Some(size), ..self }
    }
}

/// The largest divisor of an offset in that range: pages of its size have a border there.
fn largest_divisor(offset: u64, from: u64, to: u64) -> Option<u64> {
    (from..=to.min(MAX_SIZE)).rev().find(|size| offset.is_multiple_of(*size))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Reads a list of items of these sizes through pages that may have `limit` bytes, from the page `number` on. The
    /// server has no pages longer than `cap`.
    fn read(
        items: &[u64],
        limit: u64,
        asked: u64,
        cap: u64,
        number: Option<u64>,
    ) -> Option<(Vec<usize>, usize)> {
        let size = PageSize::new(Some("page_size"), Some(asked));
        let (mut position, mut found, mut requests) = (Position::at(number), Vec::new(), 0);
        loop {
            requests += 1;
            let length = usize::try_from(position.size.unwrap_or(asked).min(cap)).unwrap();
            let from = usize::try_from(position.number.unwrap_or(1) - 1).unwrap() * length;
            let page: Vec<usize> = (from..items.len().min(from + length)).collect();
            let bytes: u64 = page.iter().map(|at| items[*at]).sum();
            if bytes > limit {
                position = size.smaller(position)?;
                continue;
            }
            found.extend(&page);
            if from + length >= items.len() {
                return Some((found, requests));
            }
            let next = position.number.unwrap_or(1) + 1;
            position = position.followed_by(next, page.len() as u64, bytes <= limit / 4);
        }
    }

    #[test]
    fn every_item_is_read_once_whatever_the_sizes() {
        for asked in [1, 2, 3, 7, 50, 97, 100, 199, 200, 1000] {
            for seed in 0..20_u64 {
                let mut state = seed + 1;
                let mut random = |below: u64| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) % below
                };
                let items: Vec<u64> =
                    (0..700).map(|_| if random(10) == 0 { random(1001) } else { random(20) }).collect();
                for cap in [1, 3, 10, 64, 99, 100, 200] {
                    let (found, _) = read(&items, 1000, asked, cap, None).unwrap();
                    assert_eq!(found, (0..700).collect::<Vec<_>>(), "{asked} {cap} {seed}");
                }
                let Some((found, _)) = read(&items, 1000, asked, 200, Some(3)) else {
                    assert!(asked > 200, "{asked} {seed}");
                    continue;
                };
                let from = usize::try_from(2 * asked.min(200)).unwrap();
                assert_eq!(found, (from..700).collect::<Vec<_>>(), "{asked} {seed}");
            }
        }
    }

    #[test]
    fn pages_grow_again_behind_a_large_item() {
        let mut items = vec![1; 10_000];
        items[350] = 1000;
        let (_, requests) = read(&items, 1000, 200, 200, None).unwrap();
        assert!(requests < 100, "{requests}");
        items[350] = 1001;
        assert!(read(&items, 1000, 200, 200, None).is_none());
    }

    #[test]
    fn sizes_out_of_range_are_no_trouble() {
        let size = PageSize::new(Some("page_size"), Some(u64::MAX));
        assert_eq!(size.smaller(Position::at(Some(u64::MAX))), None);
        assert_eq!(size.smaller(Position::at(None)).unwrap().size, Some(MAX_SIZE));
        assert_eq!(size.smaller(Position::at(Some(2))), None);
        assert_eq!(PageSize::new(None, Some(7)).smaller(Position::at(None)), None);
        assert_eq!(PageSize::new(Some("limit"), Some(1)).smaller(Position::at(None)), None);
    }
}
