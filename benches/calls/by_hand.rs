//! The calls without this crate, on the HTTP library and serde. `main.rs` describes the rules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Result;
use crate::data;

const USER_AGENT: &str = "by-hand/1.0";
const CONNECT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);

/// Declares a project and a member with every documented field, each optional. The second form also keeps unknown fields, with
/// `#[serde(flatten)]`.
macro_rules! project {
    ($project:ident, $member:ident $(, #[$flatten:meta] $extra:ident: $map:ty)?) => {
        #[derive(Deserialize)]
        #[allow(dead_code)]
        pub(crate) struct $project {
            project_id: Option<String>,
            org_id: Option<String>,
            pub(crate) name: Option<String>,
            description: Option<String>,
            created_at: Option<String>,
            updated_at: Option<String>,
            members: Option<Vec<$member>>,
            usecase: Option<String>,
            memory_depth: Option<String>,
            inclusion_prompt: Option<String>,
            exclusion_prompt: Option<String>,
            custom_categories: Option<Vec<BTreeMap<String, String>>>,
            custom_instructions: Option<String>,
            agent_custom_instructions: Option<String>,
            update_custom_instructions: Option<String>,
            summary_custom_instructions: Option<String>,
            summary_batch_size: Option<i64>,
            summary_max_tokens: Option<i64>,
            expiration_date: Option<String>,
            enable_graph: Option<bool>,
            multilingual: Option<bool>,
            version: Option<String>,
            is_default: Option<bool>,
            active_prompt_profile: Option<String>,
            decay: Option<bool>,
            user_role: Option<String>,
            $(#[$flatten] pub(crate) $extra: $map,)?
        }

        #[derive(Deserialize)]
        #[allow(dead_code)]
        struct $member {
            username: Option<String>,
            role: Option<String>,
            email: Option<String>,
            $(#[$flatten] $extra: $map,)?
        }
    };
}

project!(Project, Member);
project!(FlattenedProject, FlattenedMember, #[serde(flatten)] extra: Map<String, Value>);

#[derive(Serialize)]
struct Update<'a> {
    custom_categories: Vec<BTreeMap<&'a str, &'a str>>,
    custom_instructions: &'a str,
    multilingual: bool,
    decay: bool,
}

#[derive(Deserialize)]
pub(crate) struct Updated {
    message: String,
}

fn update() -> Update<'static> {
    Update {
        custom_categories: data::CATEGORIES.into_iter().map(|category| BTreeMap::from([category])).collect(),
        custom_instructions: data::INSTRUCTIONS,
        multilingual: true,
        decay: true,
    }
}

pub(crate) fn is_expected_project(project: &Project) -> bool {
    project.name.as_deref() == Some(data::NAME)
}

pub(crate) fn is_expected_update(updated: &Updated) -> bool {
    updated.message == data::UPDATED_MESSAGE
}

/// Base URL and credentials.
struct Endpoint {
    base_url: String,
    authorization: String,
}

impl Endpoint {
    fn new(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), authorization: format!("Token {}", data::KEY) }
    }

    fn url(&self, query: &str) -> String {
        let Self { base_url, .. } = self;
        let (organization, project) = (data::ORGANIZATION, data::PROJECT);
        format!("{base_url}/api/v1/orgs/organizations/{organization}/projects/{project}/{query}")
    }
}

const FIELDS: &str = "?fields=name&fields=description&fields=custom_categories";

/// On ureq.
pub(crate) struct Blocking {
    agent: ureq::Agent,
    endpoint: Endpoint,
}

impl Blocking {
    /// Timeouts per phase. With a global timeout, ureq starts a thread for every request to resolve the host, even if it is an
    /// address, which would favour this crate.
    pub(crate) fn new(base_url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_send_request(Some(TIMEOUT))
            .timeout_send_body(Some(TIMEOUT))
            .timeout_recv_response(Some(TIMEOUT))
            .timeout_recv_body(Some(TIMEOUT));
        Self::with(agent, base_url)
    }

    /// One global timeout, as most users would write it.
    pub(crate) fn with_global_timeout(base_url: &str) -> Self {
        let agent =
            ureq::Agent::config_builder().timeout_connect(Some(CONNECT)).timeout_global(Some(TIMEOUT));
        Self::with(agent, base_url)
    }

    fn with(agent: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>, base_url: &str) -> Self {
        let agent = agent.user_agent(USER_AGENT).proxy(None).build().new_agent();
        Self { agent, endpoint: Endpoint::new(base_url) }
    }

    pub(crate) fn get_fields(&self) -> Result<Project> {
        let url = self.endpoint.url(FIELDS);
        let mut response =
            self.agent.get(url).header("Authorization", &self.endpoint.authorization).call()?;
        Ok(serde_json::from_slice(&response.body_mut().read_to_vec()?)?)
    }

    pub(crate) fn update(&self) -> Result<Updated> {
        let url = self.endpoint.url("");
        let mut response = self
            .agent
            .patch(url)
            .header("Authorization", &self.endpoint.authorization)
            .header("Content-Type", "application/json")
            .send(serde_json::to_vec(&update())?)?;
        Ok(serde_json::from_slice(&response.body_mut().read_to_vec()?)?)
    }
}

/// On reqwest.
pub(crate) struct Asynchronous {
    client: reqwest::Client,
    endpoint: Endpoint,
}

impl Asynchronous {
    pub(crate) fn new(base_url: &str) -> Result<Self> {
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT)
            .no_proxy()
            .tls_backend_rustls()
            .tls_certs_only([])
            .build()?;
        Ok(Self { client, endpoint: Endpoint::new(base_url) })
    }

    pub(crate) async fn get_fields(&self) -> Result<Project> {
        let url = self.endpoint.url(FIELDS);
        let response =
            self.client.get(url).header("Authorization", &self.endpoint.authorization).send().await?;
        Ok(serde_json::from_slice(&response.error_for_status()?.bytes().await?)?)
    }

    pub(crate) async fn update(&self) -> Result<Updated> {
        let url = self.endpoint.url("");
        let response = self
            .client
            .patch(url)
            .header("Authorization", &self.endpoint.authorization)
            .header("Content-Type", "application/json")
            .body(serde_json::to_vec(&update())?)
            .send()
            .await?;
        Ok(serde_json::from_slice(&response.error_for_status()?.bytes().await?)?)
    }
}
