//! Handle of a running platform.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::Value;

use crate::check;
use crate::clock::Clock;
use crate::error::LocalError;
use crate::http::fault::{Fault, Route};
use crate::http::request_log::LoggedRequest;
use crate::http::server::Server;
use crate::http::service::Service;
use crate::jobs::worker::JobWorker;
use crate::lock;
use crate::store::defaults::Defaults;
use crate::store::dump::{self, Dump};
use crate::store::keys::ProjectScope;
use crate::store::new_memory::NewMemory;
use crate::store::{Store, bulk_load, keys, projects, users};
use crate::webhooks::dispatcher::DeliveryOutcome;

/// A local platform. It serves the routes of the hosted platform from its own threads until it is dropped.
///
/// A new platform has a default user, organization and project, and an OWNER's key for the project. It works with and
/// without an async runtime.
///
/// ```
/// use mem0_local::LocalPlatform;
///
/// let platform = LocalPlatform::start()?;
/// assert!(platform.url().starts_with("http://127.0.0.1:"));
/// assert!(platform.api_key().starts_with("m0-local-"));
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
pub struct LocalPlatform {
    server: Server,
    worker: JobWorker,
    service: Arc<Service>,
    defaults: Defaults,
    url: String,
}

impl fmt::Debug for LocalPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPlatform").field("url", &self.url).finish_non_exhaustive()
    }
}

impl LocalPlatform {
    pub(crate) fn new(server: Server, worker: JobWorker, service: Arc<Service>, defaults: Defaults) -> Self {
        let url = format!("http://{}", connectable(server.address));
        Self { server, worker, service, defaults, url }
    }

    /// Returns the base URL, such as `http://127.0.0.1:41234`, without a slash at the end. For a platform that listens on
    /// all addresses, this is the loopback URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns an OWNER's key for the default project.
    ///
    /// The handle keeps the keys and IDs of the start. They become invalid if the platform deletes them, or
    /// [`load`](Self::load) replaces them.
    pub fn api_key(&self) -> &str {
        &self.defaults.owner_key
    }

    /// Returns a READER's key for the default project.
    pub fn reader_key(&self) -> &str {
        &self.defaults.reader_key
    }

    /// Returns the key of an OWNER of another organization, who is not a member of the default organization.
    pub fn other_key(&self) -> &str {
        &self.defaults.other_key
    }

    /// Returns the ID of the default organization.
    pub fn org_id(&self) -> &str {
        &self.defaults.org_id
    }

    /// Returns the ID of the default project.
    pub fn project_id(&self) -> &str {
        &self.defaults.project_id
    }

    /// Returns the clock of the platform.
    pub fn clock(&self) -> &Clock {
        &self.service.backend.clock
    }

    /// Creates a user without any membership, and returns the ID. An existing user is not changed.
    ///
    /// # Errors
    /// [`LocalError::Invalid`] for an invalid e-mail address, [`LocalError::Storage`] or [`LocalError::Damaged`] if the
    /// store failed.
    pub fn create_user(&self, email: &str) -> Result<String, LocalError> {
        check::email(&Value::from(email)).map_err(|text| LocalError::invalid("email", text))?;
        let now = self.service.backend.clock.now_in_microseconds();
        self.with_store(|store| store.write(|connection| Ok(users::ensure(connection, email, now)?.0)))
    }

    /// Creates an API key of a user for a project, which the hosted platform does in its dashboard only. A missing user
    /// is created. The user does not become a member of the project.
    ///
    /// # Errors
    /// [`LocalError::Invalid`] for an invalid e-mail address or a project that is not in the organization,
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn create_key(&self, email: &str, org_id: &str, project_id: &str) -> Result<String, LocalError> {
        check::email(&Value::from(email)).map_err(|text| LocalError::invalid("email", text))?;
        let now = self.service.backend.clock.now_in_microseconds();
        self.with_store(|store| {
            store.write(|connection| {
                check_project(connection, org_id, project_id)?;
                let (user_id, _) = users::ensure(connection, email, now)?;
                Ok(keys::create(connection, &user_id, org_id, project_id, now)?)
            })
        })
    }

    /// Stores many memories in one transaction, and returns their number. If one of them is invalid, none is stored.
    ///
    /// Each memory gets a history entry and its entities, but no event, no webhook delivery and no access time. This is
    /// about ten times as fast as adding them. For the best speed, load all memories in one call.
    ///
    /// The platform is locked until the iterator ends: an iterator that sends a request to the same platform deadlocks.
    ///
    /// ```
    /// use mem0_local::{LocalPlatform, NewMemory};
    ///
    /// let platform = LocalPlatform::start()?;
    /// let memories = (1..=1000).map(|cup| NewMemory::new(format!("Had cup {cup} of tea")).user("alice"));
    /// assert_eq!(platform.load_memories(platform.org_id(), platform.project_id(), memories)?, 1000);
    /// # Ok::<(), mem0_local::LocalError>(())
    /// ```
    ///
    /// # Errors
    /// [`LocalError::Invalid`] if the project is not in the organization, or if a memory has no text or no entity;
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn load_memories(
        &self,
        org_id: &str,
        project_id: &str,
        memories: impl IntoIterator<Item = NewMemory>,
    ) -> Result<usize, LocalError> {
        let now = self.service.backend.clock.now_in_microseconds();
        self.with_store(|store| {
            store.bulk_write(|connection| {
                check_project(connection, org_id, project_id)?;
                bulk_load::load(connection, ProjectScope { org_id, project_id }, memories, now)
            })
        })
    }

    /// Makes the next request of a route fail. Faults are applied in the order of the calls, one per request.
    pub fn fail_next(&self, route: impl Into<Route>, fault: Fault) {
        self.service.faults.add(route.into(), fault);
    }

    /// Removes the faults that have not been applied yet.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// Returns the latest requests, oldest first: at most 10,000 requests and 64 MiB.
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.service.request_log.entries()
    }

    /// Clears the request log.
    pub fn clear_request_log(&self) {
        self.service.request_log.clear();
    }

    /// Returns the outcomes of the last 1000 webhook deliveries, oldest first.
    ///
    /// Deliveries in flight are not included; [`run_jobs`](Self::run_jobs) waits for them. [`load`](Self::load) and
    /// [`reset`](Self::reset) cancel queued deliveries and ignore the outcome of those in flight.
    ///
    /// ```
    /// use mem0_local::LocalPlatform;
    ///
    /// let platform = LocalPlatform::start()?;
    /// assert!(platform.webhook_deliveries().is_empty());
    /// # Ok::<(), mem0_local::LocalError>(())
    /// ```
    pub fn webhook_deliveries(&self) -> Vec<DeliveryOutcome> {
        self.service.backend.dispatcher.outcomes()
    }

    /// Returns the whole state of the platform.
    ///
    /// # Errors
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn dump(&self) -> Result<Dump, LocalError> {
        self.with_store(|store| store.read(dump::export))
    }

    /// Replaces the whole state, including the keys, by a dump. On an error, nothing changes.
    ///
    /// # Errors
    /// [`LocalError::Content`] if the dump has another version or is inconsistent, [`LocalError::Storage`] or
    /// [`LocalError::Damaged`] if the store failed.
    pub fn load(&self, dump: &Dump) -> Result<(), LocalError> {
        self.replace(|connection| dump::import(connection, dump))
    }

    /// Restores the initial state, including seed data and keys, and clears faults, request log and delivery outcomes.
    /// The clock is not changed.
    ///
    /// # Errors
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn reset(&self) -> Result<(), LocalError> {
        self.replace(dump::reset)?;
        self.clear_faults();
        self.clear_request_log();
        self.service.backend.dispatcher.clear_outcomes();
        Ok(())
    }

    /// Replaces the whole state, drops the jobs of the old one, and queues the pending jobs of the new one.
    fn replace(&self, work: impl FnOnce(&Connection) -> Result<(), LocalError>) -> Result<(), LocalError> {
        let mut store = lock(&self.service.backend.store);
        store.write(work).map_err(|error| self.service.backend.named(error))?;
        self.service.backend.jobs.clear();
        self.service.backend.dispatcher.cancel_all();
        drop(store);
        self.service.backend.enqueue_pending().map_err(|error| self.service.backend.named(error))
    }

    /// Runs a function with the store after all follow-up work. An error names the data file.
    fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, LocalError>) -> Result<T, LocalError> {
        let store = self.service.backend.store().map_err(LocalError::from);
        store.and_then(|mut store| work(&mut store)).map_err(|error| self.service.backend.named(error))
    }

    /// Runs all pending jobs, due or not: adds whose event is `PENDING`, exports and profile jobs. Also waits for webhook
    /// deliveries.
    ///
    /// Blocks until all jobs and deliveries have succeeded or failed. A delivery takes at most five seconds.
    ///
    /// ```
    /// use mem0_local::{Completion, LocalPlatform};
    ///
    /// let platform = LocalPlatform::builder().completion(Completion::Manual).start()?;
    /// // Adds respond with PENDING.
    /// platform.run_jobs()?;
    /// // Their events have SUCCEEDED.
    /// # Ok::<(), mem0_local::LocalError>(())
    /// ```
    ///
    /// # Errors
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn run_jobs(&self) -> Result<(), LocalError> {
        self.service.backend.jobs.make_all_due();
        self.with_store(|_| Ok(()))?;
        self.service.backend.jobs.wait_until_done();
        self.service.backend.dispatcher.wait();
        Ok(())
    }

    /// Stops the server, as dropping the platform does. Requests in flight have one second to complete.
    /// [`dump`](Self::dump) still returns the state.
    pub fn stop(&mut self) {
        self.server.stop();
        self.worker.stop();
        // An error of the store was reported to a request before.
        drop(self.service.backend.store());
    }
}

fn check_project(connection: &Connection, org_id: &str, project_id: &str) -> Result<(), LocalError> {
    match projects::get(connection, org_id, project_id)? {
        Some(_) => Ok(()),
        None => Err(LocalError::invalid("project_id", "the organization has no project with this ID")),
    }
}

/// Returns an address to connect to: loopback in place of the unspecified address.
fn connectable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
