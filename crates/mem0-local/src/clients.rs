//! Clients for a local platform.

use crate::LocalPlatform;

impl LocalPlatform {
    /// Returns a blocking client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](mem0::Error::Config) if the platform listens on an address that is not loopback: the client
    /// sends no key over plain HTTP to another machine.
    #[cfg(feature = "blocking")]
    pub fn client(&self) -> mem0::Result<mem0::MemoryClient> {
        mem0::MemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }

    /// Returns an async client with the OWNER's key.
    ///
    /// # Errors
    /// [`Error::Config`](mem0::Error::Config) if the platform listens on an address that is not loopback: the client
    /// sends no key over plain HTTP to another machine.
    #[cfg(feature = "async")]
    pub fn async_client(&self) -> mem0::Result<mem0::AsyncMemoryClient> {
        mem0::AsyncMemoryClient::builder().base_url(self.url()).api_key(self.api_key()).build()
    }
}
