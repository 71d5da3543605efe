//! Context of a command: API key, base URL, organization and project.
//!
//! Flags take precedence over the environment, and the environment over the current profile. With `--profile`, the
//! environment is ignored, so that `mem0ctl --profile staging …` does not depend on variables.
//!
//! A key and its host come from the same source. Only `--base-url` sends a key to another host.

use crate::config::ca_file::CaFile;
use crate::config::config_file::{ConfigFile, Key, Profile, ReadError};
use crate::config::key_command;
use crate::config::origin::{HOSTED, Origin, host};
use crate::environment::variable;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;

/// Prefix of the keys of local platforms, which are valid nowhere else.
pub(crate) const LOCAL_KEY_PREFIX: &str = "m0-local-";

/// Source of a setting.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
    Profile(String),
}

/// Base URL and its source.
#[derive(Clone)]
struct BaseUrl {
    url: String,
    source: Source,
}

/// API key, its source, and the base URL of the same source.
#[derive(Clone)]
struct ApiKey {
    key: Key,
    source: Source,
    base_url: Option<String>,
}

/// API key, base URL, organization and project of a command.
#[derive(Clone, Default)]
pub(crate) struct Context {
    base_url: Option<BaseUrl>,
    pub(crate) ca_file: Option<CaFile>,
    key: Option<ApiKey>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
    /// Profile in use, even if flags or the environment override its values.
    pub(crate) profile: Option<String>,
    /// Reason why keys stored in the config file are not used.
    exposed_key_warning: Option<String>,
    /// Warnings for the user.
    pub(crate) warnings: Vec<String>,
}

impl Context {
    /// Merges flags, environment and profile.
    ///
    /// # Errors
    /// `Usage` if the key and the host come from different sources.
    pub(crate) fn resolve(options: &Options) -> Outcome<Self> {
        let mut warnings = Vec::new();
        let context = Self::merge(options, &mut warnings)?;
        context.check_host()?;
        if let Some(name) = context.variable_with_line_break() {
            warnings.push(format!("warning: {name} ends with a line break, which is ignored"));
        }
        if let Some(exposed_key_warning) =
            context.exposed_key_warning.as_ref().filter(|_| !context.is_key_exposed())
        {
            warnings.push(format!("warning: {exposed_key_warning}"));
        }
        Ok(Self { warnings, ..context })
    }

    fn merge(options: &Options, warnings: &mut Vec<String>) -> Outcome<Self> {
        let flags = Self::from_flags(options);
        if let Some(name) = &options.profile {
            let mut profile = Self::from_profile(name)?;
            // `--profile` selects the base URL of the profile explicitly.
            if let Some(base_url) = &mut profile.base_url {
                base_url.source = Source::Flag;
            }
            return Ok(flags.or(profile));
        }
        let environment = Self::from_environment();
        let named = variable("MEM0_PROFILE");
        let is_key_given = flags.key.is_some() || environment.key.is_some();
        let configuration = match ConfigFile::read_trusted() {
            Err(ReadError::Untrusted(failure)) if is_key_given && named.is_none() => {
                let reason = failure.message;
                warnings.push(format!("warning: ignoring the config file: {reason}"));
                ConfigFile::empty()?
            }
            result => result?,
        };
        let profile = match named {
            Some(name) => Some(configuration.profile(&name)?),
            None => configuration.current_profile()?,
        };
        let profile = profile.cloned().map(Self::new).unwrap_or_default();
        if let (Some(name), None, Some(_), Some(_)) =
            (&profile.profile, &flags.key, &environment.key, &profile.key)
        {
            warnings.push(format!("warning: MEM0_API_KEY overrides the key of profile `{name}`"));
        }
        let exposed_key_warning = configuration.exposed_key_warning.clone();
        Ok(Self { exposed_key_warning, ..flags.or(environment).or(profile) })
    }

    /// Context of a profile alone, without flags and environment.
    pub(crate) fn from_profile(name: &str) -> Outcome<Self> {
        let configuration = ConfigFile::read()?;
        let profile = Self::new(configuration.profile(name)?.clone());
        Ok(Self { exposed_key_warning: configuration.exposed_key_warning, ..profile })
    }

    /// Base URL, if set.
    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_ref().map(|base_url| base_url.url.as_str())
    }

    /// Host that requests are sent to.
    pub(crate) fn host(&self) -> String {
        host(self.base_url().unwrap_or(HOSTED))
    }

    /// API key. Runs the key command, if there is one.
    pub(crate) fn api_key(&self, interrupts: &Interrupts) -> Outcome<Option<String>> {
        let profile = self.profile.as_deref().unwrap_or_default();
        if let Some(exposed_key_warning) = self.exposed_key_warning.as_ref().filter(|_| self.is_key_exposed())
        {
            return Err(Failure::file(exposed_key_warning));
        }
        let key = self.key.as_ref().map(|key| &key.key);
        key.map(|key| read_key(key, profile, interrupts)).transpose()
    }

    /// Failure for a missing key.
    pub(crate) fn missing_key(&self) -> Failure {
        let message = match &self.profile {
            Some(profile) => {
                let path = crate::config::config_file::path().unwrap_or_default();
                format!(
                    "profile `{profile}` has no API key; run `mem0ctl profile set-key {profile}`, or set api_key, \
                     api_key_env or key_command under [profiles.{profile}] in {}",
                    path.display(),
                )
            }
            None => "no API key; set MEM0_API_KEY, or add a profile with `mem0ctl profile add NAME --use`"
                .to_owned(),
        };
        Failure::new(Exit::NotAuthenticated, message)
    }

    /// Whether the key is stored in a file that other users can read.
    fn is_key_exposed(&self) -> bool {
        let is_stored =
            |key: &ApiKey| matches!((&key.key, &key.source), (Key::Stored(_), Source::Profile(_)));
        self.exposed_key_warning.is_some() && self.key.as_ref().is_some_and(is_stored)
    }

    /// Name of the key's variable, if its value ends with a line break.
    fn variable_with_line_break(&self) -> Option<&str> {
        let name = match self.key.as_ref()? {
            ApiKey { source: Source::Environment, .. } => "MEM0_API_KEY",
            ApiKey { key: Key::Variable(name), .. } => name,
            _ => return None,
        };
        variable(name)?.ends_with(['\n', '\r']).then_some(name)
    }

    /// Refuses to send a key to a host from another source: a variable in the `.env` file of a project could otherwise
    /// send the key to any host.
    fn check_host(&self) -> Outcome {
        let (Some(key), Some(base_url)) = (&self.key, &self.base_url) else { return Ok(()) };
        if base_url.source == Source::Flag || base_url.source == key.source {
            return Ok(());
        }
        let origin = Origin::of(&base_url.url);
        if origin.is_some() && origin == Origin::of(key.base_url.as_deref().unwrap_or(HOSTED)) {
            return Ok(());
        }
        // The library sends local keys to this machine only.
        if key.is_local() && origin.is_some_and(|origin| origin.is_loopback()) {
            return Ok(());
        }
        let host_name = host(&base_url.url);
        let (key_source, url_source) = match (&key.source, &base_url.source) {
            (Source::Flag, Source::Profile(name)) => ("--api-key".to_owned(), format!("profile `{name}`")),
            (Source::Flag, _) => ("--api-key".to_owned(), "MEM0_BASE_URL".to_owned()),
            (Source::Environment, Source::Profile(name)) => {
                ("MEM0_API_KEY".to_owned(), format!("profile `{name}`"))
            }
            (Source::Environment, _) => ("MEM0_API_KEY".to_owned(), "MEM0_BASE_URL".to_owned()),
            (Source::Profile(name), _) => (format!("profile `{name}`"), "MEM0_BASE_URL".to_owned()),
        };
        let advice = match &base_url.source {
            Source::Profile(name) => format!("pass --profile {name} to use the profile"),
            _ => "unset MEM0_BASE_URL".to_owned(),
        };
        Err(Failure::usage(format!(
            "the API key comes from {key_source} and the base URL ({host_name}) from {url_source}; a key is sent only to the host \
             of its own source; {advice}, or pass --base-url"
        )))
    }

    fn from_flags(options: &Options) -> Self {
        let base_url = options.base_url.clone();
        Self {
            ca_file: options.ca_file.as_ref().map(CaFile::from_flag),
            org_id: options.org.clone(),
            project_id: options.project.clone(),
            ..Self::from_source(&Source::Flag, options.api_key.clone().map(Key::Stored), base_url)
        }
    }

    fn from_environment() -> Self {
        let key = variable("MEM0_API_KEY").map(|key| Key::Stored(trim_line_break(&key).to_owned()));
        Self {
            ca_file: CaFile::from_environment(),
            org_id: variable("MEM0_ORG_ID"),
            project_id: variable("MEM0_PROJECT_ID"),
            ..Self::from_source(&Source::Environment, key, variable("MEM0_BASE_URL"))
        }
    }

    fn new(profile: Profile) -> Self {
        let Profile { name, base_url, ca_file, org_id, project_id, key, .. } = profile;
        let ca_file = ca_file.map(|path| CaFile::new(path, format!("`ca_file` of profile `{name}`")));
        let from_source = Self::from_source(&Source::Profile(name.clone()), key, base_url);
        Self { ca_file, org_id, project_id, profile: Some(name), ..from_source }
    }

    fn from_source(source: &Source, key: Option<Key>, base_url: Option<String>) -> Self {
        Self {
            key: key.map(|key| ApiKey { key, source: source.clone(), base_url: base_url.clone() }),
            base_url: base_url.map(|url| BaseUrl { url, source: source.clone() }),
            ..Self::default()
        }
    }

    /// Fills missing values from a source of lower precedence. Ignores the project of another organization.
    fn or(self, fallback: Self) -> Self {
        let is_other_organization =
            matches!((&self.org_id, &fallback.org_id), (Some(own), Some(other)) if own != other);
        Self {
            base_url: self.base_url.or(fallback.base_url),
            ca_file: self.ca_file.or(fallback.ca_file),
            key: self.key.or(fallback.key),
            org_id: self.org_id.or(fallback.org_id),
            project_id: self.project_id.or(fallback.project_id.filter(|_| !is_other_organization)),
            profile: self.profile.or(fallback.profile),
            exposed_key_warning: self.exposed_key_warning.or(fallback.exposed_key_warning),
            warnings: Vec::new(),
        }
    }
}

impl ApiKey {
    /// Whether this is known to be a key of a local platform. Does not run the key command.
    fn is_local(&self) -> bool {
        match &self.key {
            Key::Stored(key) => key.trim_start().starts_with(LOCAL_KEY_PREFIX),
            Key::Variable(name) => {
                variable(name).is_some_and(|key| key.trim_start().starts_with(LOCAL_KEY_PREFIX))
            }
            Key::Command(..) => false,
        }
    }
}

/// Reads the key of a profile from its source.
pub(crate) fn read_key(key: &Key, profile: &str, interrupts: &Interrupts) -> Outcome<String> {
    let failure = |message: String| Failure::new(Exit::NotAuthenticated, message);
    match key {
        Key::Stored(key) => Ok(key.clone()),
        Key::Variable(name) => match variable(name) {
            Some(key) => Ok(trim_line_break(&key).to_owned()),
            None => {
                Err(failure(format!("profile `{profile}` reads its API key from {name}, which is not set")))
            }
        },
        Key::Command(command, limit) => key_command::run(command, *limit, interrupts).map_err(|reason| {
            failure(format!(
                "the key_command of profile `{profile}` {reason}; run it in a shell to see its output"
            ))
        }),
    }
}

/// Removes trailing line breaks, which a file of variables may leave at the end of a key.
fn trim_line_break(key: &str) -> &str {
    key.trim_end_matches(['\n', '\r'])
}
