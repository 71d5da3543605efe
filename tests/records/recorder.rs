//! Records all logs, spans, events and panics of the process at every level, except that ureq is lowered to `Debug`, as
//! the documentation of its transport advises.

use std::fmt::{Debug, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};

/// Recorded text.
#[derive(Debug)]
pub(crate) struct Record {
    /// Module or crate of origin.
    pub(crate) origin: String,
    pub(crate) text: String,
}

static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

fn keep(origin: &str, text: String) {
    RECORDS.lock().unwrap().push(Record { origin: origin.to_owned(), text });
}

/// Takes all records since the last call.
pub(crate) fn taken() -> Vec<Record> {
    std::mem::take(&mut *RECORDS.lock().unwrap())
}

/// Starts recording.
pub(crate) fn install() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    tracing::subscriber::set_global_default(Spans::default()).unwrap();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        keep("panic", panic.to_string());
        hook(panic);
    }));
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let module = metadata.target().split("::").next().unwrap_or_default();
        metadata.level() <= log::Level::Debug || !["ureq", "ureq_proto"].contains(&module)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        keep(record.target(), record.args().to_string());
    }

    fn flush(&self) {}
}

/// Subscriber that numbers its spans and records all fields.
#[derive(Default)]
struct Spans {
    count: AtomicU64,
}

/// Visitor that formats fields.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        keep(crate_of(span.metadata()), fields.0);
        Id::from_u64(self.count.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, span: &Id, values: &tracing::span::Record<'_>) {
        let mut fields = Fields(format!("{span:?}"));
        values.record(&mut fields);
        keep("span", fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        keep(crate_of(event.metadata()), fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn crate_of(metadata: &Metadata<'static>) -> &'static str {
    metadata.target().split("::").next().unwrap_or_default()
}

/// Joined bytes of records in hexadecimal rows, since a text may span several rows.
pub(crate) fn dumped_bytes(records: &[Record]) -> String {
    let bytes: Vec<u8> = records.iter().filter_map(|record| row(&record.text)).flatten().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Parses a row: eight groups of four hexadecimal digits or dashes, then the same bytes as text.
fn row(text: &str) -> Option<Vec<u8>> {
    let groups: Vec<&str> = text.split(' ').take(8).collect();
    if groups.len() < 8 || groups.iter().any(|group| group.len() != 4) {
        return None;
    }
    let digits = groups.concat();
    let pairs = (0..digits.len()).step_by(2).map(|start| &digits[start..start + 2]);
    pairs.filter(|pair| *pair != "--").map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}
