//! Filters as JSON: through the library, and to the offline platform, which refuses what is not one.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use mem0_local::LocalPlatform;
use mem0::memories::ListMemories;
use mem0::{Filter, MemoryClient, SearchMemories};
use mem0_fuzz::check_error;

fn platform() -> &'static (LocalPlatform, MemoryClient) {
    static PLATFORM: OnceLock<(LocalPlatform, MemoryClient)> = OnceLock::new();
    PLATFORM.get_or_init(|| {
        let platform = LocalPlatform::start().expect("it starts");
        let client = platform.client().expect("its own client");
        (platform, client)
    })
}

fuzz_target!(|data: &[u8]| {
    let Ok(value) = serde_json::from_slice(data) else { return };
    let filter = Filter::raw(value);
    let (_, client) = platform();
    let read = Filter::raw(filter.to_value());
    assert_eq!(read.to_value(), filter.to_value());
    let _ = (filter.has_scope(), filter.to_rooted_value(), format!("{filter:?}"));
    let listed = client.get_all(ListMemories::new(filter.clone())).and_then(|mut pages| pages.next_page().map(drop));
    let found = client.search(SearchMemories::new("tea", filter)).map(drop);
    for answer in [listed, found] {
        if let Err(error) = answer {
            check_error(&error);
            assert!(error.status().is_none_or(|status| status.is_client_error()), "{error}");
        }
    }
});
