//! Projects as code with random states: every plan converges, keeps an OWNER everywhere, does not lock the caller out,
//! and can be finished after any failure.

mod caller_role;
mod convergence;
mod failure;
mod round_trip;
mod world;
