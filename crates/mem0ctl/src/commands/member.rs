//! `mem0ctl member`: who belongs to a project or an organization.

use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use mem0::Confirmation;
use mem0::blocking::{OrganizationApi, ProjectApi};
use mem0::members::Member;
use mem0::{ProjectFields, Role};

use crate::failure::{Exit, Failure, Outcome};
use crate::output::Column;
use crate::output::prompt::confirm_warned;
use crate::session::Session;
use crate::wire::Wire;

const WHOSE: &str = "\
Members are those of the project to work in. --of-org means those of its organization, and --org ID
without a --project those of that organization.";

// Without `Debug`, which would show e-mail addresses.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists the members with their roles
    #[command(after_help = format!("\
Examples:
  mem0ctl member list
  mem0ctl member list --emails --output json
  mem0ctl member list --of-org

{WHOSE}"))]
    List(List),
    /// Adds a member by e-mail address
    #[command(after_help = format!("\
Examples:
  mem0ctl member add ann@example.com
  mem0ctl member add ann@example.com OWNER --project proj_123
  mem0ctl member add ann@example.com READER --of-org

{WHOSE}"))]
    Add(Add),
    /// Changes a member's role
    #[command(after_help = format!("\
Examples:
  mem0ctl member role ann@example.com OWNER
  mem0ctl member role ann@example.com READER --org org_123

{WHOSE}"))]
    Role(Change),
    /// Removes a member
    #[command(after_help = format!("\
Examples:
  mem0ctl member remove ann@example.com
  mem0ctl member remove ann@example.com --of-org --yes

{WHOSE}"))]
    Remove(Remove),
}

#[derive(Args)]
pub(crate) struct List {
    /// With their e-mail addresses, which the platform's own list leaves out
    #[arg(long)]
    emails: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
pub(crate) struct Add {
    /// The member's e-mail address
    email: String,

    /// What the member may do: READER views and searches, OWNER does everything
    #[arg(value_parser = role, default_value = "READER")]
    role: Role,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
pub(crate) struct Change {
    /// The member's e-mail address
    email: String,

    /// What the member may do: READER views and searches, OWNER does everything
    #[arg(value_parser = role)]
    role: Role,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// The member's e-mail address
    email: String,

    #[command(flatten)]
    place: PlaceArgs,
}

/// Whose members are meant.
#[derive(Args)]
struct PlaceArgs {
    /// The organization's members in place of a project's
    #[arg(long, conflicts_with = "project")]
    of_org: bool,
}

/// Whose members they are.
enum Place {
    Project(ProjectApi<Wire>),
    Organization(OrganizationApi<Wire>),
}

const OF_PROJECT: &[Column] = &[("USER", "/username"), ("ROLE", "/role")];
const OF_ORGANIZATION: &[Column] = &[("USER ID", "/user_id"), ("ROLE", "/role")];
const WITH_EMAIL: &[Column] = &[("USER", "/username"), ("E-MAIL", "/email"), ("ROLE", "/role")];

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    let (Command::List(List { place, .. })
    | Command::Add(Add { place, .. })
    | Command::Role(Change { place, .. })
    | Command::Remove(Remove { place, .. })) = &command;
    let place = Place::of(session, place)?;
    match command {
        Command::List(List { emails: true, .. }) => session.output.list(&place.known()?.members, WITH_EMAIL),
        Command::List(List { emails: false, .. }) => match &place {
            Place::Project(project) => session.output.list(&project.get_members()?.members, OF_PROJECT),
            Place::Organization(organization) => {
                session.output.list(&organization.get_members()?.members, OF_ORGANIZATION)
            }
        },
        Command::Add(Add { email, role, .. }) => add(session, &place, &email, &role),
        Command::Role(Change { email, role, .. }) => change(session, &place, &email, &role),
        Command::Remove(Remove { email, .. }) => remove(session, &place, &email),
    }
}

fn add(session: &Session, place: &Place, email: &str, role: &Role) -> Outcome {
    // What the platform does about somebody who is a member is not documented: it might take a role away.
    let known = place.known()?;
    if let Some(member) = known.member(email) {
        let role = member.role.as_ref().map_or("", Role::as_str);
        return Err(Failure::new(
            Exit::Other,
            format!(
                "This is a member of the {} already, as {role}: `mem0ctl member role` changes that.",
                place.noun()
            ),
        ));
    }
    let answer: Confirmation = match place {
        Place::Project(project) => project.add_member(email, role.clone()),
        Place::Organization(organization) => organization.add_member(email, role.clone()),
    }?;
    session.output.done(&answer, &format!("Added {} to {} as {role}.", named(email), known.title(place)))
}

fn change(session: &Session, place: &Place, email: &str, role: &Role) -> Outcome {
    let known = place.known()?;
    if *role != Role::Owner {
        // Whom the platform does not show may be an OWNER.
        if known.member(email).is_none_or(|member| member.role.as_ref() != Some(role)) {
            let question = format!("Let {} be no more than {role} in {}?", named(email), known.title(place));
            confirm_warned(session, &warnings(session, place, &known, email), &question)?;
        }
    }
    let answer: Confirmation = match place {
        Place::Project(project) => project.update_member(email, role.clone()),
        Place::Organization(organization) => organization.update_member(email, role.clone()),
    }?;
    session.output.done(&answer, &format!("Made {} {role} of {}.", named(email), known.title(place)))
}

fn remove(session: &Session, place: &Place, email: &str) -> Outcome {
    let known = place.known()?;
    let question = format!("Remove {} from {}?", named(email), known.title(place));
    confirm_warned(session, &warnings(session, place, &known, email), &question)?;
    let answer: Confirmation = match place {
        Place::Project(project) => project.remove_member(email),
        Place::Organization(organization) => organization.remove_member(email),
    }?;
    session.output.done(&answer, &format!("Removed {} from {}.", named(email), known.title(place)))
}

/// What is special about a member who is to lose something.
fn warnings(session: &Session, place: &Place, known: &Known, email: &str) -> Vec<String> {
    let noun = place.noun();
    let mut warnings = Vec::new();
    if session.identity().is_ok_and(|identity| is_same(identity.user_email.as_deref(), email)) {
        warnings.push(format!(
            "This is your own membership: you will not be able to manage the {noun}, nor to take this back."
        ));
    }
    let mut owners = known.members.iter().filter(|member| member.role == Some(Role::Owner));
    if let (Some(owner), None) = (owners.next(), owners.next())
        && is_same(owner.email.as_deref(), email)
    {
        warnings.push(format!(
            "This is the last OWNER of the {noun}, and the platform may refuse: name another first."
        ));
    }
    warnings
}

/// A project or an organization as its members are judged by.
struct Known {
    name: Option<String>,
    members: Vec<Member>,
}

impl Known {
    fn member(&self, email: &str) -> Option<&Member> {
        self.members.iter().find(|member| is_same(member.email.as_deref(), email))
    }

    fn title(&self, place: &Place) -> String {
        let noun = place.noun();
        self.name.as_ref().map_or_else(|| format!("the {noun}"), |name| format!("the {noun} \"{name}\""))
    }
}

impl Place {
    fn of(session: &Session, args: &PlaceArgs) -> Outcome<Self> {
        let options = &session.options;
        if options.org.as_deref().is_some_and(|org| org.contains('@')) {
            return Err(Failure::usage(
                "--org has taken an e-mail address for an organization's identifier: name the organization, or say --of-org for the key's own.",
            ));
        }
        if args.of_org || (options.org.is_some() && options.project.is_none()) {
            return Ok(Self::Organization(session.organization()?));
        }
        if session.settings.org_id.is_some() && session.settings.project_id.is_none() {
            return Err(Failure::usage(
                "The environment or the profile names an organization without a project: say --of-org for the \
                 organization's members, or name a project by --project.",
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

    /// Its name, and its members with their e-mail addresses (contract D10).
    fn known(&self) -> Outcome<Known> {
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
        Ok(Known { name, members: members.unwrap_or_default() })
    }
}

fn is_same(address: Option<&str>, email: &str) -> bool {
    address.is_some_and(|address| address.eq_ignore_ascii_case(email))
}

/// A member as messages name one: the person at the terminal has to see whom it is about, and a log must not.
fn named(email: &str) -> &str {
    if io::stderr().is_terminal() { email } else { "the member" }
}

/// A role, in small letters too.
fn role(given: &str) -> Result<Role, String> {
    given.to_uppercase().parse().map_err(|_| "expected READER or OWNER".to_owned())
}
