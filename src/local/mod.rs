//! The platform itself, on loopback.
