//! Deletions of whole projects and organizations, which the person at the terminal confirms by typing a name.

use mem0::memories::ListMemories;
use mem0::{Filter, ProjectFields};

use crate::failure::{Failure, Outcome};
use crate::output::prompt;
use crate::output::visible::visible;
use crate::session::Session;

/// Something that is deleted with everything in it.
pub(crate) struct Deletion<'a> {
    /// What to ask.
    pub(crate) question: String,
    /// What is special about this case.
    pub(crate) warnings: Vec<String>,
    /// `project` or `organization`: whose name is typed.
    pub(crate) noun: &'a str,
    /// The name, where it has one.
    pub(crate) name: Option<&'a str>,
    /// The identifier, which will do in place of the name.
    pub(crate) id: &'a str,
    /// How many memories go.
    pub(crate) memories: String,
}

impl Deletion<'_> {
    /// Asks for the name. `--yes` answers for the person, and a dry run deletes nothing.
    pub(crate) fn confirm(&self, session: &Session) -> Outcome {
        let options = &session.options;
        if options.yes || options.dry_run {
            return prompt::confirm_warned(session, &self.warnings, &self.question);
        }
        let profile = session.settings.profile.as_deref().unwrap_or("none");
        let is_anybody_here = prompt::is_anybody_here();
        // Whoever is about to say --yes has to see what they say it to.
        for line in self.warnings.iter().chain(is_anybody_here.then_some(&self.question)) {
            prompt::say(line);
        }
        prompt::say(&format!("  Profile   {profile}"));
        prompt::say(&format!("  Host      {}", session.settings.host()));
        prompt::say(&format!("  Memories  {}", self.memories));
        if !is_anybody_here {
            return prompt::confirm(session, &self.question);
        }
        let (noun, id) = (self.noun, self.id);
        let question = match self.name {
            Some(name) => format!("Type the name of the {noun}, {name}, or its identifier, to confirm:"),
            None => format!("Type the identifier of the {noun}, {id}, to confirm:"),
        };
        // What is shown in place of a hidden character is all that a person can type.
        let is_name = |typed: &str, name: &str| typed == name.trim() || typed == visible(name).trim();
        prompt::typed(&question, |typed| {
            typed == id || typed == visible(id) || self.name.is_some_and(|name| is_name(typed, name))
        })
    }
}

/// Name and identifier, as messages have them.
pub(crate) fn titled(name: Option<&str>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), |name| format!("\"{name}\" ({id})"))
}

/// How many memories the key's own project has, expired ones too. Empty where nothing is confirmed.
pub(crate) fn memories_of_key(session: &Session) -> String {
    if session.options.yes || session.options.dry_run {
        return String::new();
    }
    let everybody = [Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()];
    let list = ListMemories::new(Filter::any_of(everybody)).page_size(1).show_expired(true);
    let counted = session.client.get_all(list).and_then(|mut pages| {
        pages.next().transpose()?;
        Ok(pages.total())
    });
    match counted {
        Ok(Some(count)) => count.to_string(),
        _ => "unknown".to_owned(),
    }
}

/// Deletion of everything in the key's own project: its identifier and its name are asked for.
pub(crate) fn confirm_everything(session: &Session, what: &str) -> Outcome<String> {
    let client = session.own()?;
    let identity = session.identity()?;
    let id = identity.project_id.as_ref().map(ToString::to_string);
    let id = id.ok_or_else(|| Failure::usage("the platform does not tell the project of this key"))?;
    // Who may not read it still knows the identifier.
    let name = client.project().get_fields(ProjectFields::new().name()).ok().and_then(|project| project.name);
    let project = titled(name.as_deref(), &id);
    Deletion {
        question: format!("Delete {what} of the project {project}?"),
        warnings: Vec::new(),
        noun: "project",
        name: name.as_deref(),
        id: &id,
        memories: memories_of_key(session),
    }
    .confirm(session)?;
    Ok(project)
}
