//! Instructions per call, counted by valgrind.
//!
//! The binary runs itself under callgrind twice, with fewer and with more calls. The difference excludes the start of the
//! process, the creation of the client and the connection. The server runs in the parent, so it is not counted.

use std::process::{Command, Output, Stdio};

use crate::Result;

/// First argument of the child.
pub(crate) const CHILD: &str = "--calls-of-one-side";

/// Whether valgrind is installed.
pub(crate) fn is_installed() -> bool {
    let version =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Number of instructions of one call, for one side of a row.
pub(crate) fn instructions(row: usize, side: &str, url: &str, calls: usize) -> Result<f64> {
    let few = total(row, side, url, calls)?;
    let more = total(row, side, url, 3 * calls)?;
    Ok((more - few) / (2 * calls) as f64)
}

fn total(row: usize, side: &str, url: &str, calls: usize) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([CHILD, &row.to_string(), side, url, &calls.to_string()])
        .output()?;
    let Output { status, stderr, .. } = output;
    let report = String::from_utf8_lossy(&stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected :"));
    match collected.map(|(_, total)| total.trim().parse()) {
        Some(Ok(total)) if status.success() => Ok(total),
        _ => Err(format!("valgrind failed with {status}: {report}").into()),
    }
}
