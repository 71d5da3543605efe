//! Clients of a local platform, ready made.

use crate::error::Result;
use crate::local::LocalPlatform;

impl LocalPlatform {
    /// A blocking client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if it listens on an address that is not loopback: keys of a
    /// local platform are sent nowhere else.
    #[cfg(feature = "blocking")]
    pub fn client(&self) -> Result<crate::MemoryClient> {
        crate::MemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }

    /// An async client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if it listens on an address that is not loopback: keys of a
    /// local platform are sent nowhere else.
    #[cfg(feature = "async")]
    pub fn async_client(&self) -> Result<crate::AsyncMemoryClient> {
        crate::AsyncMemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }
}
