//! The async flavour, on [reqwest](https://docs.rs/reqwest): for applications on tokio.
//!
//! [`MemoryClient`] here is [`mem0::AsyncMemoryClient`](crate::AsyncMemoryClient). Every future is `Send`.

use maybe_async::must_be_async as maybe_async;

macro_rules! flavour {
    () => {
        "asynchronous"
    };
}

/// An example of the body, as it reads in this flavour; it runs against an offline platform.
macro_rules! example {
    ($($part:tt)*) => {
        concat!(
            "```\n# #[tokio::main(flavor = \"current_thread\")]\n\
             # async fn main() -> Result<(), Box<dyn std::error::Error>> {\n\
             # let platform = mem0_local::LocalPlatform::start()?;\n\
             # let client = platform.async_client()?;\n",
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
        ".await"
    };
    ($text:literal) => {
        $text
    };
    ($beforehand:ident) => {
        prepared!($beforehand)
    };
}

#[allow(clippy::duplicate_mod)]
#[path = "../client/api/mod.rs"]
mod api;
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
pub use self::transport::Reqwest;
use self::transport::Reqwest as DefaultTransport;
