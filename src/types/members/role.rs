//! Role of a member.

open_enum! {
    /// Role of a member in an organization or a project (contract 1.3).
    ///
    /// Text is taken in any case; an unknown role is refused, with a suggestion. A role that this version does not know
    /// is [`Role::Other`], in answers and where it is to be sent all the same.
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
        /// `READER`: may view and search.
        Reader = "READER",
        /// `OWNER`: may do everything.
        Owner = "OWNER",
    }
}

impl Role {
    /// Refuses what can be no role.
    pub(crate) fn check(&self) -> crate::error::Result<()> {
        if self.as_str().trim().is_empty() {
            return Err(crate::error::Error::invalid("role", "is empty; expected READER or OWNER"));
        }
        Ok(())
    }
}
