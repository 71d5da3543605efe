//! Projects and their settings, as they are read.

use crate::id::{OrgId, ProjectId};
use crate::types::resource::NonNull;
use crate::types::{CustomCategory, Instructions, Member, Role, Timestamp};

resource! {
    /// A project: its settings and its members (contract 1.2).
    ///
    /// A field is `None` where the platform sent `null` or nothing. A read of chosen fields may answer with
    /// those or with the whole project (contract D1), so neither does absence mean "not set", nor presence
    /// "was asked for".
    pub struct Project {
        /// Its identifier.
        pub project_id: ProjectId,
        /// The organization it belongs to; most answers leave it out (contract D31).
        pub org_id: OrgId,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Its members, with their e-mail addresses.
        pub members: Vec<Member> as NonNull<Member>,
        /// The use case it was set up for. Written under another name:
        /// [`ProjectUpdate::usecase_setting`](crate::ProjectUpdate::usecase_setting) (contract D8).
        pub usecase: String,
        /// How much is remembered. The values are not documented.
        pub memory_depth: String,
        /// What is to be remembered.
        pub inclusion_prompt: String,
        /// What is not to be remembered.
        pub exclusion_prompt: String,
        /// Its categories. `None` if they were never set; none of them and an empty list both stand for
        /// the platform's own catalogue.
        pub custom_categories: Vec<CustomCategory>,
        /// What to extract from what users say. A server's list of lines is joined by line breaks.
        pub custom_instructions: Instructions,
        /// What to extract from what agents say; empty falls back to `custom_instructions`.
        pub agent_custom_instructions: Instructions,
        /// What to heed when memories are updated.
        pub update_custom_instructions: Instructions,
        /// What to heed when memories are summed up.
        pub summary_custom_instructions: Instructions,
        /// How many memories one summary takes.
        pub summary_batch_size: i64,
        /// How long a summary may become, in tokens.
        pub summary_max_tokens: i64,
        /// When memories made in it expire, unless they say so themselves.
        pub expiration_date: Timestamp,
        /// Whether a graph of entities is kept. It always is, whatever this says (contract D23).
        pub enable_graph: bool,
        /// Whether memories stay in the language they came in.
        pub multilingual: bool,
        /// The version of its memory pipeline.
        pub version: String,
        /// Whether it is the one its organization started with.
        pub is_default: bool,
        /// The prompt profile in force.
        pub active_prompt_profile: String,
        /// Whether searches favour what was used lately (contract 8).
        pub decay: bool,
        /// The caller's role in it.
        pub user_role: Role,
    }
}
