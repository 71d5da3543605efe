//! Projects as code, with random states: every plan converges, keeps an OWNER everywhere and the caller inside, and is
//! finished after any failure.

mod property;
mod pulled;
mod standing;
mod stopped;
mod world;
