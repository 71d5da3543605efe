//! Projects in responses.

use crate::ids::{OrgId, ProjectId};
use crate::types::resource::NonNull;
use crate::types::{CustomCategory, Instructions, Member, Role, Timestamp};

resource! {
    /// A project with its settings and members.
    ///
    /// A field is `None` if the platform sent `null` or left it out. Reading selected fields may return other fields
    /// too, because the platform may ignore the selection.
    pub struct Project {
        /// Id of the project.
        pub project_id: ProjectId,
        /// Organization of the project. Most responses leave it out.
        pub org_id: OrgId,
        /// Name.
        pub name: String,
        /// Description of the purpose.
        pub description: String,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Members with their e-mail addresses. `null`s in the list are skipped.
        pub members: Vec<Member> as NonNull<Member>,
        /// Use case of the project. To change it, use
        /// [`ProjectUpdate::usecase_setting`](crate::ProjectUpdate::usecase_setting).
        pub usecase: String,
        /// Depth of memory. The platform does not document the values.
        pub memory_depth: String,
        /// Description of what to remember.
        pub inclusion_prompt: String,
        /// Description of what to leave out.
        pub exclusion_prompt: String,
        /// Categories. `None` if they were never set. `None` and an empty list both stand for the platform's default
        /// categories.
        pub custom_categories: Vec<CustomCategory>,
        /// Instructions for extracting memories from messages of users.
        pub custom_instructions: Instructions,
        /// Instructions for extracting memories from messages of agents. If empty, `custom_instructions` apply.
        pub agent_custom_instructions: Instructions,
        /// Instructions for updating memories.
        pub update_custom_instructions: Instructions,
        /// Instructions for summarizing memories.
        pub summary_custom_instructions: Instructions,
        /// Number of memories per summary.
        pub summary_batch_size: i64,
        /// Maximum length of a summary in tokens.
        pub summary_max_tokens: i64,
        /// Expiration date of memories that set none of their own.
        pub expiration_date: Timestamp,
        /// Setting of the entity graph, which the platform ignores: the graph is always on.
        pub enable_graph: bool,
        /// Whether memories keep the language of the messages.
        pub multilingual: bool,
        /// Version of the memory pipeline.
        pub version: String,
        /// Whether this is the default project of its organization.
        pub is_default: bool,
        /// Active prompt profile.
        pub active_prompt_profile: String,
        /// Whether searches rank recently accessed memories higher.
        pub decay: bool,
        /// Role of the caller.
        pub user_role: Role,
    }
}
