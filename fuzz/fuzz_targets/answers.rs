//! Bodies of answers, read as every type of answer. The first byte chooses the call.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use mem0::blocking::{MemoryClient, Pages};
use mem0::Page;
use mem0::client::{HeaderMap, StatusCode};
use mem0::memories::ListMemories;
use mem0::{AddMemories, Filter, Result, SearchMemories};
use mem0_fuzz::{Canned, check_error, check_shown, client};
use serde::de::DeserializeOwned;

/// An answer of any JSON is the caller's own value, and shown as it is: it is dropped before.
fn shown<V: Debug>(answer: Result<V>) {
    match answer {
        Ok(value) => check_shown(&format!("{value:?}")),
        Err(error) => check_error(&error),
    }
}

fn first<V: Debug + DeserializeOwned>(pages: Result<Pages<V, Canned>>) -> Result<Option<Page<V>>> {
    pages?.next_page()
}

fn call(client: &MemoryClient<Canned>, choice: u8) {
    let project = client.project_in("org_abc", "proj_abc");
    let filter = || Filter::user("ann");
    match choice % 24 {
        0 => shown(client.ping()),
        1 => shown(client.organizations().list()),
        2 => shown(client.organization("org_abc").get()),
        3 => shown(client.organization("org_abc").projects()),
        4 => shown(project.get()),
        5 => shown(project.get_members()),
        6 => shown(project.webhooks().list()),
        7 => shown(project.delete()),
        8 => shown(first(client.get_all(ListMemories::new(filter())))),
        9 => shown(client.search(SearchMemories::new("tea", filter()))),
        10 => shown(client.get("mem_1")),
        11 => shown(client.history("mem_1")),
        12 => shown(client.add(AddMemories::new("Likes tea").user_id("ann"))),
        13 => shown(first(client.users())),
        14 => shown(first(client.events().list())),
        15 => shown(client.events().get("event_1")),
        16 => shown(client.exports().get("exp_1").map(drop)),
        17 => shown(client.stats()),
        18 => shown(client.summary(filter()).map(drop)),
        19 => shown(client.profiles().get("ann")),
        20 => shown(client.profiles().settings()),
        21 => shown(client.profiles().job("job_1")),
        22 => shown(client.entities().filters()),
        _ => shown(client.delete("mem_1")),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    call(&client(StatusCode::OK, HeaderMap::new(), body), *choice);
});
