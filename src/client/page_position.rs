//! Position of a page in a list, and its conversion to another page size.

/// Page size if the caller sets none.
pub(crate) const DEFAULT_SIZE: u64 = 100;

/// Maximum page size of the platform. It silently lowers a larger size to this one.
pub(crate) const MAX_SIZE: u64 = 200;

/// Number of a page, and the page size that it is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Page number from 1; `None` for the first page, which needs none.
    pub(crate) number: Option<u64>,
    /// Page size in place of the caller's, after a page of that size was too large.
    pub(crate) size: Option<u64>,
    /// Largest number of items in a page so far. A server may have a lower maximum than the requested size, and counts
    /// its pages in that.
    max_len: u64,
}

/// Page size parameter of a route.
#[derive(Debug, Clone)]
pub(crate) struct PageSize {
    /// Query parameter; `None` if the route has none.
    pub(crate) parameter: Option<&'static str>,
    /// Page size that the caller requests; `None` for the default.
    pub(crate) requested: Option<u64>,
}

impl PageSize {
    pub(crate) fn new(parameter: Option<&'static str>, requested: Option<u64>) -> Self {
        Self { parameter, requested }
    }

    /// Position that begins with the same item, in pages of at most half the size; `None` if the page has a single
    /// item.
    pub(crate) fn smaller(&self, position: Position) -> Option<Position> {
        self.parameter?;
        let pages_before = position.number.unwrap_or(1).checked_sub(1)?;
        let observed = Some(position.max_len).filter(|max_len| *max_len > 0);
        let size = position.size.or(observed).or(self.requested).unwrap_or(DEFAULT_SIZE);
        if pages_before > 0 && size > MAX_SIZE && observed.is_none() {
            // The real page size is unknown, and so is the first item of this page.
            return None;
        }
        let offset = pages_before.checked_mul(size)?;
        let smaller = largest_divisor(offset, 1, size / 2)?;
        Some(position.resized(offset, smaller))
    }
}

impl Position {
    pub(crate) fn at(number: Option<u64>) -> Self {
        Self { number, size: None, max_len: 0 }
    }

    /// Position of the next page, after one of `length` items. With `can_grow`, a lowered page size grows again, up to
    /// the largest page so far.
    pub(crate) fn next(self, number: u64, length: u64, can_grow: bool) -> Self {
        // Every page but the last is full.
        let size = self.size.map(|size| size.min(length.max(1)));
        let next = Self { number: Some(number), size, max_len: self.max_len.max(length) };
        let Some(size) = size.filter(|size| can_grow && *size < next.max_len) else { return next };
        let larger = size.saturating_mul(2).min(next.max_len);
        let offset = number.checked_sub(1).and_then(|pages| pages.checked_mul(size));
        let grown = offset.and_then(|offset| Some((offset, largest_divisor(offset, size + 1, larger)?)));
        grown.map_or(next, |(offset, larger)| next.resized(offset, larger))
    }

    fn resized(self, offset: u64, size: u64) -> Self {
        Self { number: self.number.map(|_| offset / size + 1), size: Some(size), ..self }
    }
}

/// Largest divisor of an offset in a range: a page of that size begins at the offset.
fn largest_divisor(offset: u64, from: u64, to: u64) -> Option<u64> {
    (from..=to.min(MAX_SIZE)).rev().find(|size| offset.is_multiple_of(*size))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Reads a list of items with these sizes in bytes, from the page `number` on. A page may have `limit` bytes and
    /// `cap` items.
    fn read(
        items: &[u64],
        limit: u64,
        requested: u64,
        cap: u64,
        number: Option<u64>,
    ) -> Option<(Vec<usize>, usize)> {
        let size = PageSize::new(Some("page_size"), Some(requested));
        let (mut position, mut found, mut requests) = (Position::at(number), Vec::new(), 0);
        loop {
            requests += 1;
            let length = usize::try_from(position.size.unwrap_or(requested).min(cap)).unwrap();
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
            position = position.next(next, page.len() as u64, bytes <= limit / 4);
        }
    }

    #[test]
    fn every_item_is_read_once_with_any_sizes() {
        for requested in [1, 2, 3, 7, 50, 97, 100, 199, 200, 1000] {
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
                    let (found, _) = read(&items, 1000, requested, cap, None).unwrap();
                    assert_eq!(found, (0..700).collect::<Vec<_>>(), "{requested} {cap} {seed}");
                }
                let Some((found, _)) = read(&items, 1000, requested, 200, Some(3)) else {
                    assert!(requested > 200, "{requested} {seed}");
                    continue;
                };
                let from = usize::try_from(2 * requested.min(200)).unwrap();
                assert_eq!(found, (from..700).collect::<Vec<_>>(), "{requested} {seed}");
            }
        }
    }

    #[test]
    fn pages_grow_again_after_a_large_item() {
        let mut items = vec![1; 10_000];
        items[350] = 1000;
        let (_, requests) = read(&items, 1000, 200, 200, None).unwrap();
        assert!(requests < 100, "{requests}");
        items[350] = 1001;
        assert!(read(&items, 1000, 200, 200, None).is_none());
    }

    #[test]
    fn sizes_out_of_range_do_not_panic() {
        let size = PageSize::new(Some("page_size"), Some(u64::MAX));
        assert_eq!(size.smaller(Position::at(Some(u64::MAX))), None);
        assert_eq!(size.smaller(Position::at(None)).unwrap().size, Some(MAX_SIZE));
        assert_eq!(size.smaller(Position::at(Some(2))), None);
        assert_eq!(PageSize::new(None, Some(7)).smaller(Position::at(None)), None);
        assert_eq!(PageSize::new(Some("limit"), Some(1)).smaller(Position::at(None)), None);
    }
}
