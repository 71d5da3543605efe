//! One page of a paginated list.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::redact::Redacted;
use crate::types::resource::{Key, KeysOf, NonNull};

/// One page of a paginated list.
///
/// A response without `results` is an error, not an empty page. A `null` among the results is skipped. `Debug` shows the
/// number of results, not the results.
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
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Page<I> {
    /// Number of results on all pages, as the platform counts them; `None` if the platform sent `null` or an invalid
    /// count, such as -1.
    pub count: Option<u64>,
    /// URL of the next page; `None` on the last page. It may point to another host, so do not request it yourself:
    /// `Pages` requests the next page.
    pub next: Option<String>,
    /// URL of the previous page; `None` on the first page.
    pub previous: Option<String>,
    /// Results on this page.
    pub results: Vec<I>,
    /// Fields that this version of the crate does not know, unchanged. In a list of entities, also the totals per kind.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An empty page, the only one of its list.
impl<I> Default for Page<I> {
    fn default() -> Self {
        Self { count: None, next: None, previous: None, results: Vec::new(), extra: Map::new() }
    }
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
                        // An invalid count must not cost the page.
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
