//! Both flavours against a server that keeps to nothing: raw sockets, faults in a table, and a ledger of what
//! was carried out. Every fault meets a read, a write that may be repeated and one that may not be, and both
//! flavours have to end as the table says, after as many requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod brought;
mod callers;
mod compression;
mod connection;
mod content;
mod fault;
mod framing;
mod head;
mod outcome;
mod pool;
mod redirect;
mod refusal;
mod server;
mod status;
mod tls;
