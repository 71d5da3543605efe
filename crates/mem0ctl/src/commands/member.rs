//! `mem0ctl member`: members of a project or organization.

use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use mem0::Confirmation;
use mem0::blocking::{OrganizationApi, ProjectApi};
use mem0::members::Member;
use mem0::{ProjectFields, Role};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::Column;
use crate::output::prompt::confirm_with_warnings;
use crate::session::Session;

const SCOPE_HELP: &str = "\
Applies to the selected project: by default, the project of the key. With
--of-org, or with --org ID and no --project, it applies to the organization.";

// No `Debug`: it would show e-mail addresses.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List members and their roles
    #[command(after_help = format!("\
Examples:
  mem0ctl member list
  mem0ctl member list --emails --output json
  mem0ctl member list --of-org

{SCOPE_HELP}"))]
    List(List),
    /// Add a member by e-mail address
    #[command(after_help = format!("\
Examples:
  mem0ctl member add ann@example.com
  mem0ctl member add ann@example.com OWNER --project proj_123
  mem0ctl member add ann@example.com READER --of-org

{SCOPE_HELP}"))]
    Add(Add),
    /// Change the role of a member
    #[command(after_help = format!("\
Examples:
  mem0ctl member role ann@example.com OWNER
  mem0ctl member role ann@example.com READER --org org_123

{SCOPE_HELP}"))]
    Role(Change),
    /// Remove a member
    #[command(after_help = format!("\
Examples:
  mem0ctl member remove ann@example.com
  mem0ctl member remove ann@example.com --of-org --yes

{SCOPE_HELP}"))]
    Remove(Remove),
}

#[derive(Args)]
pub(crate) struct List {
    /// Include e-mail addresses
    #[arg(long)]
    emails: bool,

    #[command(flatten)]
    scope: MemberScopeArgs,
}

#[derive(Args)]
pub(crate) struct Add {
    /// E-mail address of the member
    email: String,

    /// Role: READER (view and search) or OWNER (full access)
    #[arg(value_parser = role, default_value = "READER")]
    role: Role,

    #[command(flatten)]
    scope: MemberScopeArgs,
}

#[derive(Args)]
pub(crate) struct Change {
    /// E-mail address of the member
    email: String,

    /// Role: READER (view and search) or OWNER (full access)
    #[arg(value_parser = role)]
    role: Role,

    #[command(flatten)]
    scope: MemberScopeArgs,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// E-mail address of the member
    email: String,

    #[command(flatten)]
    scope: MemberScopeArgs,
}

/// Options that select a project or an organization.
#[derive(Args)]
struct MemberScopeArgs {
    /// Use the organization instead of the project
    #[arg(long, conflicts_with = "project")]
    of_org: bool,
}

/// Project or organization whose members are managed.
enum MemberScope {
    Project(ProjectApi),
    Organization(OrganizationApi),
}

const OF_PROJECT: &[Column] = &[("USER", "/username"), ("ROLE", "/role")];
const OF_ORGANIZATION: &[Column] = &[("USER ID", "/user_id"), ("ROLE", "/role")];
const WITH_EMAIL: &[Column] = &[("USER", "/username"), ("E-MAIL", "/email"), ("ROLE", "/role")];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    let (Command::List(List { scope, .. })
    | Command::Add(Add { scope, .. })
    | Command::Role(Change { scope, .. })
    | Command::Remove(Remove { scope, .. })) = &command;
    let scope = MemberScope::of(session, scope)?;
    let empty = || format!("No members in the {}.", scope.noun());
    match command {
        Command::List(List { emails: true, .. }) => {
            session.output.list(&scope.membership()?.members, WITH_EMAIL, empty)
        }
        Command::List(List { emails: false, .. }) => match &scope {
            MemberScope::Project(project) => {
                session.output.list(&project.get_members()?.members, OF_PROJECT, empty)
            }
            MemberScope::Organization(organization) => {
                session.output.list(&organization.get_members()?.members, OF_ORGANIZATION, empty)
            }
        },
        Command::Add(Add { email, role, .. }) => add(session, &scope, &email, &role),
        Command::Role(Change { email, role, .. }) => change(session, &scope, &email, &role),
        Command::Remove(Remove { email, .. }) => remove(session, &scope, &email),
    }
}

fn add(session: &Session, scope: &MemberScope, email: &str, role: &Role) -> Outcome {
    // The platform documents no response for an existing member; the request might change the role.
    let membership = scope.membership()?;
    if let Some(member) = membership.member(email) {
        let role = member.role.as_ref().map_or("", Role::as_str);
        return Err(Failure::new(
            Exit::Other,
            format!(
                "already a member of {} with role {role}; use `mem0ctl member role` to change it",
                membership.title(scope)
            ),
        ));
    }
    let response: Confirmation = match scope {
        MemberScope::Project(project) => project.add_member(email, role.clone()),
        MemberScope::Organization(organization) => organization.add_member(email, role.clone()),
    }?;
    session.output.success(
        &response,
        &format!("Added {} to {} as {role}.", display_name(email), membership.title(scope)),
    )
}

fn change(session: &Session, scope: &MemberScope, email: &str, role: &Role) -> Outcome {
    let membership = scope.membership()?;
    if *role != Role::Owner {
        // A member that is not listed may be an OWNER.
        if membership.member(email).is_none_or(|member| member.role.as_ref() != Some(role)) {
            let question = format!(
                "Reduce the role of {} to {role} in {}?",
                display_name(email),
                membership.title(scope)
            );
            confirm_with_warnings(session, &warnings(session, scope, &membership, email), &question)?;
        }
    }
    let response: Confirmation = match scope {
        MemberScope::Project(project) => project.update_member(email, role.clone()),
        MemberScope::Organization(organization) => organization.update_member(email, role.clone()),
    }?;
    session.output.success(
        &response,
        &format!("Changed the role of {} to {role} in {}.", display_name(email), membership.title(scope)),
    )
}

fn remove(session: &Session, scope: &MemberScope, email: &str) -> Outcome {
    let membership = scope.membership()?;
    let question = format!("Remove {} from {}?", display_name(email), membership.title(scope));
    confirm_with_warnings(session, &warnings(session, scope, &membership, email), &question)?;
    let response: Confirmation = match scope {
        MemberScope::Project(project) => project.remove_member(email),
        MemberScope::Organization(organization) => organization.remove_member(email),
    }?;
    session
        .output
        .success(&response, &format!("Removed {} from {}.", display_name(email), membership.title(scope)))
}

/// Warnings about removing a member or reducing a role.
fn warnings(session: &Session, scope: &MemberScope, membership: &Membership, email: &str) -> Vec<String> {
    let noun = scope.noun();
    let mut warnings = Vec::new();
    if session.identity().is_ok_and(|identity| is_same(identity.user_email.as_deref(), email)) {
        warnings.push(format!(
            "This is your own membership: you will lose access to manage the {noun} and cannot undo this."
        ));
    }
    let mut owners = membership.members.iter().filter(|member| member.role == Some(Role::Owner));
    if let (Some(owner), None) = (owners.next(), owners.next())
        && is_same(owner.email.as_deref(), email)
    {
        warnings.push(format!(
            "This is the last OWNER of the {noun}: the platform may refuse; add another OWNER first."
        ));
    }
    warnings
}

/// Name and members of a project or organization.
struct Membership {
    name: Option<String>,
    members: Vec<Member>,
}

impl Membership {
    fn member(&self, email: &str) -> Option<&Member> {
        self.members.iter().find(|member| is_same(member.email.as_deref(), email))
    }

    fn title(&self, scope: &MemberScope) -> String {
        let noun = scope.noun();
        self.name.as_ref().map_or_else(|| format!("the {noun}"), |name| format!("the {noun} \"{name}\""))
    }
}

impl MemberScope {
    fn of(session: &Session, args: &MemberScopeArgs) -> Outcome<Self> {
        let options = &session.options;
        if options.org.as_deref().is_some_and(|org| org.contains('@')) {
            return Err(Failure::usage(
                "--org is an e-mail address; pass an organization ID, or --of-org for the key's organization",
            ));
        }
        if args.of_org || (options.org.is_some() && options.project.is_none()) {
            return Ok(Self::Organization(session.organization()?));
        }
        if session.context.org_id.is_some() && session.context.project_id.is_none() {
            return Err(Failure::usage(
                "the environment or the profile selects an organization without a project; pass --of-org for the \
                 organization's members, or --project ID",
            ));
        }
        Ok(Self::Project(session.project()?))
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::Organization(_) => "organization",
        }
    }

    /// Reads the name and the members with their e-mail addresses.
    fn membership(&self) -> Outcome<Membership> {
        let (name, members) = match self {
            Self::Project(project) => {
                let project = project.get_fields(ProjectFields::new().name().members())?;
                (project.name, project.members)
            }
            Self::Organization(organization) => {
                let organization = organization.get()?;
                (organization.name, organization.members)
            }
        };
        Ok(Membership { name, members: members.unwrap_or_default() })
    }
}

fn is_same(address: Option<&str>, email: &str) -> bool {
    address.is_some_and(|address| address.eq_ignore_ascii_case(email))
}

/// Formats a member for messages: the e-mail address on a terminal only, so that logs do not contain it.
fn display_name(email: &str) -> &str {
    if io::stderr().is_terminal() { email } else { "the member" }
}

/// Parses a role, ignoring case.
fn role(text: &str) -> Result<Role, String> {
    text.to_uppercase().parse().map_err(|_| "expected READER or OWNER".to_owned())
}
