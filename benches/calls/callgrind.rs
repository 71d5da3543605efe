//! Instructions a call, counted by valgrind.
//!
//! This binary calls itself under callgrind, once for few calls and once for more: the difference is the calls'
//! own, without the start of the process, the building of the client and the connecting. The server stays in
//! the parent, so that it is not counted.

use std::process::{Command, Output, Stdio};

use crate::Result;

/// What the child's first argument is.
pub(crate) const CHILD: &str = "--calls-of-one-side";

/// Whether there is a valgrind.
pub(crate) fn is_there() -> bool {
    let version =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// How many instructions one call takes on one side of a row.
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
        _ => Err(format!("a run under valgrind ended with {status}: {report}").into()),
    }
}
