//! A page of a long list.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::redact::Redacted;
use crate::types::resource::{Key, KeysOf, NonNull};

/// A page of a long list, as the platform sends it (contract 0, "Pagination").
///
/// An answer without `results` is an error, not an empty page. A `null` among the results is left out, and a `count`
/// that is not a number of results, such as -1, is `None`. `Debug` shows how many results there are, not what is in
/// them.
///
/// ```
/// use mem0::Page;
/// use mem0::projects::Project;
///
/// let page: Page<Project> =
///     serde_json::from_str(r#"{"count":1,"next":null,"previous":null,"results":[{"name":"P"}]}"#)?;
/// assert_eq!(page.count, Some(1));
/// assert_eq!(page.results[0].name.as_deref(), Some("P"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<I> {
    /// How many there are on all pages together, as the platform counts.
    pub count: Option<u64>,
    /// Where the next page is; `None` on the last one. Not to be fetched as it stands: it may name another
    /// host. `Pages` knows how.
    pub next: Option<String>,
    /// Where the page before is; `None` on the first one.
    pub previous: Option<String>,
    /// What is on this page.
    pub results: Vec<I>,
    /// The fields this version of the crate does not know, as they were sent; with a list of entities, how
    /// many there are of each kind.
    pub extra: Map<String, Value>,
}

impl<'de, I: Deserialize<'de>> Deserialize<'de> for Page<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<I>(PhantomData<I>);

        impl<'de, I: Deserialize<'de>> Visitor<'de> for Fields<I> {
            type Value = Page<I>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object (Page)")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page<I>, A::Error> {
                let (mut count, mut next, mut previous) = (None, None, None);
                let (mut results, mut extra) = (None, Map::new());
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    match key.as_str() {
                        // An odd count is no reason to lose the page.
                        "count" => count = map.next_value::<Value>()?.as_u64(),
                        "next" => next = map.next_value()?,
                        "previous" => previous = map.next_value()?,
                        "results" => results = Some(map.next_value::<NonNull<I>>()?.0),
                        _ => {
                            extra.insert(key.into_string(), map.next_value()?);
                        }
                    }
                }
                let results = results.ok_or_else(|| de::Error::missing_field("results"))?;
                Ok(Page { count, next, previous, results, extra })
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

impl<I> fmt::Debug for Page<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("count", &self.count)
            .field("next", &Redacted(&self.next))
            .field("results", &self.results.len())
            .field("extra", &KeysOf(&self.extra))
            .finish_non_exhaustive()
    }
}
