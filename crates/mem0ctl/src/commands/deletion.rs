//! Deletions of projects and organizations, confirmed by typing a name.

use mem0::memories::ListMemories;
use mem0::{Filter, ProjectFields};

use crate::failure::{Failure, Outcome};
use crate::output::escape::escape_line;
use crate::output::prompt;
use crate::session::Session;

/// Deletion of a container and its content.
pub(crate) struct Deletion<'a> {
    /// Confirmation question.
    pub(crate) question: String,
    /// Warnings shown before the question.
    pub(crate) warnings: Vec<String>,
    /// Kind of object whose name is typed: `project` or `organization`.
    pub(crate) noun: &'a str,
    /// Name, if it has one.
    pub(crate) name: Option<&'a str>,
    /// ID, accepted instead of the name.
    pub(crate) id: &'a str,
    /// Number of memories, for display.
    pub(crate) memories: String,
}

impl Deletion<'_> {
    /// Asks for the name. `--yes` and `--dry-run` skip the prompt.
    pub(crate) fn confirm(&self, session: &Session) -> Outcome {
        let options = &session.options;
        if options.yes || options.dry_run {
            return prompt::confirm_with_warnings(session, &self.warnings, &self.question);
        }
        let profile = session.context.profile.as_deref().unwrap_or("none");
        let is_interactive = prompt::is_interactive();
        // Without a terminal, the failure contains the question.
        for line in self.warnings.iter().chain(is_interactive.then_some(&self.question)) {
            prompt::print_line(line);
        }
        prompt::print_line(&format!("  Profile   {profile}"));
        prompt::print_line(&format!("  Host      {}", session.context.host()));
        prompt::print_line(&format!("  Memories  {}", self.memories));
        if !is_interactive {
            return prompt::confirm(session, &self.question);
        }
        let (noun, id) = (self.noun, self.id);
        let question = match self.name {
            Some(name) => format!("Type the {noun}'s name ({name}) or ID to confirm:"),
            None => format!("Type the {noun}'s ID ({id}) to confirm:"),
        };
        // The escaped form of a hidden character can be typed too.
        let is_name = |typed: &str, name: &str| typed == name.trim() || typed == escape_line(name).trim();
        prompt::confirm_by_typing(&question, |typed| {
            typed == id || typed == escape_line(id) || self.name.is_some_and(|name| is_name(typed, name))
        })
    }
}

/// Formats a name and an ID for messages.
pub(crate) fn title_of(name: Option<&str>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), |name| format!("\"{name}\" ({id})"))
}

/// Counts the memories of the key's project, expired ones included. Sends no request if there is no prompt.
pub(crate) fn memories_of_key(session: &Session) -> String {
    if session.options.yes || session.options.dry_run {
        return String::new();
    }
    let any_entity = [Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()];
    let list = ListMemories::new(Filter::any_of(any_entity)).page_size(1).show_expired(true);
    let count = session.client.get_all(list).and_then(|mut pages| {
        pages.next().transpose()?;
        Ok(pages.total())
    });
    match count {
        Ok(Some(count)) => count.to_string(),
        _ => "unknown".to_owned(),
    }
}

/// Confirms a deletion of everything in the key's project. Returns its name and ID.
pub(crate) fn confirm_everything(session: &Session, what: &str) -> Outcome<String> {
    let client = session.project_client()?;
    let identity = session.identity()?;
    let id = identity.project_id.as_ref().map(ToString::to_string);
    let id = id.ok_or_else(|| Failure::usage("the platform does not report the project of this API key"))?;
    // Without permission to read the project, the ID is enough.
    let name = client.project().get_fields(ProjectFields::new().name()).ok().and_then(|project| project.name);
    let project = title_of(name.as_deref(), &id);
    Deletion {
        question: format!("Delete {what} of project {project}?"),
        warnings: Vec::new(),
        noun: "project",
        name: name.as_deref(),
        id: &id,
        memories: memories_of_key(session),
    }
    .confirm(session)?;
    Ok(project)
}
