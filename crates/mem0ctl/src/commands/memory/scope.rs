//! Shared options that select memories by owner and by filter.

use clap::{Arg, Args};
use mem0::Filter;
use mem0::entities::EntityKind;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::session::Session;

/// Options that name a user, agent, app or run.
#[derive(Args, Debug, Clone, Default)]
#[allow(clippy::doc_markdown, clippy::struct_field_names)] // clap shows the text as it is.
pub(crate) struct EntityArgs {
    /// User ID; '*' for any [env: MEM0_USER_ID]
    #[arg(long, short, value_name = "ID", help_heading = ENTITY_HEADING)]
    user_id: Option<String>,
    /// Agent ID; '*' for any [env: MEM0_AGENT_ID]
    #[arg(long, value_name = "ID", help_heading = ENTITY_HEADING)]
    agent_id: Option<String>,
    /// App ID; '*' for any [env: MEM0_APP_ID]
    #[arg(long, value_name = "ID", help_heading = ENTITY_HEADING)]
    app_id: Option<String>,
    /// Run ID; '*' for any [env: MEM0_RUN_ID]
    #[arg(long, value_name = "ID", help_heading = ENTITY_HEADING)]
    run_id: Option<String>,
}

const ENTITY_HEADING: &str = "Owner (all given IDs must match; the environment applies if none is given)";

const NEW_OWNER_HEADING: &str = "Owner (the environment applies if none is given)";

const ENTITY_NAME_HEADING: &str = "Entity (instead of KIND/ID)";

const FILTER_HEADING: &str = "Filter (all must match)";

const WILDCARD_HELP: &str = "; '*' for any";

/// Adapts the help of [`EntityArgs`] to a command that stores memories, where `*` is not an owner.
pub(crate) fn new_owner_help(arg: Arg) -> Arg {
    entity_help(arg, NEW_OWNER_HEADING, |help| help.replace(WILDCARD_HELP, ""))
}

/// Adapts the help of [`EntityArgs`] to a command for one entity, which ignores the environment.
pub(crate) fn entity_name_help(arg: Arg) -> Arg {
    let kind_and_id = |help: &str| help.split(WILDCARD_HELP).next().unwrap_or_default().to_owned();
    entity_help(arg, ENTITY_NAME_HEADING, kind_and_id)
}

fn entity_help(arg: Arg, heading: &'static str, adapt: impl FnOnce(&str) -> String) -> Arg {
    match (arg.get_id().as_str(), arg.get_help()) {
        ("user_id" | "agent_id" | "app_id" | "run_id", Some(help)) => {
            let help = adapt(&help.to_string());
            arg.help(help).help_heading(heading)
        }
        _ => arg,
    }
}

/// One or more named entities, in the order of the platform's fields.
pub(crate) struct EntityScope(Vec<(EntityKind, String)>);

impl EntityArgs {
    /// Entities named by options.
    pub(crate) fn named(&self) -> Option<EntityScope> {
        EntityScope::of(self.user_id.clone(), self.agent_id.clone(), self.app_id.clone(), self.run_id.clone())
    }

    /// Entities named by options, or else by the environment. The two are not combined, as a user of one with an agent
    /// of the other would match almost nothing.
    pub(crate) fn named_or_default(&self) -> Option<EntityScope> {
        self.named().or_else(|| {
            let [user_id, agent_id, app_id, run_id] =
                ["MEM0_USER_ID", "MEM0_AGENT_ID", "MEM0_APP_ID", "MEM0_RUN_ID"].map(variable);
            EntityScope::of(user_id, agent_id, app_id, run_id)
        })
    }

    /// Entities named by options or the environment; an error if there are none.
    pub(crate) fn required(&self) -> Outcome<EntityScope> {
        self.named_or_default()
            .ok_or_else(|| Failure::usage("missing owner; pass --user-id, --agent-id, --app-id or --run-id"))
    }
}

impl EntityScope {
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

    /// Kinds and IDs of the entities.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&EntityKind, &str)> {
        self.0.iter().map(|(kind, id)| (kind, id.as_str()))
    }

    /// Filter expressions, all of which must match.
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

/// Formats the entities: `user alice, run 7`.
impl std::fmt::Display for EntityScope {
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

/// Options that filter memories.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct FilterArgs {
    #[command(flatten)]
    pub(crate) scope: EntityArgs,
    /// Filter expression of the platform
    #[arg(long, value_name = "JSON|@FILE", help_heading = FILTER_HEADING)]
    filter: Option<String>,
    /// Category; if repeated, any of them matches
    #[arg(long, value_name = "NAME", help_heading = FILTER_HEADING)]
    category: Vec<String>,
    /// Metadata entry; the value is JSON or a string
    #[arg(long, short, value_name = "KEY=VALUE", help_heading = FILTER_HEADING)]
    metadata: Vec<String>,
    /// Created on or after this date or timestamp
    #[arg(long, value_name = "TIME", visible_alias = "after", help_heading = FILTER_HEADING)]
    since: Option<String>,
    /// Created on or before this date or timestamp
    #[arg(long, value_name = "TIME", visible_alias = "before", help_heading = FILTER_HEADING)]
    until: Option<String>,
}

impl FilterArgs {
    /// Combines the options into one filter. Requires an owner.
    pub(crate) fn filter(&self) -> Outcome<Filter> {
        Ok(self.filter_or(|| Err(Failure::usage(MISSING_SCOPE)))?.0)
    }

    /// Combines the options; without an owner, the filter matches all memories of the project. Also returns the owner,
    /// if only the environment names one.
    fn filter_or_all(&self) -> Outcome<(Filter, Option<EntityScope>)> {
        let any_entity = [Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()];
        self.filter_or(|| Ok(Filter::any_of(any_entity)))
    }

    /// Combines the options for lists, exports and copies. Prints a note if only the environment names an owner.
    pub(crate) fn filter_with_note(&self, session: &Session) -> Outcome<Filter> {
        let (filter, from_environment) = self.filter_or_all()?;
        if let Some(scope) = from_environment {
            session.output.message(&format!("note: limited to {scope} by the environment"));
        }
        Ok(filter)
    }

    fn filter_or(
        &self,
        without_scope: impl FnOnce() -> Outcome<Filter>,
    ) -> Outcome<(Filter, Option<EntityScope>)> {
        let json = self.filter.as_deref().map(|filter| input::json("--filter", filter)).transpose()?;
        if json.as_ref().is_some_and(|json| !json.is_object()) {
            return Err(Failure::usage(
                "--filter is not a JSON object; pass one such as {\"user_id\": \"alice\"}",
            ));
        }
        let raw_filter = json.map(Filter::raw);
        let named = self.scope.named();
        let is_scoped = named.is_some() || raw_filter.as_ref().is_some_and(Filter::has_scope);
        let from_environment = if is_scoped { None } else { self.scope.named_or_default() };
        let mut filters = match named.as_ref().or(from_environment.as_ref()) {
            Some(scope) => scope.filters(),
            None if is_scoped => Vec::new(),
            None => vec![without_scope()?],
        };
        filters.extend(raw_filter);
        if !self.category.is_empty() {
            filters.push(Filter::categories().is_in(&self.category));
        }
        for (key, value) in input::object("--metadata", &self.metadata)? {
            filters.push(Filter::metadata(key).eq(value));
        }
        if let Some(since) = &self.since {
            filters.push(Filter::created_at().gte(since.as_str()));
        }
        if let Some(until) = &self.until {
            filters.push(created_until(until));
        }
        let filter = match filters.pop() {
            // A single condition needs no AND.
            Some(only) if filters.is_empty() => only,
            last => Filter::all_of(filters.into_iter().chain(last)),
        };
        Ok((filter, from_environment))
    }
}

/// Filter for memories created until the end of a date, or until a timestamp. The platform does not document its
/// comparison with a date, so the filter uses the start of the next day.
fn created_until(date_or_timestamp: &str) -> Filter {
    let day = (date_or_timestamp.len() == "YYYY-MM-DD".len())
        .then(|| date_or_timestamp.parse::<jiff::civil::Date>().ok());
    match day.flatten().and_then(|day| day.tomorrow().ok()) {
        Some(next) => Filter::created_at().lt(next),
        None => Filter::created_at().lte(date_or_timestamp),
    }
}

const MISSING_SCOPE: &str = "missing owner; pass --user-id, --agent-id, --app-id or --run-id ('*' for any), or a --filter \
                             with an owner";

/// Entity on the command line: `user/alice`.
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

/// Parses a kind of entity, singular or plural.
pub(crate) fn entity_kind(word: &str) -> Result<EntityKind, String> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    singular.parse().map_err(|_| "expected users, agents, apps or runs".to_owned())
}
