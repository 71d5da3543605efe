//! Where the key and the rest come from: flags before the environment, the environment before the profile in use.
//!
//! A profile that a flag names is a flag: it comes before the environment, and nothing of the environment is mixed
//! into it. `mem0ctl --profile staging …` does the same whatever variables are set.
//!
//! A key and the host that it is sent to come from one source. Only `--base-url` moves a key to another host.

use crate::config::ca_file::CaFile;
use crate::config::configuration::{Configuration, Key, Profile, Unusable};
use crate::config::key_command;
use crate::config::origin::{HOSTED, Origin, host};
use crate::environment::variable;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;

/// Start of the keys of local platforms, which are worth nothing elsewhere.
pub(crate) const LOCAL_KEY: &str = "m0-local-";

/// Where a setting comes from.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
    Profile(String),
}

/// A base URL, and where it comes from.
#[derive(Clone)]
struct BaseUrl {
    url: String,
    source: Source,
}

/// A key, where it comes from, and the base URL of the same source.
#[derive(Clone)]
struct ApiKey {
    key: Key,
    source: Source,
    base_url: Option<String>,
}

/// Who asks, and where.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    base_url: Option<BaseUrl>,
    pub(crate) ca_file: Option<CaFile>,
    key: Option<ApiKey>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
    /// The profile that something of this comes from, or would if nothing stronger were set.
    pub(crate) profile: Option<String>,
    /// Why a key that the configuration keeps is not used.
    exposed: Option<String>,
    /// What a person should know of how this was put together.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Puts flags, environment and profile together.
    ///
    /// # Errors
    /// `Usage` where a key would be sent to a host that another source names.
    pub(crate) fn resolve(options: &Options) -> Outcome<Self> {
        let mut warnings = Vec::new();
        let settings = Self::merge(options, &mut warnings)?;
        settings.check_host()?;
        if let Some(name) = settings.variable_with_line_end() {
            warnings.push(format!("{name} ends with a line break, which is left out"));
        }
        if let Some(exposed) = settings.exposed.as_ref().filter(|_| !settings.is_exposed()) {
            warnings.push(exposed.clone());
        }
        Ok(Self { warnings, ..settings })
    }

    fn merge(options: &Options, warnings: &mut Vec<String>) -> Outcome<Self> {
        let flags = Self::of_flags(options);
        if let Some(name) = &options.profile {
            let mut profile = Self::of_profile(name)?;
            // The profile was named on the command line, and its base URL with it.
            if let Some(base_url) = &mut profile.base_url {
                base_url.source = Source::Flag;
            }
            return Ok(flags.over(profile));
        }
        let environment = Self::of_environment();
        let named = variable("MEM0_PROFILE");
        let is_key_given = flags.key.is_some() || environment.key.is_some();
        let configuration = match Configuration::read_trusted() {
            Err(Unusable::Untrusted(failure)) if is_key_given && named.is_none() => {
                let reason = failure.sentence.trim_end_matches('.');
                warnings.push(format!("the configuration is not used: {reason}"));
                Configuration::empty()?
            }
            read => read?,
        };
        let profile = match named {
            Some(name) => Some(configuration.profile(&name)?),
            None => configuration.in_use()?,
        };
        let profile = profile.cloned().map(Self::of).unwrap_or_default();
        if let (Some(name), None, Some(_), Some(_)) =
            (&profile.profile, &flags.key, &environment.key, &profile.key)
        {
            warnings.push(format!("MEM0_API_KEY is used in place of the key of the profile {name}"));
        }
        let exposed = configuration.exposed.clone();
        Ok(Self { exposed, ..flags.over(environment).over(profile) })
    }

    /// What a profile says, and nothing else: neither flags nor the environment come before it.
    pub(crate) fn of_profile(name: &str) -> Outcome<Self> {
        let configuration = Configuration::read()?;
        let profile = Self::of(configuration.profile(name)?.clone());
        Ok(Self { exposed: configuration.exposed, ..profile })
    }

    /// Base URL that was set.
    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_ref().map(|base_url| base_url.url.as_str())
    }

    /// Host that requests are sent to.
    pub(crate) fn host(&self) -> String {
        host(self.base_url().unwrap_or(HOSTED))
    }

    /// The key, from wherever it is kept. A command that tells it is run now.
    pub(crate) fn api_key(&self, interrupts: &Interrupts) -> Outcome<Option<String>> {
        let profile = self.profile.as_deref().unwrap_or_default();
        if let Some(exposed) = self.exposed.as_ref().filter(|_| self.is_exposed()) {
            return Err(Failure::file(exposed));
        }
        let key = self.key.as_ref().map(|key| &key.key);
        key.map(|key| value(key, profile, interrupts)).transpose()
    }

    /// What to say where there is no key.
    pub(crate) fn without_key(&self) -> Failure {
        let sentence = match &self.profile {
            Some(profile) => {
                let path = crate::config::configuration::path().unwrap_or_default();
                format!(
                    "The profile {profile} has no key: write api_key, api_key_env or key_command below \
                     [profiles.{profile}] into {}.",
                    path.display(),
                )
            }
            None => "There is no API key: set MEM0_API_KEY, or add a profile by `mem0ctl profile add` and choose it \
                     by --profile or `mem0ctl profile use`."
                .to_owned(),
        };
        Failure::new(Exit::NotAuthenticated, sentence)
    }

    /// Whether the key is one that others may have read.
    fn is_exposed(&self) -> bool {
        let is_kept = |key: &ApiKey| matches!((&key.key, &key.source), (Key::Kept(_), Source::Profile(_)));
        self.exposed.is_some() && self.key.as_ref().is_some_and(is_kept)
    }

    /// Name of the variable that holds the key and a line end behind it.
    fn variable_with_line_end(&self) -> Option<&str> {
        let name = match self.key.as_ref()? {
            ApiKey { source: Source::Environment, .. } => "MEM0_API_KEY",
            ApiKey { key: Key::Variable(name), .. } => name,
            _ => return None,
        };
        variable(name)?.ends_with(['\n', '\r']).then_some(name)
    }

    /// Refuses to send a key to a host that another source names: a variable of a project's `.env` would be enough to
    /// have it sent anywhere.
    fn check_host(&self) -> Outcome {
        let (Some(key), Some(base_url)) = (&self.key, &self.base_url) else { return Ok(()) };
        if base_url.source == Source::Flag || base_url.source == key.source {
            return Ok(());
        }
        let origin = Origin::of(&base_url.url);
        if origin.is_some() && origin == Origin::of(key.base_url.as_deref().unwrap_or(HOSTED)) {
            return Ok(());
        }
        // The library sends such a key to this machine only.
        if key.is_local() && origin.is_some_and(|origin| origin.is_loopback()) {
            return Ok(());
        }
        let place = host(&base_url.url);
        let (of_key, of_url) = match (&key.source, &base_url.source) {
            (Source::Flag, Source::Profile(name)) => {
                ("--api-key".to_owned(), format!("the profile `{name}`"))
            }
            (Source::Flag, _) => ("--api-key".to_owned(), "MEM0_BASE_URL".to_owned()),
            (Source::Environment, Source::Profile(name)) => {
                ("MEM0_API_KEY".to_owned(), format!("the profile `{name}`"))
            }
            (Source::Environment, _) => ("MEM0_API_KEY".to_owned(), "MEM0_BASE_URL".to_owned()),
            (Source::Profile(name), _) => (format!("the profile `{name}`"), "MEM0_BASE_URL".to_owned()),
        };
        let otherwise = match &base_url.source {
            Source::Profile(name) => format!("pass --profile {name} to use the profile"),
            _ => "unset MEM0_BASE_URL".to_owned(),
        };
        Err(Failure::usage(format!(
            "the API key comes from {of_key}, and the base URL ({place}) from {of_url}: the key is not sent to a host \
             that another source names; {otherwise}, or pass --base-url to choose the host"
        )))
    }

    fn of_flags(options: &Options) -> Self {
        let base_url = options.base_url.clone();
        Self {
            ca_file: options.ca_file.as_ref().map(CaFile::of_flag),
            org_id: options.org.clone(),
            project_id: options.project.clone(),
            ..Self::of_source(&Source::Flag, options.api_key.clone().map(Key::Kept), base_url)
        }
    }

    fn of_environment() -> Self {
        let key = variable("MEM0_API_KEY").map(|key| Key::Kept(without_line_end(&key).to_owned()));
        Self {
            ca_file: CaFile::of_environment(),
            org_id: variable("MEM0_ORG_ID"),
            project_id: variable("MEM0_PROJECT_ID"),
            ..Self::of_source(&Source::Environment, key, variable("MEM0_BASE_URL"))
        }
    }

    fn of(profile: Profile) -> Self {
        let Profile { name, base_url, ca_file, org_id, project_id, key, .. } = profile;
        let ca_file = ca_file.map(|path| CaFile::new(path, format!("`ca_file` of the profile {name}")));
        let of_source = Self::of_source(&Source::Profile(name.clone()), key, base_url);
        Self { ca_file, org_id, project_id, profile: Some(name), ..of_source }
    }

    fn of_source(source: &Source, key: Option<Key>, base_url: Option<String>) -> Self {
        Self {
            key: key.map(|key| ApiKey { key, source: source.clone(), base_url: base_url.clone() }),
            base_url: base_url.map(|url| BaseUrl { url, source: source.clone() }),
            ..Self::default()
        }
    }

    /// This, and where it says nothing, what is weaker. The project of another organization stays behind.
    fn over(self, weaker: Self) -> Self {
        let is_elsewhere = matches!((&self.org_id, &weaker.org_id), (Some(own), Some(other)) if own != other);
        Self {
            base_url: self.base_url.or(weaker.base_url),
            ca_file: self.ca_file.or(weaker.ca_file),
            key: self.key.or(weaker.key),
            org_id: self.org_id.or(weaker.org_id),
            project_id: self.project_id.or(weaker.project_id.filter(|_| !is_elsewhere)),
            profile: self.profile.or(weaker.profile),
            exposed: self.exposed.or(weaker.exposed),
            warnings: Vec::new(),
        }
    }
}

impl ApiKey {
    /// Whether this is known to be the key of a local platform. No command is run to find out.
    fn is_local(&self) -> bool {
        match &self.key {
            Key::Kept(key) => key.trim_start().starts_with(LOCAL_KEY),
            Key::Variable(name) => variable(name).is_some_and(|key| key.trim_start().starts_with(LOCAL_KEY)),
            Key::Command(..) => false,
        }
    }
}

/// The key of a profile, from where it is kept.
pub(crate) fn value(key: &Key, profile: &str, interrupts: &Interrupts) -> Outcome<String> {
    let failed = |sentence: String| Failure::new(Exit::NotAuthenticated, sentence);
    match key {
        Key::Kept(key) => Ok(key.clone()),
        Key::Variable(name) => match variable(name) {
            Some(key) => Ok(without_line_end(&key).to_owned()),
            None => Err(failed(format!(
                "The profile {profile} has its key in the variable {name}, which is not set."
            ))),
        },
        Key::Command(command, limit) => key_command::run(command, *limit, interrupts).map_err(|reason| {
            failed(format!("The key_command of the profile {profile} {reason}: run it by hand to see why."))
        }),
    }
}

/// A key without the line end that `$(cat key)` in some shells, or a file of variables, leaves behind it.
fn without_line_end(key: &str) -> &str {
    key.trim_end_matches(['\n', '\r'])
}
