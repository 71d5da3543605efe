//! What arguments and input files hold.

pub(crate) mod argument;
pub(crate) mod arriving;
pub(crate) mod checkpoint;
pub(crate) mod setting;
pub(crate) mod words;
