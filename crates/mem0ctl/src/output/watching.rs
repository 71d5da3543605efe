//! Long work: its progress on a terminal, and an end before its time.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mem0::bulk::{Handle, Progress};

use crate::interrupts::{Manner, TICK};
use crate::session::Session;

/// The bar's length in its own units.
const WHOLE: u64 = 10_000;

/// Does long work. SIGINT and SIGTERM stop it once what is under way is done; a second one ends the command at once.
pub(crate) fn watched<V>(session: &Session, handle: &Handle, work: impl FnOnce() -> V) -> V {
    let _patient = session.interrupts.patient(Manner::AfterWork);
    let bar = bar(session);
    let is_over = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if session.interrupts.is_asked() {
                    handle.stop();
                }
                draw(&bar, &handle.progress());
                std::thread::park_timeout(TICK);
            }
        });
        let _end = End { is_over: &is_over, watcher: watcher.thread() };
        work()
    });
    bar.finish_and_clear();
    done
}

/// Ends the watcher, even where the work panics: nobody would wait for it otherwise.
struct End<'a> {
    is_over: &'a AtomicBool,
    watcher: &'a std::thread::Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.watcher.unpark();
    }
}

fn bar(session: &Session) -> ProgressBar {
    if session.options.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr()).with_style(style)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // From 0 to the whole.
fn draw(bar: &ProgressBar, progress: &Progress) {
    if bar.is_hidden() {
        return;
    }
    let fraction = progress.fraction();
    bar.set_position((fraction.unwrap_or_default() * WHOLE as f64) as u64);
    bar.set_message(summary(progress));
}

/// How far it has come, in a line.
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
