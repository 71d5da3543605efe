//! Whom memories belong to.

words! {
    /// What an entity is (contract 4).
    ///
    /// ```
    /// use mem0::EntityKind;
    ///
    /// assert_eq!(EntityKind::from("agent"), EntityKind::Agent);
    /// assert_eq!(EntityKind::from("robot"), EntityKind::Other("robot".into()));
    /// assert_eq!(EntityKind::User.as_str(), "user");
    /// ```
    pub enum EntityKind {
        /// `user`: a person, named by `user_id` where memories are added.
        User = "user",
        /// `agent`: an assistant, named by `agent_id`.
        Agent = "agent",
        /// `app`: an application, named by `app_id`.
        App = "app",
        /// `run`: a session, named by `run_id`.
        Run = "run",
    }
}
