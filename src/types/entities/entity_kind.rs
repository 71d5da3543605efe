//! Kinds of entities.

open_enum! {
    /// Kind of an entity.
    ///
    /// ```
    /// use mem0::entities::EntityKind;
    ///
    /// assert_eq!("Agent".parse::<EntityKind>()?, EntityKind::Agent);
    /// assert!("robot".parse::<EntityKind>().is_err());
    /// assert_eq!(EntityKind::Other("robot".into()).as_str(), "robot");
    /// # Ok::<(), mem0::Error>(())
    /// ```
    pub enum EntityKind("entity type") {
        /// `user`: a person, named by `user_id`.
        User = "user",
        /// `agent`: an assistant, named by `agent_id`.
        Agent = "agent",
        /// `app`: an application, named by `app_id`.
        App = "app",
        /// `run`: a session, named by `run_id`.
        Run = "run",
    }
}
