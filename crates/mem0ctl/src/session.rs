//! Session of a command: its client, output and options.

use std::sync::{OnceLock, PoisonError};

use mem0::ProjectFields;
use mem0::blocking::{ClientBuilder, MemoryClient, OrganizationApi, ProjectApi};
use mem0::client::Request;
use mem0::organizations::{Identity, OrgId};

use crate::commands::deletion::title_of;
use crate::config::ca_file::CaFile;
use crate::config::context::Context;
use crate::dry_run::{DryRunTransport, UnsentRequests, record};
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;

/// Client of a command.
pub(crate) type Client = MemoryClient;

pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) context: Context,
    pub(crate) client: Client,
    pub(crate) output: Output,
    pub(crate) interrupts: Interrupts,
    unsent: Option<UnsentRequests>,
    identity: OnceLock<Identity>,
}

impl Session {
    /// Creates a session from options, environment and profile. Sends no request.
    pub(crate) fn new(options: Options, interrupts: Interrupts) -> Outcome<Self> {
        let unsent = options.dry_run.then(UnsentRequests::default);
        Self::build(options, interrupts, unsent)
    }

    /// Creates a session with other options that shares the list of unsent requests.
    pub(crate) fn with_options(&self, options: Options) -> Outcome<Self> {
        Self::build(options, self.interrupts.clone(), self.unsent.clone())
    }

    fn build(options: Options, interrupts: Interrupts, unsent: Option<UnsentRequests>) -> Outcome<Self> {
        let context = Context::resolve(&options)?;
        let output = Output::new(&options);
        // Printed before the steps that may fail: an ignored config file can be the cause.
        for warning in &context.warnings {
            output.message(warning);
        }
        let client = builder(&context, &options, &interrupts)?
            .wrap_transport(|inner| DryRunTransport::new(inner, interrupts.clone(), unsent.clone()))
            .map_err(|error| CaFile::explain(context.ca_file.as_ref(), error))?;
        Ok(Self { options, context, client, output, interrupts, unsent, identity: OnceLock::new() })
    }

    /// Identity behind the API key. Sends one request at most.
    pub(crate) fn identity(&self) -> Outcome<&Identity> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let identity = self.client.ping()?;
        Ok(self.identity.get_or_init(|| identity))
    }

    /// ID of the selected organization, or of the key's organization.
    pub(crate) fn org_id(&self) -> Outcome<OrgId> {
        if let Some(org_id) = &self.context.org_id {
            return Ok(org_id.as_str().into());
        }
        let org_id = self.identity()?.org_id.clone();
        org_id.ok_or_else(|| Failure::usage("the API key has no default organization; pass --org ID"))
    }

    pub(crate) fn organization(&self) -> Outcome<OrganizationApi> {
        Ok(self.client.organization(self.org_id()?))
    }

    /// API of the selected project, or of the key's project.
    pub(crate) fn project(&self) -> Outcome<ProjectApi> {
        match &self.context.project_id {
            Some(project_id) => Ok(self.client.project_in(self.org_id()?, project_id.as_str())),
            None if self.context.org_id.is_some() => {
                Err(Failure::usage("an organization is selected without a project; pass --project ID"))
            }
            None => {
                let Identity { org_id, project_id, .. } = self.identity()?;
                Ok(match (org_id.clone(), project_id.clone()) {
                    (Some(org_id), Some(project_id)) => self.client.project_in(org_id, project_id),
                    // Its error names the missing ID.
                    _ => self.client.project(),
                })
            }
        }
    }

    /// Title of the selected project for messages: `project "web" (proj_123)`, or `project proj_123` if the name cannot
    /// be read. Sends up to two requests.
    pub(crate) fn project_title(&self) -> String {
        let project = self.project().and_then(|project| Ok(project.get_fields(ProjectFields::new().name())?));
        let name = project.ok().and_then(|project| project.name);
        self.project_id().map_or_else(
            |_| "the project".to_owned(),
            |id| format!("project {}", title_of(name.as_deref(), &id)),
        )
    }

    /// ID of the selected project, or of the key's project.
    pub(crate) fn project_id(&self) -> Outcome<String> {
        if let Some(project_id) = &self.context.project_id {
            return Ok(project_id.clone());
        }
        let id = self.identity()?.project_id.as_ref();
        let id = id.map(ToString::to_string);
        id.ok_or_else(|| Failure::usage("the API key has no default project; pass --project ID"))
    }

    /// Client for resources that belong to the key's project, such as memories. Fails if another project is selected.
    pub(crate) fn project_client(&self) -> Outcome<&Client> {
        if self.context.project_id.is_none() && self.context.org_id.is_none() {
            return Ok(&self.client);
        }
        let identity = self.identity()?;
        let differs = |selected: &Option<String>, of_key: Option<&str>| {
            selected.as_deref().is_some_and(|selected| of_key.is_some_and(|of_key| of_key != selected))
        };
        let Identity { org_id, project_id, .. } = identity;
        if differs(&self.context.org_id, org_id.as_ref().map(OrgId::as_str))
            || differs(&self.context.project_id, project_id.as_ref().map(mem0::projects::ProjectId::as_str))
        {
            return Err(Failure::usage(format!(
                "the API key belongs to project {}; use a key of the selected project",
                project_id.as_ref().map_or("(unknown)", |id| id.as_str()),
            )));
        }
        Ok(&self.client)
    }

    /// Response to a change; `None` in a dry run, because the response is a placeholder.
    pub(crate) fn response<V>(&self, result: mem0::Result<V>) -> Outcome<Option<V>> {
        match result {
            Err(mem0::Error::Decode(_)) if self.options.dry_run => Ok(None),
            result => Ok(Some(result?).filter(|_| !self.options.dry_run)),
        }
    }

    /// Function that records the requests that an import or a copy does not send; `None` unless this is a dry run.
    pub(crate) fn unsent_recorder(&self) -> Option<impl Fn(&Request) + Send + Sync + use<>> {
        let unsent = self.unsent.clone()?;
        Some(move |request: &Request| record(&unsent, request))
    }

    /// Prints the requests that a dry run did not send, including those before a failure.
    pub(crate) fn finish(&self, outcome: Outcome) -> Outcome {
        let Some(unsent) = &self.unsent else { return outcome };
        let unsent = unsent.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Err(failure) if unsent.is_empty() => Err(failure),
            outcome => self.output.requests(&unsent).and(outcome),
        }
    }
}

fn builder(context: &Context, options: &Options, interrupts: &Interrupts) -> Outcome<ClientBuilder> {
    // Read before a key command runs, which may ask for a passphrase.
    let certificates = context.ca_file.as_ref().map(CaFile::read).transpose()?;
    let Some(key) = context.api_key(interrupts)? else {
        return Err(context.missing_key());
    };
    let mut builder = ClientBuilder::default().api_key(key).source("mem0ctl");
    if let Some(pem) = certificates {
        builder = builder.add_root_certificate_pem(pem);
    }
    if let Some(url) = context.base_url() {
        builder = builder.base_url(url);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(bytes) = options.body_limit {
        builder = builder.body_limit(bytes);
    }
    Ok(builder)
}
