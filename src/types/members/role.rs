//! Role of a member.

open_enum! {
    /// Role of a member in an organization or a project.
    ///
    /// Text is parsed in any case; an unknown role is refused, with a suggestion. In a response, an unknown role is
    /// [`Role::Other`]; to send one, use that variant.
    ///
    /// ```
    /// use mem0::Role;
    ///
    /// assert_eq!("owner".parse::<Role>()?, Role::Owner);
    /// let error = Role::try_from("REEDER").unwrap_err();
    /// assert!(error.to_string().contains("did you mean READER?"), "{error}");
    /// assert_eq!(Role::Other("AUDITOR".into()).as_str(), "AUDITOR");
    /// # Ok::<(), mem0::Error>(())
    /// ```
    pub enum Role("role") {
        /// `READER`: can view and search.
        Reader = "READER",
        /// `OWNER`: can do everything.
        Owner = "OWNER",
    }
}

impl Role {
    /// Refuses an empty role.
    pub(crate) fn check(&self) -> crate::error::Result<()> {
        if self.as_str().trim().is_empty() {
            return Err(crate::error::Error::invalid("role", "is empty; expected READER or OWNER"));
        }
        Ok(())
    }
}
