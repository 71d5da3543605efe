//! What a command works with: a client, where results go, and the options.

use std::sync::{OnceLock, PoisonError};

use mem0::blocking::{ClientBuilder, MemoryClient, OrganizationApi, ProjectApi};
use mem0::organizations::{Identity, OrgId};

use crate::config::ca_file::CaFile;
use crate::config::settings::Settings;
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;
use crate::wire::{Kept, Wire};

/// The client of every command.
pub(crate) type Client = MemoryClient<Wire>;

pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) output: Output,
    pub(crate) interrupts: Interrupts,
    kept: Option<Kept>,
    identity: OnceLock<Identity>,
}

impl Session {
    /// Puts options, environment and profile together. Sends nothing.
    pub(crate) fn new(options: Options, interrupts: Interrupts) -> Outcome<Self> {
        let kept = options.dry_run.then(Kept::default);
        Self::keeping(options, interrupts, kept)
    }

    /// A session with options of its own, whose unsent requests are shown with those of this one.
    pub(crate) fn beside(&self, options: Options) -> Outcome<Self> {
        Self::keeping(options, self.interrupts.clone(), self.kept.clone())
    }

    fn keeping(options: Options, interrupts: Interrupts, kept: Option<Kept>) -> Outcome<Self> {
        let settings = Settings::resolve(&options)?;
        let output = Output::new(&options);
        // Before what may fail: a configuration that is not used can be the reason.
        for warning in &settings.warnings {
            output.message(warning);
        }
        let client = builder(&settings, &options, &interrupts)?
            .wrap_transport(|own| Wire::new(own, interrupts.clone(), kept.clone()))
            .map_err(|error| CaFile::explain(settings.ca_file.as_ref(), error))?;
        Ok(Self { options, settings, client, output, interrupts, kept, identity: OnceLock::new() })
    }

    /// Whose key it is. The platform is asked once.
    pub(crate) fn identity(&self) -> Outcome<&Identity> {
        if let Some(known) = self.identity.get() {
            return Ok(known);
        }
        let identity = self.client.ping()?;
        Ok(self.identity.get_or_init(|| identity))
    }

    /// The organization to work in: the one that was named, or the key's own.
    pub(crate) fn org_id(&self) -> Outcome<OrgId> {
        if let Some(org_id) = &self.settings.org_id {
            return Ok(org_id.as_str().into());
        }
        let own = self.identity()?.org_id.clone();
        own.ok_or_else(|| Failure::usage("The key has no organization of its own: name one by --org."))
    }

    pub(crate) fn organization(&self) -> Outcome<OrganizationApi<Wire>> {
        Ok(self.client.organization(self.org_id()?))
    }

    /// The project to work in: the one that was named, or the key's own.
    pub(crate) fn project(&self) -> Outcome<ProjectApi<Wire>> {
        match &self.settings.project_id {
            Some(project_id) => Ok(self.client.project_in(self.org_id()?, project_id.as_str())),
            None if self.settings.org_id.is_some() => {
                Err(Failure::usage("An organization is named without a project: name one by --project."))
            }
            None => {
                let Identity { org_id, project_id, .. } = self.identity()?;
                Ok(match (org_id.clone(), project_id.clone()) {
                    (Some(org_id), Some(project_id)) => self.client.project_in(org_id, project_id),
                    // It says what is missing.
                    _ => self.client.project(),
                })
            }
        }
    }

    /// Identifier of the project to work in.
    pub(crate) fn project_id(&self) -> Outcome<String> {
        if let Some(project_id) = &self.settings.project_id {
            return Ok(project_id.clone());
        }
        let own = self.identity()?.project_id.as_ref();
        Ok(own.map_or_else(|| "of the key".to_owned(), ToString::to_string))
    }

    /// The client for what is the key's own project's alone, such as memories. The key decides which that is, so that
    /// a project named beside it has to be the same.
    pub(crate) fn own(&self) -> Outcome<&Client> {
        if self.settings.project_id.is_none() && self.settings.org_id.is_none() {
            return Ok(&self.client);
        }
        let identity = self.identity()?;
        let differs = |named: &Option<String>, own: Option<&str>| {
            named.as_deref().is_some_and(|named| own.is_some_and(|own| own != named))
        };
        let Identity { org_id, project_id, .. } = identity;
        if differs(&self.settings.org_id, org_id.as_ref().map(OrgId::as_str))
            || differs(&self.settings.project_id, project_id.as_ref().map(mem0::projects::ProjectId::as_str))
        {
            return Err(Failure::usage(format!(
                "Memories are those of the key's own project, {}: use a key of the project you have named.",
                project_id.as_ref().map_or("which it does not tell", |id| id.as_str()),
            )));
        }
        Ok(&self.client)
    }

    /// What a change was answered. In a dry run nothing was, whatever the stand-in for an answer was taken for.
    pub(crate) fn answer<V>(&self, result: mem0::Result<V>) -> Outcome<Option<V>> {
        match result {
            Err(mem0::Error::Decode(_)) if self.options.dry_run => Ok(None),
            result => Ok(Some(result?).filter(|_| !self.options.dry_run)),
        }
    }

    /// Prints the requests that a dry run has kept, those before a failure too.
    pub(crate) fn end(&self, outcome: Outcome) -> Outcome {
        let Some(kept) = &self.kept else { return outcome };
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Err(failure) if kept.is_empty() => Err(failure),
            outcome => self.output.requests(&kept).and(outcome),
        }
    }
}

fn builder(settings: &Settings, options: &Options, interrupts: &Interrupts) -> Outcome<ClientBuilder> {
    // Before a command is run that may ask for a passphrase.
    let certificates = settings.ca_file.as_ref().map(CaFile::read).transpose()?;
    let Some(key) = settings.api_key(interrupts)? else {
        return Err(settings.without_key());
    };
    let mut builder = ClientBuilder::default().api_key(key).source("mem0ctl");
    if let Some(pem) = certificates {
        builder = builder.add_root_certificate_pem(pem);
    }
    if let Some(url) = settings.base_url() {
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
