//! Progress bar and cancellation of long work.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mem0::bulk::{Handle, Progress};

use crate::interrupts::{InterruptMode, POLL_INTERVAL};
use crate::session::Session;

/// Length of the bar in its own units.
const BAR_LEN: u64 = 10_000;

/// Runs long work with a progress bar. SIGINT and SIGTERM stop it after the requests in progress; a second signal ends
/// the command immediately.
pub(crate) fn with_progress<V>(session: &Session, handle: &Handle, work: impl FnOnce() -> V) -> V {
    let _guard = session.interrupts.set_mode(InterruptMode::AfterWork);
    let bar = bar(session);
    let is_done = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                if session.interrupts.is_interrupted() {
                    handle.stop();
                }
                draw(&bar, &handle.progress());
                std::thread::park_timeout(POLL_INTERVAL);
            }
        });
        let _stop = StopOnDrop { is_done: &is_done, watcher: watcher.thread() };
        work()
    });
    bar.finish_and_clear();
    result
}

/// Ends the watcher thread on drop, even if the work panics.
struct StopOnDrop<'a> {
    is_done: &'a AtomicBool,
    watcher: &'a std::thread::Thread,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        self.watcher.unpark();
    }
}

fn bar(session: &Session) -> ProgressBar {
    if session.options.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(BAR_LEN), ProgressDrawTarget::stderr()).with_style(style)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // From 0 to `BAR_LEN`.
fn draw(bar: &ProgressBar, progress: &Progress) {
    if bar.is_hidden() {
        return;
    }
    let fraction = progress.fraction();
    bar.set_position((fraction.unwrap_or_default() * BAR_LEN as f64) as u64);
    bar.set_message(summary(progress));
}

/// Formats the progress in one line.
fn summary(progress: &Progress) -> String {
    let mut parts = vec![match progress.total {
        Some(total) => format!("{} of {total}", progress.done),
        None => progress.done.to_string(),
    }];
    if progress.rejected > 0 {
        parts.push(format!("{} rejected", progress.rejected));
    }
    parts.push(format!("{:.0}/s", progress.rate()));
    if let Some(remaining) = progress.remaining() {
        let seconds = remaining.as_secs();
        parts.push(format!("{}:{:02} left", seconds / 60, seconds % 60));
    }
    parts.join(" · ")
}
