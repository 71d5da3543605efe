//! `mem0ctl memory import`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use mem0::Error;
use mem0::bulk::{BulkError, Handle, InputFormat, Report, UnknownField};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::memory::scope::{Scope, Whose};
use crate::failure::{Exit, Failure, Outcome, with_sources};
use crate::input::arriving::Arriving;
use crate::input::checkpoint::Beside;
use crate::output::watching::watched;
use crate::session::Session;

/// How many reasons are shown.
const SHOWN: usize = 5;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory import memories.jsonl
  mem0ctl memory export | mem0ctl memory import - --profile staging --checkpoint copy.checkpoint
  mem0ctl memory import memories.jsonl --concurrency 2 --output json

A line:
  {\"memory\": \"Likes tea\", \"user_id\": \"alice\", \"metadata\": {\"source\": \"chat\"},
   \"created_at\": \"2026-01-01T09:00:00Z\", \"expiration_date\": \"2030-01-01\"}
Owner: user_id, agent_id, app_id or run_id, or else that of the options or the environment. In place of memory: messages, each with role
and content. Texts are kept as they are. Categories can't be set: the platform finds them itself.

Ended at any moment, the same command goes on from there: FILE.checkpoint says what is done. Where it
can't be beside FILE, it is in $XDG_STATE_HOME/mem0ctl (~/.local/state/mem0ctl). A stream, such as -
or /dev/fd/63, has one where --checkpoint names it. Run once
more after the end, it adds nothing; delete the checkpoint to import everything anew. What can't be
imported is in FILE.rejects, with its line number and the reason, and the exit code is 9.")]
pub(crate) struct Import {
    /// The file, or - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where to note what is done, in place of FILE.checkpoint; of a stream only where it is named
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Where to put what can't be imported, in place of FILE.rejects; of a stream only where it is
    /// named
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    owner: Scope,

    #[command(flatten)]
    effort: Effort,
}

/// How much is sent at once.
#[derive(Args, Debug)]
pub(crate) struct Effort {
    /// How many requests are made beside each other at most; fewer while the platform answers 429
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// How many lines one request has at most; only those that differ in text alone share one
    #[arg(long, value_name = "LINES", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) batch: u16,
}

pub(crate) fn run(import: &Import, session: &Session) -> Outcome {
    let handle = Handle::new();
    let is_stdin = import.file == Path::new("-");
    let unreadable =
        |error: io::Error| Failure::file(format!("{} can't be read: {error}", import.file.display()));
    // What may never come is read once an interrupt waits for the work.
    let is_file = !is_stdin && std::fs::metadata(&import.file).map_err(unreadable)?.is_file();
    let file =
        is_file.then(|| mem0::bulk::Import::from_file(&import.file)).transpose().map_err(unreadable)?;
    let beside = match (&import.checkpoint, &import.rejects) {
        (None, _) => Beside::of(&import.file)?,
        (Some(_), None) => Beside::without_checkpoint(&import.file),
        (Some(_), Some(_)) => None,
    };
    let place = |given: &Option<PathBuf>, ending: &str| {
        given.clone().or_else(|| beside.as_ref().map(|beside| beside.path(ending)))
    };
    let (checkpoint, rejects) =
        (place(&import.checkpoint, ".checkpoint"), place(&import.rejects, ".rejects"));
    apart([
        ("the file to import", Some(&*import.file).filter(|_| !is_stdin)),
        ("the checkpoint", checkpoint.as_deref()),
        ("the file of rejects", rejects.as_deref()),
    ])?;
    if let Some(beside) = beside.filter(|_| !session.options.dry_run) {
        beside.prepare()?;
    }
    let places = Places { checkpoint, rejects };
    let owner = import.owner.named_or_usual();
    let client = session.own()?;
    let outcome = watched(session, &handle, || {
        let work = file.map_or_else(|| stream(&import.file, is_stdin, &handle), Ok).map_err(unreadable)?;
        let mut work = owned(work, owner.as_ref())?
            .concurrency(import.effort.concurrency.into())
            .batch(import.effort.batch.into())
            .dry_run(session.options.dry_run)
            .handle(&handle);
        if let Some(path) = &places.checkpoint {
            work = work.checkpoint(path);
        }
        if let Some(path) = &places.rejects {
            work = work.rejects(path);
        }
        Ok::<_, Failure>(client.import_memories(work))
    })?;
    if let Err(BulkError::Format { format }) = outcome {
        return Err(of_format(format, &import.file));
    }
    places.tell(outcome, &handle, session, "imported")
}

/// Sets the owner of lines that name none.
fn owned(import: mem0::bulk::Import, owner: Option<&Whose>) -> Outcome<mem0::bulk::Import> {
    let parts = owner.into_iter().flat_map(Whose::parts);
    Ok(parts.into_iter().try_fold(import, |import, (kind, id)| import.default_owner(kind.clone(), id))?)
}

/// Refuses one file for two purposes: what is read would be written over.
pub(crate) fn apart<const N: usize>(files: [(&str, Option<&Path>); N]) -> Outcome {
    let named = files.into_iter().filter_map(|(purpose, path)| Some((purpose, path?)));
    let named: Vec<(&str, PathBuf)> = named.map(|(purpose, path)| (purpose, whole(path))).collect();
    for (index, (purpose, path)) in named.iter().enumerate() {
        if let Some((other, _)) = named[..index].iter().find(|(_, other)| other == path) {
            let path = path.display();
            return Err(Failure::usage(format!("{path} can't be {other} and {purpose}: name another file.")));
        }
    }
    Ok(())
}

/// A path without links, as far as there are files. One of what can't be found is as it is, and refused later.
fn whole(path: &Path) -> PathBuf {
    let found = path.canonicalize().or_else(|error| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().ok_or(error)?;
        folder.canonicalize().map(|folder| folder.join(name))
    });
    found.unwrap_or_else(|_| path.to_owned())
}

/// Opens an input that may never come: it is read by a thread that can be told to stop.
fn stream(path: &Path, is_stdin: bool, handle: &Handle) -> io::Result<mem0::bulk::Import> {
    if is_stdin {
        return Ok(mem0::bulk::Import::from_reader(Arriving::new(io::stdin(), handle)?));
    }
    Ok(mem0::bulk::Import::from_reader(Arriving::new(File::open(path)?, handle)?))
}

/// Where an import keeps what it needs to be gone on with.
pub(crate) struct Places {
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
}

/// What programs are told.
#[derive(Serialize)]
struct Shown<'a> {
    added: u64,
    skipped: u64,
    known: u64,
    rejected: u64,
    rejects: Option<&'a Path>,
    /// How many lines have each.
    unknown_fields: Map<String, Value>,
    replaced: u64,
    seconds: f64,
    is_complete: bool,
}

impl Places {
    /// Tells what an import or a copy has come to.
    pub(crate) fn tell(
        &self,
        outcome: Result<Report, BulkError>,
        handle: &Handle,
        session: &Session,
        done: &str,
    ) -> Outcome {
        let progress = handle.progress();
        let report = outcome.map_err(|error| {
            // Nothing was begun where the checkpoint can't be used, or what is wanted can't be: the same command again
            // would end in the same way, and the sentence says what to do.
            let is_refused = match &error {
                BulkError::ForeignCheckpoint { .. }
                | BulkError::OtherProject { .. }
                | BulkError::CheckpointInUse { .. } => true,
                BulkError::Checkpoint { source, .. } | BulkError::Rejects { source, .. } => {
                    matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other)
                }
                BulkError::Call(Error::Invalid { .. } | Error::Config { .. }) => progress.done == 0,
                _ => false,
            };
            let failure = failure_of(error);
            let further = if is_refused { String::new() } else { self.how_to_go_on(progress.done, done) };
            Failure::new(failure.exit, format!("{}{further}", ended(&failure.sentence)))
        })?;
        let Report { added, skipped, known, rejected, .. } = report;
        let seconds = progress.elapsed.as_secs_f64();
        let shown = Shown {
            added,
            skipped,
            known,
            rejected,
            rejects: self.rejects.as_deref().filter(|_| rejected > 0),
            unknown_fields: report
                .unknown_fields
                .iter()
                .map(|field| (field.name.clone(), field.lines.into()))
                .collect(),
            replaced: report.replaced,
            seconds: (seconds * 1000.0).round() / 1000.0,
            is_complete: !report.stopped,
        };
        let before = if skipped > 0 { format!(", {skipped} of them before") } else { String::new() };
        let there = match known {
            0 => String::new(),
            1 => ", 1 of which was there already".to_owned(),
            known => format!(", {known} of which were there already"),
        };
        let rate = progress.rate();
        let sentence = if !report.stopped && added > 0 && skipped.saturating_add(known) >= added {
            nothing_new(done, skipped, known)
        } else {
            format!("{} {done}{before}{there}, in {seconds:.1} s ({rate:.0} a second).", counted(added))
        };
        session.output.done(&shown, &sentence)?;
        for remark in remarks(&report) {
            session.output.message(&remark);
        }
        if report.stopped {
            return Err(Failure::new(
                Exit::Interrupted,
                format!("Interrupted.{}", self.how_to_go_on(added, done)),
            ));
        }
        if rejected == 0 {
            return Ok(());
        }
        for reason in report.reasons.iter().take(SHOWN) {
            let whose =
                if reason.line == 0 { "A memory".to_owned() } else { format!("Line {}", reason.line) };
            session.output.message(&format!("{whose}: {}.", reason.reason.trim_end_matches('.')));
        }
        let whereabouts = match &self.rejects {
            Some(path) if !session.options.dry_run => {
                format!(": see {} (`jq -r .text {}` prints them alone)", path.display(), quoted(path))
            }
            _ => String::new(),
        };
        let sentence = format!("{rejected} can't be {done}{whereabouts}.");
        Err(Failure::new(Exit::PartlyDone, sentence))
    }

    fn how_to_go_on(&self, so_far: u64, done: &str) -> String {
        let next = if self.checkpoint.is_some() {
            "run the same command again to go on from here"
        } else {
            "there is no checkpoint, so that the same command would begin anew (see --checkpoint)"
        };
        format!(" {} {done} so far: {next}.", counted(so_far))
    }
}

/// Why nothing was added.
fn nothing_new(done: &str, skipped: u64, known: u64) -> String {
    let verb = |count: u64| if count == 1 { "was" } else { "were" };
    let mut reasons = Vec::new();
    if skipped > 0 {
        reasons.push(format!("{} {} {done} before", counted(skipped), verb(skipped)));
    }
    if known > 0 {
        reasons.push(format!("{} {} there already", counted(known), verb(known)));
    }
    format!("Nothing was {done}: {}.", reasons.join(", "))
}

/// What a person should know of lines that were imported all the same.
fn remarks(report: &Report) -> Vec<String> {
    let lines = |count: u64| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let mut remarks: Vec<String> = report
        .unknown_fields
        .iter()
        .map(|UnknownField { name, lines: count, suggestion, .. }| {
            let meant = suggestion.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            format!("Unknown field `{name}` in {}, not imported{meant}", lines(*count))
        })
        .collect();
    if report.replaced > 0 {
        let count = lines(report.replaced);
        remarks.push(format!("Unpaired surrogates (\\ud800 to \\udfff) in {count}, imported as U+FFFD"));
    }
    remarks
}

/// Program that reads CSV with a header and writes a JSON object a line.
const CSV_TO_LINES: &str =
    "import csv, json, sys; [print(json.dumps(row)) for row in csv.DictReader(sys.stdin)]";

/// Why an input is refused that is in another format, and what makes lines of it.
fn of_format(format: InputFormat, file: &Path) -> Failure {
    let is_stdin = file == Path::new("-");
    let shown = if is_stdin { "The input".to_owned() } else { file.display().to_string() };
    let from = if is_stdin { String::new() } else { format!(" {}", quoted(file)) };
    let converted = |command: String| format!("convert it: {command} | mem0ctl memory import -");
    let way_out = match format {
        InputFormat::JsonArray => converted(format!("jq -c '.[]'{from}")),
        InputFormat::MultilineJson => converted(format!("jq -c .{from}")),
        InputFormat::Gzip => converted(format!("gzip -dc{from}")),
        InputFormat::Bzip2 => converted(format!("bzip2 -dc{from}")),
        InputFormat::Xz => converted(format!("xz -dc{from}")),
        InputFormat::Zstd => converted(format!("zstd -dc{from}")),
        InputFormat::Csv => converted(format!("python3 -c '{CSV_TO_LINES}'{}", from.replacen(' ', " < ", 1))),
        InputFormat::Zip => converted(format!("unzip -p{}", if is_stdin { " FILE.zip" } else { &from })),
        InputFormat::Utf16 { encoding, .. } | InputFormat::Utf32 { encoding, .. } => {
            converted(format!("iconv -f {encoding} -t UTF-8{from}"))
        }
        InputFormat::ChatExport => {
            "make each conversation a line such as {\"user_id\": \"alice\", \"messages\": \
                                    [{\"role\": \"user\", \"content\": \"I like tea\"}]}"
                .to_owned()
        }
        _ => "convert it to one JSON object a line".to_owned(),
    };
    Failure::file(format!("{shown} is {format}, not one JSON object a line; {way_out}"))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-+,@".contains(character);
    if text.chars().all(is_plain) && !text.starts_with('-') {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn counted(count: u64) -> String {
    if count == 1 { "1 memory".to_owned() } else { format!("{count} memories") }
}

/// A sentence with its full stop.
fn ended(sentence: &str) -> String {
    if sentence.ends_with('.') { sentence.to_owned() } else { format!("{sentence}.") }
}

pub(crate) fn failure_of(error: BulkError) -> Failure {
    match error {
        BulkError::Call(error) => error.into(),
        BulkError::OtherProject { path, project_id, base_url } => Failure::file(format!(
            "The checkpoint {} belongs to project {project_id} at {base_url}: use a profile of that project to resume, or \
             pass --checkpoint OTHER to begin one for this project",
            path.display()
        )),
        BulkError::ForeignCheckpoint { path } => Failure::file(format!(
            "{} is not the checkpoint of this input: pass --checkpoint OTHER, or delete it to start over",
            path.display()
        )),
        BulkError::Checkpoint { path, source } if source.kind() == io::ErrorKind::InvalidData => {
            Failure::file(format!(
                "The checkpoint {} is damaged ({source}): delete it to start over, or pass --checkpoint OTHER",
                path.display()
            ))
        }
        error => {
            let sentence = with_sources(&error);
            // The others begin with a file's name, which is as it is.
            Failure::file(match sentence.strip_prefix("the ") {
                Some(rest) => format!("The {rest}"),
                None => sentence,
            })
        }
    }
}
