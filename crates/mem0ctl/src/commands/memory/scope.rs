//! Whose memories are meant, and which of them: the options that commands on memories share.

use clap::Args;
use mem0::Filter;
use mem0::entities::EntityKind;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::input::argument;
use crate::session::Session;

/// Whose memories are meant.
#[derive(Args, Debug, Clone, Default)]
#[allow(clippy::doc_markdown, clippy::struct_field_names)] // The help shows it as it stands.
pub(crate) struct Scope {
    /// Of this user; MEM0_USER_ID. '*' stands for any
    #[arg(long, short, value_name = "ID", help_heading = WHOSE)]
    user_id: Option<String>,
    /// Of this agent; MEM0_AGENT_ID
    #[arg(long, value_name = "ID", help_heading = WHOSE)]
    agent_id: Option<String>,
    /// Of this app; MEM0_APP_ID
    #[arg(long, value_name = "ID", help_heading = WHOSE)]
    app_id: Option<String>,
    /// Of this run; MEM0_RUN_ID
    #[arg(long, value_name = "ID", help_heading = WHOSE)]
    run_id: Option<String>,
}

const WHOSE: &str =
    "Whose memories (all that are named have to fit; where none is, those of the environment)";

const WHICH: &str = "Which of them (all of these have to fit)";

/// Whom scope options name, in the order of the platform's fields: at least one.
pub(crate) struct Whose(Vec<(EntityKind, String)>);

impl Scope {
    /// Whom the options name.
    pub(crate) fn named(&self) -> Option<Whose> {
        Whose::of(self.user_id.clone(), self.agent_id.clone(), self.app_id.clone(), self.run_id.clone())
    }

    /// Whom the options name, or else the environment. The two are not mixed: a user beside the agent of the
    /// environment would match next to nothing.
    pub(crate) fn named_or_usual(&self) -> Option<Whose> {
        self.named().or_else(|| {
            let [user_id, agent_id, app_id, run_id] =
                ["MEM0_USER_ID", "MEM0_AGENT_ID", "MEM0_APP_ID", "MEM0_RUN_ID"].map(variable);
            Whose::of(user_id, agent_id, app_id, run_id)
        })
    }

    /// The same, where nothing can be done for nobody.
    pub(crate) fn required(&self) -> Outcome<Whose> {
        self.named_or_usual().ok_or_else(|| {
            Failure::usage("Say whose memories are meant: --user-id, --agent-id, --app-id or --run-id.")
        })
    }
}

impl Whose {
    fn of(
        user_id: Option<String>,
        agent_id: Option<String>,
        app_id: Option<String>,
        run_id: Option<String>,
    ) -> Option<Self> {
        let parts = [
            (EntityKind::User, user_id),
            (EntityKind::Agent, agent_id),
            (EntityKind::App, app_id),
            (EntityKind::Run, run_id),
        ];
        let parts: Vec<_> = parts.into_iter().filter_map(|(kind, id)| Some((kind, id?))).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Kinds and identifiers of those that are named.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&EntityKind, &str)> {
        self.0.iter().map(|(kind, id)| (kind, id.as_str()))
    }

    /// What is of all of them.
    fn filters(&self) -> Vec<Filter> {
        let filter = |(kind, id): (&EntityKind, &str)| match kind {
            EntityKind::Agent => Filter::agent(id),
            EntityKind::App => Filter::app(id),
            EntityKind::Run => Filter::run(id),
            _ => Filter::user(id),
        };
        self.parts().map(filter).collect()
    }
}

/// For a person: `user alice, run 7`.
impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (kind, id)) in self.parts().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match id {
                "*" => write!(f, "{separator}every {kind}")?,
                id => write!(f, "{separator}{kind} {id}")?,
            }
        }
        Ok(())
    }
}

/// Which memories are meant.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Matching {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// What this filter matches, in the platform's JSON
    #[arg(long, value_name = "JSON|@FILE", help_heading = WHICH)]
    filter: Option<String>,
    /// Of this category; of any of them, if given more than once
    #[arg(long, value_name = "NAME", help_heading = WHICH)]
    category: Vec<String>,
    /// With this in their metadata; the value is JSON, or else a text
    #[arg(long, short, value_name = "KEY=VALUE", help_heading = WHICH)]
    metadata: Vec<String>,
    /// Made on or after this day, or moment
    #[arg(long, value_name = "DAY", visible_alias = "after", help_heading = WHICH)]
    since: Option<String>,
    /// Made on or before this day, or moment
    #[arg(long, value_name = "DAY", visible_alias = "before", help_heading = WHICH)]
    until: Option<String>,
}

impl Matching {
    /// All of it as one filter.
    pub(crate) fn filter(&self) -> Outcome<Filter> {
        Ok(self.filter_or(|| Err(Failure::usage(NOBODY)))?.0)
    }

    /// The same, and the memories of the whole project where nobody is named; and whom the environment alone has named.
    fn filter_or_all(&self) -> Outcome<(Filter, Option<Whose>)> {
        let everybody = [Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()];
        self.filter_or(|| Ok(Filter::any_of(everybody)))
    }

    /// The same, and tells whom the environment alone has named. Lists, exports and copies go by it.
    pub(crate) fn filter_told(&self, session: &Session) -> Outcome<Filter> {
        let (filter, usual) = self.filter_or_all()?;
        if let Some(whose) = usual {
            session.output.message(&format!("Only those of {whose}, whom the environment names."));
        }
        Ok(filter)
    }

    fn filter_or(&self, of_nobody: impl FnOnce() -> Outcome<Filter>) -> Outcome<(Filter, Option<Whose>)> {
        let given = self.filter.as_deref().map(|filter| argument::json("--filter", filter)).transpose()?;
        if given.as_ref().is_some_and(|given| !given.is_object()) {
            return Err(Failure::usage(
                "--filter is not a JSON object: give one, such as {\"user_id\": \"alice\"}.",
            ));
        }
        let given = given.map(Filter::raw);
        let named = self.scope.named();
        let is_scoped = named.is_some() || given.as_ref().is_some_and(Filter::has_scope);
        let usual = if is_scoped { None } else { self.scope.named_or_usual() };
        let mut filters = match named.as_ref().or(usual.as_ref()) {
            Some(whose) => whose.filters(),
            None if is_scoped => Vec::new(),
            None => vec![of_nobody()?],
        };
        filters.extend(given);
        if !self.category.is_empty() {
            filters.push(Filter::categories().is_in(&self.category));
        }
        for (key, value) in argument::object("--metadata", &self.metadata)? {
            filters.push(Filter::metadata(key).eq(value));
        }
        if let Some(since) = &self.since {
            filters.push(Filter::created_at().gte(since.as_str()));
        }
        if let Some(until) = &self.until {
            filters.push(made_until(until));
        }
        let filter = match filters.pop() {
            // One condition needs nothing around it.
            Some(only) if filters.is_empty() => only,
            last => Filter::all_of(filters.into_iter().chain(last)),
        };
        Ok((filter, usual))
    }
}

/// What was made until the end of that day, or until that moment. Whether a day counts as a whole where the platform
/// compares is not documented, so that it is asked for what is before the next one.
fn made_until(day_or_moment: &str) -> Filter {
    let day =
        (day_or_moment.len() == "YYYY-MM-DD".len()).then(|| day_or_moment.parse::<jiff::civil::Date>().ok());
    match day.flatten().and_then(|day| day.tomorrow().ok()) {
        Some(next) => Filter::created_at().lt(next),
        None => Filter::created_at().lte(day_or_moment),
    }
}

const NOBODY: &str = "Say whose memories are meant: --user-id, --agent-id, --app-id or --run-id ('*' for any), or a \
                      --filter that does.";

/// An entity as it is written on the command line: `user/alice`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EntityName {
    pub(crate) kind: EntityKind,
    pub(crate) id: String,
}

impl std::str::FromStr for EntityName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((kind, id)) if !id.is_empty() => Ok(Self { kind: entity_kind(kind)?, id: id.to_owned() }),
            _ => Err("expected KIND/ID, such as user/alice".to_owned()),
        }
    }
}

impl std::fmt::Display for EntityName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// A kind of entity, in the singular or the plural.
pub(crate) fn entity_kind(word: &str) -> Result<EntityKind, String> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    singular.parse().map_err(|_| "expected users, agents, apps or runs".to_owned())
}
