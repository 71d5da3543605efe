//! Identity behind an API key.

use crate::ids::{OrgId, ProjectId};

resource! {
    /// Identity behind an API key, as returned by a ping.
    ///
    /// `Debug` hides the e-mail address.
    pub struct Identity {
        /// Status of the key: `"ok"`.
        pub status: String,
        /// Organization of the key.
        pub org_id: OrgId,
        /// Project of the key.
        pub project_id: ProjectId,
        private {
            /// E-mail address of the user of the key.
            pub user_email: String,
        }
    }
}
