//! The blocking flavour, on [ureq](https://docs.rs/ureq): for scripts, command-line tools and threads.
//!
//! [`MemoryClient`] here is [`mem0::MemoryClient`](crate::MemoryClient).

use maybe_async::must_be_sync as maybe_async;

macro_rules! flavour {
    () => {
        "blocking"
    };
}

/// An example of the body, as it reads in this flavour; it runs against an offline platform.
macro_rules! example {
    ($($part:tt)*) => {
        concat!(
            "```\n# fn main() -> Result<(), Box<dyn std::error::Error>> {\n\
             # let platform = mem0_local::LocalPlatform::start()?;\n\
             # let client = platform.client()?;\n",
            $(part!($part),)*
            "\n# Ok(())\n# }\n```"
        )
    };
}
/// How an example's second client, of another project, is made.
macro_rules! other_key {
    () => {
        "builder().base_url(platform.url()).api_key(platform.other_key()).build()?"
    };
}
macro_rules! part {
    (await) => {
        ""
    };
    ($text:literal) => {
        $text
    };
    ($beforehand:ident) => {
        prepared!($beforehand)
    };
}

mod absolute_form;
#[allow(clippy::duplicate_mod)]
#[path = "../client/api/mod.rs"]
mod api;
mod connection;
mod connector;
mod crew;
mod gate;
mod pages;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod transport;

pub use self::api::*;
use self::crew::crew;
use self::gate::Gate;
use self::pages::Fetching;
pub use self::transport::Ureq;
use self::transport::Ureq as DefaultTransport;
