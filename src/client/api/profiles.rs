//! Profiles of users.

use std::fmt;

use http::Method;
use http::header::HeaderName;
use serde::Serialize;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::api_response::{FullResponse, ResponseMode, ValueOnly};
use crate::client::links::status_segments;
use crate::client::options::RequestOptions;
use crate::client::poll::{PollPolicy, Wait};
use crate::client::request::{Request, Segment};
use crate::error::Result;
use crate::idempotency_key::IdempotencyKey;
use crate::ids::ProfileJobId;
use crate::types::{
    Profile, ProfileJob, ProfileJobResponse, ProfileJobStarted, ProfileSample, ProfileSettings,
    ProfileSettingsUpdate, ProfileTrigger,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Profiles: what is known of a user, in a form of the project's. Made by [`MemoryClient::profiles`].
///
/// No page of the platform's documentation describes them; what is here is what the official clients send
/// (contract 6).
///
/// Every call may end with [`Error::Transport`](crate::Error::Transport),
/// [`Error::Timeout`](crate::Error::Timeout) or [`Error::Api`](crate::Error::Api), and with
/// [`Error::Invalid`](crate::Error::Invalid) for an id that is empty or dots, before anything is sent.
pub struct ProfilesApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Profiles of the key's project's users.
    pub fn profiles(&self) -> ProfilesApi<T, S> {
        ProfilesApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> ProfilesApi<T, S> {
    /// The same profiles with other options for the calls, in place of those they had.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// The same profiles, with status, headers and request id along with the value of each call.
    pub fn with_response(&self) -> ProfilesApi<T, FullResponse> {
        ProfilesApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProfilesApi<T, S> {
    /// Reads the profile of a user: `GET /v2/entities/user/{user_id}/profile/` (contract 6). Look at its
    /// [`status`](crate::profiles::Profile::status) first: there may be none yet.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 for an unknown user.
    ///
    #[doc = example!(
    profiles "use mem0::profiles::ProfileStatus;

let profile = client.profiles().get(\"alice\")" await "?;
if profile.status == Some(ProfileStatus::Succeeded) {
    println!(\"{:?}\", profile.profile);
}"
    )]
    pub async fn get(&self, user_id: &str) -> Result<S::Of<Profile>> {
        let segments = [
            Segment::Fixed("v2"),
            Segment::Fixed("entities"),
            Segment::Fixed("user"),
            Segment::Checked("user id", user_id),
            Segment::Fixed("profile"),
        ];
        let request = self.client.request_to(Method::GET, segments)?;
        self.client.send(request).await
    }

    /// Starts a job that makes the profile of one user: `POST /v2/profiles/jobs/` (contract 6). A user's
    /// identifier alone will do.
    ///
    /// Its `Idempotency-Key` stays the same in every attempt, so it is tried again like a read: the platform
    /// takes a repetition for the job it has already, and bills one.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty identifier, or a key that can't travel in a
    /// header, before anything is sent; [`Error::Api`](crate::Error::Api) with 400 if the project has profiles
    /// switched off.
    ///
    #[doc = example!(
    profiles "let started = client.profiles().trigger(\"alice\")" await "?;
println!(\"{}, again: {:?}\", started.id()?, started.replayed);"
    )]
    pub async fn trigger(
        &self,
        trigger: impl Into<ProfileTrigger> + Send,
    ) -> Result<S::Of<ProfileJobStarted>> {
        let trigger = trigger.into();
        let body = trigger.body()?;
        self.start(&body, trigger.key.as_ref()).await
    }

    /// Starts a job that makes the profiles of some users, to see what they look like. A number alone will do:
    /// `sample(3)`. Tried again as [`trigger`](Self::trigger) is.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a number that is not from 1 to 10, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 429 if one was started just now; else as
    /// [`trigger`](Self::trigger).
    ///
    #[doc = example!(
    profiles "let started = client.profiles().sample(3)" await "?;
println!(\"{:?} profiles\", started.entity_count_reserved);"
    )]
    pub async fn sample(&self, sample: impl Into<ProfileSample> + Send) -> Result<S::Of<ProfileJobStarted>> {
        let sample = sample.into();
        let body = sample.body()?;
        self.start(&body, sample.key.as_ref()).await
    }

    /// Reads how far a job is: `GET /v2/profiles/jobs/{job_id}/` (contract 6).
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if there is none.
    ///
    #[doc = example!(
    profiles "let started = client.profiles().trigger(\"alice\")" await "?;
let job = client.profiles().job(started.id()?)" await "?;
println!(\"{:?}: {:?} of {:?}\", job.status, job.completed, job.total);"
    )]
    pub async fn job(&self, job_id: impl Into<ProfileJobId> + Send) -> Result<S::Of<ProfileJob>> {
        let job_id = job_id.into();
        let request = self.job_request(&job_id)?;
        self.read_job(request).await
    }

    /// Reads how far a job is by the [`status_url`](crate::profiles::ProfileJobStarted::status_url) its start was answered
    /// with. What is taken of it is a path of the platform: it may name no other host, and the request goes to
    /// the client's own base URL.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for another origin than the client's, a query, or dots in the
    /// path, before anything is sent; else as [`job`](Self::job).
    ///
    #[doc = example!(
    profiles "let started = client.profiles().trigger(\"alice\")" await "?;
let status_url = started.status_url.as_deref().ok_or(\"no URL\")?;
println!(\"{:?}\", client.profiles().job_at(status_url)" await "?.status);"
    )]
    pub async fn job_at(&self, status_url: &str) -> Result<S::Of<ProfileJob>> {
        let segments = status_segments(status_url, &self.client.inner.config.base_url)?;
        let segments = segments.iter().map(|segment| Segment::Checked("status_url", segment));
        let request = self.client.request_to(Method::GET, segments)?;
        self.read_job(request).await
    }

    /// Waits for a job to finish, well or not: look at its [`status`](crate::profiles::ProfileJob::status) and its counts.
    /// It is finished as [`ProfileJob::is_finished`] says.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) of the kind [`Wait`](crate::error::TimeoutKind::Wait) at the
    /// deadline: the platform goes on, and it can be waited for again; else as [`job`](Self::job).
    ///
    #[doc = example!(
    profiles "use mem0::client::PollPolicy;

let started = client.profiles().trigger(\"alice\")" await "?;
let job = client.profiles().wait(started.id()?, PollPolicy::default())" await "?;
println!(\"{:?} made, {:?} failed\", job.succeeded, job.failed);"
    )]
    pub async fn wait(
        &self,
        job_id: impl Into<ProfileJobId> + Send,
        policy: PollPolicy,
    ) -> Result<S::Of<ProfileJob>> {
        let job_id = job_id.into();
        let mut request = self.job_request(&job_id)?;
        let mut wait = Wait::begin(policy);
        loop {
            let call = self.client.begin()?;
            let (answer, response, _) =
                self.client.receive::<ProfileJobResponse>(&call, &mut request).await?;
            if answer.job.is_finished() {
                let key = &self.client.inner.config.key;
                return Ok(S::convert(answer.job, |job| response.along_with(job, key)));
            }
            self.client.pause(&mut wait, &request).await?;
        }
    }

    /// Reads how the project makes profiles: `GET /v2/profiles/settings/` (contract 6).
    ///
    /// # Errors
    /// As any call.
    ///
    #[doc = example!(
    "let settings = client.profiles().settings()" await "?;
println!(\"{:?}\", settings.enabled);"
    )]
    pub async fn settings(&self) -> Result<S::Of<ProfileSettings>> {
        let request = self.client.request_to(Method::GET, settings_path())?;
        self.client.send(request).await
    }

    /// Changes how the project makes profiles; what is not named stays: `POST /v2/profiles/settings/`
    /// (contract 6). The same update twice is the same as once, so it is tried again as a PUT would be.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update that names nothing, a schema that is no object,
    /// or one with a property without a `description`, before anything is sent;
    /// [`Error::Api`](crate::Error::Api) with 403 for a READER, 400 if the platform does not like a value.
    ///
    #[doc = example!(
    "use mem0::profiles::ProfileSettingsUpdate;
use serde_json::json;

let schema = json!({\"properties\": {\"diet\": {\"type\": \"string\", \"description\": \"What they eat\"}}});
client.profiles().update_settings(ProfileSettingsUpdate::new().enabled(true).schema(schema))" await "?;"
    )]
    pub async fn update_settings(&self, update: ProfileSettingsUpdate) -> Result<S::Of<ProfileSettings>> {
        update.check()?;
        let mut request = self.client.request_to(Method::POST, settings_path())?;
        request.set_json(&update)?;
        request.idempotent = true;
        self.client.send(request).await
    }

    async fn start<B: Serialize + Sync>(
        &self,
        body: &B,
        key: Option<&IdempotencyKey>,
    ) -> Result<S::Of<ProfileJobStarted>> {
        let key = match key {
            Some(key) => key.header()?,
            None => IdempotencyKey::generate()?.header()?,
        };
        let mut request = self.client.request_to(Method::POST, jobs_path())?;
        request.set_json(body)?;
        request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        request.idempotent = true;
        self.client.send(request).await
    }

    async fn read_job(&self, mut request: Request) -> Result<S::Of<ProfileJob>> {
        let call = self.client.begin()?;
        let (answer, response, _) = self.client.receive::<ProfileJobResponse>(&call, &mut request).await?;
        Ok(S::convert(answer.job, |job| response.along_with(job, &self.client.inner.config.key)))
    }
}

impl<T: Transport, S: ResponseMode> ProfilesApi<T, S> {
    fn job_request(&self, job_id: &ProfileJobId) -> Result<Request> {
        let one = Segment::Checked(ProfileJobId::FIELD, job_id.as_str());
        self.client.request_to(Method::GET, jobs_path().into_iter().chain([one]))
    }
}

fn jobs_path() -> [Segment<'static>; 3] {
    [Segment::Fixed("v2"), Segment::Fixed("profiles"), Segment::Fixed("jobs")]
}

fn settings_path() -> [Segment<'static>; 3] {
    [Segment::Fixed("v2"), Segment::Fixed("profiles"), Segment::Fixed("settings")]
}

impl<T, S> Clone for ProfilesApi<T, S> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone() }
    }
}

impl<T, S> fmt::Debug for ProfilesApi<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfilesApi").field("client", &self.client).finish()
    }
}
