//! Calls for profiles of users.

use std::fmt;

use http::Method;
use http::header::HeaderName;
use serde::Serialize;

use super::{DefaultTransport, MemoryClient, Transport, maybe_async};
use crate::client::links::status_segments;
use crate::client::options::RequestOptions;
use crate::client::poll::{PollPolicy, Poller};
use crate::client::request::{Request, Segment};
use crate::client::response_mode::{FullResponse, ResponseMode, ValueOnly};
use crate::error::Result;
use crate::idempotency_key::IdempotencyKey;
use crate::ids::ProfileJobId;
use crate::types::{
    Profile, ProfileJob, ProfileJobResponse, ProfileJobStarted, ProfileSample, ProfileSettings,
    ProfileSettingsUpdate, ProfileTrigger,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Handle for profiles of users: facts about a user, in the form of a JSON Schema of the project.
///
/// Created by [`MemoryClient::profiles`], which sends nothing.
///
/// The platform's documentation does not describe profiles. These calls send what the official clients send; see
/// `docs/platform-api.md#profiles`.
///
/// Every call may return [`Error::Transport`](crate::Error::Transport), [`Error::Timeout`](crate::Error::Timeout),
/// [`Error::Api`](crate::Error::Api), and [`Error::Invalid`](crate::Error::Invalid) for an id that is empty, `.` or
/// `..`; nothing is sent then.
pub struct ProfilesApi<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Returns a handle for the profiles of the key's project.
    pub fn profiles(&self) -> ProfilesApi<T, S> {
        ProfilesApi { client: self.clone() }
    }
}

impl<T: Transport, S: ResponseMode> ProfilesApi<T, S> {
    /// Returns a copy of the handle with these request options in place of the current ones.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self { client: self.client.with_options(options) }
    }

    /// Returns a copy of the handle whose calls return an [`ApiResponse`](crate::client::ApiResponse): the value with the
    /// status, headers and request id.
    pub fn with_response(&self) -> ProfilesApi<T, FullResponse> {
        ProfilesApi { client: self.client.with_response() }
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> ProfilesApi<T, S> {
    /// Reads the profile of a user: `GET /v2/entities/user/{user_id}/profile/`. Check its
    /// [`status`](crate::profiles::Profile::status) first: the profile may not exist yet.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
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

    /// Starts a job that generates the profile of one user: `POST /v2/profiles/jobs/`. The argument can be a user id
    /// alone.
    ///
    /// All attempts send the same `Idempotency-Key`, so the call is retried like a GET: for a repeated request, the
    /// platform returns the existing job and bills it once.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an empty id, or an idempotency key with a character that is not
    /// allowed in a header value; nothing is sent then. [`Error::Api`](crate::Error::Api) with 400 if profiles are off
    /// in the project.
    ///
    #[doc = example!(
    profiles "let started = client.profiles().trigger(\"alice\")" await "?;
println!(\"{}, replayed: {:?}\", started.id()?, started.replayed);"
    )]
    pub async fn trigger(
        &self,
        trigger: impl Into<ProfileTrigger> + Send,
    ) -> Result<S::Of<ProfileJobStarted>> {
        let trigger = trigger.into();
        let body = trigger.body()?;
        self.start(&body, trigger.key.as_ref()).await
    }

    /// Starts a job that generates the profiles of a few users, as a preview: `POST /v2/profiles/jobs/`.
    ///
    /// The argument can be the number of users: `sample(3)`. The call is retried like [`trigger`](Self::trigger).
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a number outside 1 to 10; nothing is sent then.
    /// [`Error::Api`](crate::Error::Api) with 429 shortly after another sample; else as [`trigger`](Self::trigger).
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

    /// Reads the status of a profile job: `GET /v2/profiles/jobs/{job_id}/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Api`](crate::Error::Api) with 404 if the job does not exist.
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

    /// Reads the status of a profile job by its [`status_url`](crate::profiles::ProfileJobStarted::status_url). Only
    /// the path of the URL is used: the request is sent to the client's base URL.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a URL of another origin than the base URL's, with a query, or with
    /// an empty, `.` or `..` segment; nothing is sent then. Else as [`job`](Self::job).
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

    /// Waits until a profile job [has finished](ProfileJob::is_finished), successfully or not: check its
    /// [`status`](crate::profiles::ProfileJob::status) and counts.
    ///
    /// Dropping the future of the async client ends the wait; the platform continues its work.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) of the kind [`Wait`](crate::error::TimeoutKind::Wait) at the deadline;
    /// call `wait` again to wait longer. Else as [`job`](Self::job).
    ///
    #[doc = example!(
    profiles "use mem0::client::PollPolicy;

let started = client.profiles().trigger(\"alice\")" await "?;
let job = client.profiles().wait(started.id()?, PollPolicy::default())" await "?;
println!(\"{:?} succeeded, {:?} failed\", job.succeeded, job.failed);"
    )]
    pub async fn wait(
        &self,
        job_id: impl Into<ProfileJobId> + Send,
        policy: PollPolicy,
    ) -> Result<S::Of<ProfileJob>> {
        let job_id = job_id.into();
        let mut request = self.job_request(&job_id)?;
        let mut poller = Poller::start(policy);
        loop {
            let call = self.client.begin()?;
            let (read, response, _) = self.client.receive::<ProfileJobResponse>(&call, &mut request).await?;
            if read.job.is_finished() {
                let key = &self.client.inner.config.key;
                return Ok(S::convert(read.job, |job| response.into_api_response(job, key)));
            }
            self.client.wait_for_next_poll(&mut poller, &request).await?;
        }
    }

    /// Reads the profile settings of the project: `GET /v2/profiles/settings/`.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// The errors of every call.
    ///
    #[doc = example!(
    "let settings = client.profiles().settings()" await "?;
println!(\"{:?}\", settings.enabled);"
    )]
    pub async fn settings(&self) -> Result<S::Of<ProfileSettings>> {
        let request = self.client.request_to(Method::GET, settings_path())?;
        self.client.send(request).await
    }

    /// Updates the profile settings of the project: `POST /v2/profiles/settings/`.
    ///
    /// Settings that are not set stay unchanged. The call is idempotent, so it is retried like a PUT.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an update without fields, a schema that is not an object, or a
    /// property without a `description`; nothing is sent then. [`Error::Api`](crate::Error::Api) with 403 for a READER,
    /// 400 if the platform rejects a value.
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
        let (read, response, _) = self.client.receive::<ProfileJobResponse>(&call, &mut request).await?;
        Ok(S::convert(read.job, |job| response.into_api_response(job, &self.client.inner.config.key)))
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
