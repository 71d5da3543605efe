//! Both flavours against a faulty server on raw sockets, which records what it carried out. Each fault of the table is
//! tested with a read, an idempotent write and one that is not; both flavours must have the outcome and the number of
//! requests of the table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callers;
mod compression;
mod connection;
mod content;
mod custom_clients;
mod error_status;
mod fault;
mod framing;
mod head;
mod outcome;
mod pool;
mod redirect;
mod retry_after;
mod server;
mod tls;
