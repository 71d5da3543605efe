//! The running platform, as the program that started it holds it.

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
use crate::webhooks::dispatcher::WebhookDelivery;

/// The platform itself on this machine: the hosted one's routes, served from a thread of its own until this
/// is dropped.
///
/// It starts with a user, an organization, a project and an OWNER's key for it. It needs no async runtime
/// around it, and works inside of one.
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
        let url = format!("http://{}", reachable(server.address));
        Self { server, worker, service, defaults, url }
    }

    /// Its base URL, such as `http://127.0.0.1:41234`, without a slash at the end. Of one that listens on
    /// every address it is the one on loopback.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// An OWNER's key for the default project.
    ///
    /// This and the other keys and identifiers are those of the start: they may be deleted over HTTP, and
    /// [`load`](Self::load) may replace them.
    pub fn api_key(&self) -> &str {
        &self.defaults.owner_key
    }

    /// A READER's key for the default project.
    pub fn reader_key(&self) -> &str {
        &self.defaults.reader_key
    }

    /// The key of an OWNER of another organization, who is no member of the default one.
    pub fn other_key(&self) -> &str {
        &self.defaults.other_key
    }

    /// The default organization.
    pub fn org_id(&self) -> &str {
        &self.defaults.org_id
    }

    /// The default project.
    pub fn project_id(&self) -> &str {
        &self.defaults.project_id
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.service.backend.clock
    }

    /// Makes a user who is no member of anything, and returns their identifier. A user who is there already
    /// stays as they are.
    ///
    /// # Errors
    /// [`LocalError::Invalid`] if that is no e-mail address, [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn create_user(&self, email: &str) -> Result<String, LocalError> {
        check::email(&Value::from(email)).map_err(|text| LocalError::invalid("email", text))?;
        let now = self.service.backend.clock.now_in_microseconds();
        self.with_store(|store| store.write(|connection| Ok(users::ensure(connection, email, now)?.0)))
    }

    /// Makes a key of a user for a project; the hosted platform does this in its dashboard only. The user is
    /// made if there is none, and becomes no member of anything by it.
    ///
    /// # Errors
    /// [`LocalError::Invalid`] if that is no e-mail address or there is no such project in that
    /// organization, [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
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

    /// Puts many memories into a project, in one transaction: all of them or, if one can't be used, none. They are
    /// stored as they are, each with the entry in its history and the entities that adding it would have made, but
    /// without events, webhooks and touches. Returns how many there were.
    ///
    /// What hands the memories over must not ask this platform for anything meanwhile: it would wait for itself.
    ///
    /// This is for filling a platform with more than a few thousand: it is some ten times as fast as adding. A project
    /// that is to have a million is best filled by one call.
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
    /// [`LocalError::Invalid`] if there is no such project in that organization, or if a memory has no text or
    /// belongs to nobody; [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
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

    /// Makes the next request of that route fail. Faults of several calls wait in line.
    pub fn fail_next(&self, route: impl Into<Route>, fault: Fault) {
        self.service.faults.add(route.into(), fault);
    }

    /// Forgets the faults that have not met their request yet.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// The requests so far, oldest first; the last 10,000 of them, or fewer if together they were larger than
    /// 64 MiB.
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.service.request_log.entries()
    }

    /// Forgets the requests so far.
    pub fn clear_request_log(&self) {
        self.service.request_log.clear();
    }

    /// What became of the deliveries to webhooks, oldest first; the last 1000 of them. One that is on its way is not
    /// among them yet: [`run_jobs`](Self::run_jobs) waits for it. One that was on its way when everything was replaced, by
    /// [`load`](Self::load) or [`reset`](Self::reset), never is, and one that was still waiting then is not sent.
    ///
    /// ```
    /// use mem0_local::LocalPlatform;
    ///
    /// let platform = LocalPlatform::start()?;
    /// assert!(platform.webhook_deliveries().is_empty(), "nobody has asked to be told");
    /// # Ok::<(), mem0_local::LocalError>(())
    /// ```
    pub fn webhook_deliveries(&self) -> Vec<WebhookDelivery> {
        self.service.backend.dispatcher.outcomes()
    }

    /// Everything it holds.
    ///
    /// # Errors
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn dump(&self) -> Result<Dump, LocalError> {
        self.with_store(|store| store.read(dump::export))
    }

    /// Replaces everything by a dump, the keys included. If that fails, nothing changes.
    ///
    /// # Errors
    /// [`LocalError::Content`] if the dump is of another version or does not hold together,
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn load(&self, dump: &Dump) -> Result<(), LocalError> {
        self.replace(|connection| dump::import(connection, dump))
    }

    /// Goes back to the state of the very first start, seed data and keys included, and forgets faults, request log
    /// and deliveries. The clock stays as it is.
    ///
    /// # Errors
    /// [`LocalError::Storage`] or [`LocalError::Damaged`] if the store failed.
    pub fn reset(&self) -> Result<(), LocalError> {
        self.replace(dump::reset)?;
        self.clear_faults();
        self.clear_request_log();
        self.service.backend.dispatcher.forget();
        Ok(())
    }

    /// Replaces everything, forgets what was left to be done of that, and finds what is left of what came.
    fn replace(&self, work: impl FnOnce(&Connection) -> Result<(), LocalError>) -> Result<(), LocalError> {
        let mut store = lock(&self.service.backend.store);
        store.write(work).map_err(|error| self.service.backend.named(error))?;
        self.service.backend.jobs.clear();
        self.service.backend.dispatcher.call_off();
        drop(store);
        self.service.backend.enqueue_pending().map_err(|error| self.service.backend.named(error))
    }

    /// Does something with the store, in which nothing is left to be done. An error names the data file.
    fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, LocalError>) -> Result<T, LocalError> {
        let store = self.service.backend.store().map_err(LocalError::from);
        store.and_then(|mut store| work(&mut store)).map_err(|error| self.service.backend.named(error))
    }

    /// Makes the memories of every add that is still `PENDING`, every export that is not ready and the profiles of every
    /// job that is still pending, whatever they wait for. Returns when the adds' events have ended and what webhooks are told of until now has arrived, or failed: each of these deliveries has
    /// five seconds.
    ///
    /// ```
    /// use mem0_local::{Completion, LocalPlatform};
    ///
    /// let platform = LocalPlatform::builder().completion(Completion::Manual).start()?;
    /// // … adds, whose events stay PENDING …
    /// platform.run_jobs()?;
    /// // … and now they are SUCCEEDED.
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

    /// Stops serving, as dropping does: requests on their way are given a second. What it holds can still be
    /// read.
    pub fn stop(&mut self) {
        self.server.stop();
        self.worker.stop();
        // What fails here has failed for a request before.
        drop(self.service.backend.store());
    }
}

fn check_project(connection: &Connection, org_id: &str, project_id: &str) -> Result<(), LocalError> {
    match projects::get(connection, org_id, project_id)? {
        Some(_) => Ok(()),
        None => Err(LocalError::invalid("project_id", "there is no such project in the organization")),
    }
}

/// An address to connect to: "every address" is none.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
