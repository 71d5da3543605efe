//! `mem0ctl memory import`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use mem0::Error;
use mem0::bulk::{BulkError, Handle, InputFormat, Report, UnknownField};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::memory::batches::capitalized;
use crate::commands::memory::scope::{EntityArgs, EntityScope, new_owner_help};
use crate::failure::{Exit, Failure, Outcome, with_sources};
use crate::input::checkpoint::SidecarPaths;
use crate::input::interruptible_reader::InterruptibleReader;
use crate::output::progress::with_progress;
use crate::session::Session;

/// Maximum number of rejection reasons to print.
const MAX_SHOWN_REASONS: usize = 5;

#[derive(Args, Debug)]
#[command(mut_args(new_owner_help))]
#[command(after_help = "\
Examples:
  mem0ctl memory import memories.jsonl
  mem0ctl memory export | mem0ctl memory import - --profile staging
  mem0ctl memory import memories.jsonl --concurrency 2 --output json

Each line is a JSON object:
  {\"memory\": \"Likes tea\", \"user_id\": \"alice\",
   \"metadata\": {\"source\": \"chat\"}, \"created_at\": \"2026-01-01T09:00:00Z\",
   \"expiration_date\": \"2030-01-01\"}

The owner is user_id, agent_id, app_id or run_id of the line, or else of the
options or the environment. messages, each with role and content, can replace
memory. Texts are stored as they are; the platform sets the categories.

An interrupted import resumes when you run the command again: FILE.checkpoint
records the progress. If the directory of FILE is not writable, the checkpoint
is in $XDG_STATE_HOME/mem0ctl (~/.local/state/mem0ctl). A stream, such as -,
needs --checkpoint. Delete the checkpoint to import everything again.

Lines that cannot be imported are written to FILE.rejects with their line number
and the reason; the exit code is then 9.")]
pub(crate) struct Import {
    /// JSON lines file; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Checkpoint file (default: FILE.checkpoint; none for a stream)
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// File for rejected lines (default: FILE.rejects; none for a stream)
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    owner: EntityArgs,

    #[command(flatten)]
    batching: BatchArgs,
}

/// Concurrency and batch size.
#[derive(Args, Debug)]
pub(crate) struct BatchArgs {
    /// Maximum number of concurrent requests; reduced while rate limited
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// Maximum number of lines per request
    #[arg(long, value_name = "LINES", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) batch: u16,
}

pub(crate) fn run(import: &Import, session: &Session) -> Outcome {
    let handle = Handle::new();
    let is_stdin = import.file == Path::new("-");
    let unreadable =
        |error: io::Error| Failure::file(format!("cannot read {}: {error}", import.file.display()));
    // A stream is opened later, when a signal can interrupt it.
    let is_file = !is_stdin && std::fs::metadata(&import.file).map_err(unreadable)?.is_file();
    let file =
        is_file.then(|| mem0::bulk::Import::from_file(&import.file)).transpose().map_err(unreadable)?;
    let sidecar = match (&import.checkpoint, &import.rejects) {
        (None, _) => SidecarPaths::locate(&import.file)?,
        (Some(_), None) => SidecarPaths::without_checkpoint(&import.file),
        (Some(_), Some(_)) => None,
    };
    let path_or_default = |path: &Option<PathBuf>, extension: &str| {
        path.clone().or_else(|| sidecar.as_ref().map(|sidecar| sidecar.path(extension)))
    };
    let checkpoint = path_or_default(&import.checkpoint, ".checkpoint");
    let rejects = path_or_default(&import.rejects, ".rejects");
    check_distinct([
        ("the file to import", Some(&*import.file).filter(|_| !is_stdin)),
        ("the checkpoint", checkpoint.as_deref()),
        ("the rejects file", rejects.as_deref()),
    ])?;
    if let Some(sidecar) = sidecar.filter(|_| !session.options.dry_run) {
        sidecar.prepare()?;
    }
    let paths = ImportPaths { checkpoint, rejects };
    let owner = import.owner.named_or_default();
    let client = session.project_client()?;
    let outcome = with_progress(session, &handle, || {
        let work = file.map_or_else(|| stream(&import.file, is_stdin, &handle), Ok).map_err(unreadable)?;
        let mut work = with_default_owner(work, owner.as_ref())?
            .concurrency(import.batching.concurrency.into())
            .batch_size(import.batching.batch.into())
            .handle(&handle);
        if let Some(record) = session.unsent_recorder() {
            work = work.dry_run_with(record);
        }
        if let Some(path) = &paths.checkpoint {
            work = work.checkpoint(path);
        }
        if let Some(path) = &paths.rejects {
            work = work.rejects(path);
        }
        Ok::<_, Failure>(client.import_memories(work))
    })?;
    if let Err(BulkError::Format { format }) = outcome {
        return Err(wrong_format(format, &import.file));
    }
    paths.report(outcome, &handle, session, "imported")
}

/// Sets the owner of lines without one.
fn with_default_owner(
    import: mem0::bulk::Import,
    owner: Option<&EntityScope>,
) -> Outcome<mem0::bulk::Import> {
    let parts = owner.into_iter().flat_map(EntityScope::parts);
    Ok(parts.into_iter().try_fold(import, |import, (kind, id)| import.default_owner(kind.clone(), id))?)
}

/// Rejects a file that is named for two purposes, because it would be overwritten.
pub(crate) fn check_distinct<const N: usize>(files: [(&str, Option<&Path>); N]) -> Outcome {
    let files_by_purpose = files.into_iter().filter_map(|(purpose, path)| Some((purpose, path?)));
    let files_by_purpose: Vec<(&str, PathBuf)> =
        files_by_purpose.map(|(purpose, path)| (purpose, canonical(path))).collect();
    for (index, (purpose, path)) in files_by_purpose.iter().enumerate() {
        if let Some((other, _)) = files_by_purpose[..index].iter().find(|(_, other)| other == path) {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path} cannot be both {other} and {purpose}; name another file"
            )));
        }
    }
    Ok(())
}

/// Canonical path of a file that may not exist yet.
fn canonical(path: &Path) -> PathBuf {
    let canonical = path.canonicalize().or_else(|error| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().ok_or(error)?;
        folder.canonicalize().map(|folder| folder.join(name))
    });
    canonical.unwrap_or_else(|_| path.to_owned())
}

/// Opens a stream with a reader that a signal can interrupt.
fn stream(path: &Path, is_stdin: bool, handle: &Handle) -> io::Result<mem0::bulk::Import> {
    if is_stdin {
        return Ok(mem0::bulk::Import::from_reader(InterruptibleReader::new(io::stdin(), handle)?));
    }
    Ok(mem0::bulk::Import::from_reader(InterruptibleReader::new(File::open(path)?, handle)?))
}

/// Checkpoint and rejects file of an import.
pub(crate) struct ImportPaths {
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
}

/// JSON summary of an import.
#[derive(Serialize)]
struct ImportSummary<'a> {
    added: u64,
    skipped: u64,
    existing: u64,
    rejected: u64,
    rejects: Option<&'a Path>,
    /// Number of lines per unknown field.
    unknown_fields: Map<String, Value>,
    replaced: u64,
    seconds: f64,
    is_complete: bool,
}

impl ImportPaths {
    /// Reports the result of an import or a copy.
    pub(crate) fn report(
        &self,
        outcome: Result<Report, BulkError>,
        handle: &Handle,
        session: &Session,
        verb: &str,
    ) -> Outcome {
        let progress = handle.progress();
        let report = outcome.map_err(|error| {
            // If nothing was started, the same command would fail again.
            let is_not_resumable = match &error {
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
            let advice =
                if is_not_resumable { String::new() } else { self.resume_advice(progress.done, verb) };
            Failure::new(failure.exit, format!("{}{advice}", failure.message))
        })?;
        let Report { added, skipped, existing, rejected, .. } = report;
        let seconds = progress.elapsed.as_secs_f64();
        let summary = ImportSummary {
            added,
            skipped,
            existing,
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
        let before = if skipped > 0 { format!(", {skipped} of them previously") } else { String::new() };
        let suffix = match existing {
            0 => String::new(),
            1 => ", 1 of which existed already".to_owned(),
            existing => format!(", {existing} of which existed already"),
        };
        let rate = progress.rate();
        let message = if !report.stopped && added > 0 && skipped.saturating_add(existing) >= added {
            nothing_new(verb, skipped, existing)
        } else {
            format!(
                "{} {}{before}{suffix} in {seconds:.1} s ({rate:.0}/s).",
                capitalized(verb),
                counted(added)
            )
        };
        session.output.success(&summary, &message)?;
        for warning in warnings(&report) {
            session.output.message(&warning);
        }
        if report.stopped {
            return Err(Failure::new(
                Exit::Interrupted,
                format!("interrupted{}", self.resume_advice(added, verb)),
            ));
        }
        if rejected == 0 {
            return Ok(());
        }
        for reason in report.rejected_lines.iter().take(MAX_SHOWN_REASONS) {
            let position =
                if reason.line == 0 { "Memory".to_owned() } else { format!("Line {}", reason.line) };
            session.output.message(&format!("{position}: {}", reason.reason.trim_end_matches('.')));
        }
        let location = match &self.rejects {
            Some(path) if !session.options.dry_run => {
                format!("; see {} (`jq -r .text {}` prints the lines)", path.display(), quoted(path))
            }
            _ => String::new(),
        };
        let message = format!("{rejected} could not be {verb}{location}");
        Err(Failure::new(Exit::PartlyDone, message))
    }

    fn resume_advice(&self, count: u64, verb: &str) -> String {
        let next = if self.checkpoint.is_some() {
            "run the command again to resume"
        } else {
            "there is no checkpoint to resume from (see --checkpoint)"
        };
        format!("; {} {verb} so far; {next}", counted(count))
    }
}

/// Explains why nothing was added.
fn nothing_new(verb: &str, skipped: u64, existing: u64) -> String {
    let auxiliary = |count: u64| if count == 1 { "was" } else { "were" };
    let mut reasons = Vec::new();
    if skipped > 0 {
        reasons.push(format!("{} {} {verb} previously", counted(skipped), auxiliary(skipped)));
    }
    if existing > 0 {
        reasons.push(format!("{} existed already", counted(existing)));
    }
    format!("Nothing was {verb}: {}.", reasons.join(", "))
}

/// Warnings about imported lines.
fn warnings(report: &Report) -> Vec<String> {
    let lines = |count: u64| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let mut warnings: Vec<String> = report
        .unknown_fields
        .iter()
        .map(|UnknownField { name, lines: count, suggestion, .. }| {
            let hint =
                suggestion.as_ref().map_or_else(String::new, |hint| format!("; did you mean `{hint}`?"));
            format!("warning: unknown field `{name}` in {}, not imported{hint}", lines(*count))
        })
        .collect();
    if report.replaced > 0 {
        let count = lines(report.replaced);
        warnings.push(format!(
            "warning: unpaired surrogates (\\ud800 to \\udfff) in {count}, imported as U+FFFD"
        ));
    }
    warnings
}

/// Python program that converts CSV with a header to JSON lines.
const CSV_TO_LINES: &str =
    "import csv, json, sys; [print(json.dumps(row)) for row in csv.DictReader(sys.stdin)]";

/// Failure for an input in another format, with a command that converts it.
fn wrong_format(format: InputFormat, file: &Path) -> Failure {
    let is_stdin = file == Path::new("-");
    let name = if is_stdin { "the input".to_owned() } else { file.display().to_string() };
    let from = if is_stdin { String::new() } else { format!(" {}", quoted(file)) };
    let convert_with = |command: String| format!("convert it: {command} | mem0ctl memory import -");
    let advice = match format {
        InputFormat::JsonArray => convert_with(format!("jq -c '.[]'{from}")),
        InputFormat::MultilineJson => convert_with(format!("jq -c .{from}")),
        InputFormat::Gzip => convert_with(format!("gzip -dc{from}")),
        InputFormat::Bzip2 => convert_with(format!("bzip2 -dc{from}")),
        InputFormat::Xz => convert_with(format!("xz -dc{from}")),
        InputFormat::Zstd => convert_with(format!("zstd -dc{from}")),
        InputFormat::Csv => {
            convert_with(format!("python3 -c '{CSV_TO_LINES}'{}", from.replacen(' ', " < ", 1)))
        }
        InputFormat::Zip => convert_with(format!("unzip -p{}", if is_stdin { " FILE.zip" } else { &from })),
        InputFormat::Utf16 { encoding, .. } | InputFormat::Utf32 { encoding, .. } => {
            convert_with(format!("iconv -f {encoding} -t UTF-8{from}"))
        }
        InputFormat::ChatExport => {
            "write each conversation as a line such as {\"user_id\": \"alice\", \"messages\": \
                                    [{\"role\": \"user\", \"content\": \"I like tea\"}]}"
                .to_owned()
        }
        _ => "convert it to one JSON object per line".to_owned(),
    };
    Failure::file(format!("{name} is {format}, not one JSON object per line; {advice}"))
}

/// Quotes a path for a shell.
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

pub(crate) fn failure_of(error: BulkError) -> Failure {
    match error {
        BulkError::Call(error) => error.into(),
        BulkError::OtherProject { path, project_id, base_url } => Failure::file(format!(
            "the checkpoint {} belongs to project {project_id} at {base_url}; use a profile of that project to resume, or \
             pass --checkpoint FILE to start a new one",
            path.display()
        )),
        BulkError::ForeignCheckpoint { path } => Failure::file(format!(
            "{} is not the checkpoint of this input; pass --checkpoint FILE, or delete it to start over",
            path.display()
        )),
        BulkError::Checkpoint { path, source } if source.kind() == io::ErrorKind::InvalidData => {
            Failure::file(format!(
                "the checkpoint {} is damaged ({source}); pass --checkpoint FILE, or delete it to start over",
                path.display()
            ))
        }
        error => Failure::file(with_sources(&error)),
    }
}
