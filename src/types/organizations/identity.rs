//! Whose key it is.

use crate::id::{OrgId, ProjectId};

resource! {
    /// Whom an API key stands for: the answer to a ping (contract 1.1). `Debug` hides the e-mail address.
    pub struct Identity {
        /// `"ok"`.
        pub status: String,
        /// The organization the key belongs to.
        pub org_id: OrgId,
        /// The project the key belongs to.
        pub project_id: ProjectId,
        private {
            /// The e-mail address of the key's user.
            pub user_email: String,
        }
    }
}
