//! Where the key and the rest come from: flags before the environment, the environment before the profile.

use crate::failure::Outcome;
use crate::options::Options;

/// Who asks, and where.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) base_url: Option<String>,
    api_key: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
}

impl Settings {
    pub(crate) fn resolve(options: &Options) -> Outcome<Self> {
        let given = |flag: &Option<String>, name: &str| flag.clone().or_else(|| variable(name));
        Ok(Self {
            base_url: given(&options.base_url, "MEM0_BASE_URL"),
            api_key: given(&options.api_key, "MEM0_API_KEY"),
            org_id: given(&options.org, "MEM0_ORG_ID"),
            project_id: given(&options.project, "MEM0_PROJECT_ID"),
        })
    }

    /// The key, from wherever it is kept.
    pub(crate) fn api_key(&self) -> Outcome<Option<String>> {
        Ok(self.api_key.clone())
    }
}

/// A variable of the environment; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
