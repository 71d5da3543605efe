//! Long work: its progress on a terminal, and an end before its time.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mem0::bulk::{Control, Progress};

use crate::failure::{Exit, Failure, Outcome};
use crate::session::Session;

/// How often signals are looked for, and the progress is drawn.
const TICK: Duration = Duration::from_millis(50);

/// The bar's length in its own units.
const WHOLE: u64 = 10_000;

/// Does long work. SIGINT and SIGTERM stop it once what is under way is done; a second one ends the command at once.
pub(crate) fn watched<V>(session: &Session, control: &Control, work: impl FnOnce() -> V) -> Outcome<V> {
    let is_stopped =
        catch().map_err(|error| Failure::new(Exit::Other, format!("Signals can't be caught: {error}")))?;
    let bar = bar(session);
    let is_over = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if is_stopped.load(Ordering::Relaxed) && !control.is_stopped() {
                    control.stop();
                    session.output.message("Stopping after what is under way; once more to stop at once.");
                }
                draw(&bar, &control.progress());
                std::thread::park_timeout(TICK);
            }
        });
        let _end = End { is_over: &is_over, watcher: watcher.thread() };
        work()
    });
    bar.finish_and_clear();
    Ok(done)
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

/// What a first signal sets. The second one finds it set, and ends the process.
fn catch() -> io::Result<Arc<AtomicBool>> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let code = i32::from(Exit::Interrupted as u8);
        signal_hook::flag::register_conditional_shutdown(signal, code, is_stopped.clone())?;
        signal_hook::flag::register(signal, is_stopped.clone())?;
    }
    Ok(is_stopped)
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
