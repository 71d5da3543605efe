//! Clients of a local platform, ready made.

use crate::LocalPlatform;

impl LocalPlatform {
    /// A blocking client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](mem0::Error::Config) if it listens on an address that is not loopback: keys of a
    /// local platform are sent nowhere else.
    #[cfg(feature = "blocking")]
    pub fn client(&self) -> mem0::Result<mem0::MemoryClient> {
        mem0::MemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }

    /// An async client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](mem0::Error::Config) if it listens on an address that is not loopback: keys of a
    /// local platform are sent nowhere else.
    #[cfg(feature = "async")]
    pub fn async_client(&self) -> mem0::Result<mem0::AsyncMemoryClient> {
        mem0::AsyncMemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }
}
