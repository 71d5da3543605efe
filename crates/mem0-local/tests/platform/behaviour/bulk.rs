//! Bulk operations, and reconciliation of requests with an unknown outcome.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::{BufReader, Cursor, ErrorKind, Read, Result};
use std::time::{Duration, Instant};

use super::*;
use mem0::Filter;
use mem0::bulk::{BulkError, Handle, Import, InputFormat, MemoryCopy, Report};
use mem0::memories::{ListMemories, MemoryChange};
use mem0_local::{Fault, Operation};

fn lines(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        writeln!(text, "{{\"memory\":\"Number {n}\",\"user_id\":\"user {}\"}}", n % 3).unwrap();
    }
    text
}

fn import(text: &str) -> Import {
    Import::from_reader(Cursor::new(text.to_owned()))
        .reconcile_after(Duration::from_millis(20))
        .batch_size(10)
}

/// Number of memories by text, and number of added texts that existed already.
#[maybe_async]
async fn stored(platform: &LocalPlatform) -> (HashMap<String, usize>, usize) {
    let client = owner(platform);
    let mut texts = HashMap::new();
    let mut pages = client.get_all(ListMemories::new(Filter::any_user()).page_size(200)).unwrap();
    while let Some(memory) = pages.next_item().await {
        *texts.entry(memory.unwrap().memory.unwrap()).or_insert(0) += 1;
    }
    let mut repeated = 0;
    let mut events = client.events().list().unwrap();
    while let Some(event) = events.next_item().await {
        let memories = event.unwrap().memories();
        repeated += memories.iter().filter(|memory| memory.event == Some(MemoryChange::Noop)).count();
    }
    (texts, repeated)
}

/// Imports forty memories while the first requests fail, and checks that each one is added once.
#[maybe_async]
async fn assert_imported_once(fault: Fault) -> Report {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::AddMemories, fault);
    let report = owner(&platform).import_memories(import(&lines(40))).await.unwrap();
    assert_eq!(
        (report.added, report.existing, report.rejected, report.stopped),
        (40, 0, 0, false),
        "{report:?}"
    );
    let (texts, repeated) = stored(&platform).await;
    assert_eq!((texts.len(), repeated), (40, 0));
    report
}

#[maybe_async]
#[flavour_test]
async fn a_checkpoint_belongs_to_one_project() {
    let (platform, other) = (LocalPlatform::start().unwrap(), LocalPlatform::start().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (input, checkpoint) = (folder.path().join("m.jsonl"), folder.path().join("m.jsonl.checkpoint"));
    std::fs::write(&input, lines(3)).unwrap();
    let import = || Import::from_file(&input).unwrap();
    let report = owner(&platform).import_memories(import()).await.unwrap();
    assert_eq!(report.added, 3);
    let kept = std::fs::read(&checkpoint).unwrap();
    for (platform, key) in [(&other, other.api_key()), (&platform, platform.other_key())] {
        for import in [import(), import().dry_run(true)] {
            let refused = client(platform, key).import_memories(import).await.unwrap_err();
            assert!(matches!(refused, BulkError::OtherProject { .. }), "{refused:?}");
            assert!(refused.to_string().contains("another checkpoint"), "{refused}");
        }
        let report = client(platform, key).import_memories(import().without_checkpoint()).await.unwrap();
        assert_eq!(report.added, 3);
    }
    assert_eq!(std::fs::read(&checkpoint).unwrap(), kept);
    let again = owner(&platform).import_memories(import()).await.unwrap();
    assert_eq!((again.added, again.skipped), (3, 3));
}

#[maybe_async]
#[flavour_test]
async fn a_checkpoint_belongs_to_one_platform() {
    let seeded = || LocalPlatform::builder().seed(7).start().unwrap();
    let (source, first, second) = (LocalPlatform::start().unwrap(), seeded(), seeded());
    let ids = [owner(&first).ping().await.unwrap(), owner(&second).ping().await.unwrap()];
    assert_eq!(ids[0].project_id, ids[1].project_id);

    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("m.jsonl");
    std::fs::write(&input, lines(3)).unwrap();
    let import = || Import::from_file(&input).unwrap();
    owner(&first).import_memories(import()).await.unwrap();
    let refused = owner(&second).import_memories(import()).await.unwrap_err();
    assert!(
        matches!(&refused, BulkError::OtherProject { base_url, .. } if *base_url == first.url()),
        "{refused:?}"
    );
    let copy = || MemoryCopy::all().checkpoint(folder.path().join("copy.checkpoint"));
    owner(&source).import_memories(import().without_checkpoint()).await.unwrap();
    let report = owner(&source).copy_memories(&owner(&first), copy()).await.unwrap();
    assert_eq!((report.added, report.existing), (3, 3));
    let refused = owner(&source).copy_memories(&owner(&second), copy()).await.unwrap_err();
    assert!(matches!(refused, BulkError::OtherProject { .. }), "{refused:?}");
    let (texts, _) = stored(&second).await;
    assert!(texts.is_empty(), "{texts:?}");
}

#[maybe_async]
#[flavour_test]
async fn a_checkpoint_with_nonexistent_lines_is_damaged() {
    let platform = LocalPlatform::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (input, checkpoint) = (folder.path().join("m.jsonl"), folder.path().join("m.jsonl.checkpoint"));
    std::fs::write(&input, lines(3) + "\n").unwrap();
    owner(&platform).import_memories(Import::from_file(&input).unwrap()).await.unwrap();
    let content = std::fs::read_to_string(&checkpoint).unwrap();
    let entries = [
        ("r 4", false),
        ("r 5", true),
        ("d 9:0", true),
        ("b 99 7:0", true),
        ("r 0", true),
        ("b 99 0:0", true),
    ];
    for (entry, is_damaged) in entries {
        std::fs::write(&checkpoint, format!("{content}{entry}\n")).unwrap();
        for is_dry_run in [true, false] {
            let import = Import::from_file(&input).unwrap().dry_run(is_dry_run);
            let outcome = owner(&platform).import_memories(import).await;
            let is_refused = matches!(outcome, Err(BulkError::Checkpoint { .. }));
            assert_eq!(is_refused, is_damaged, "{entry}: {outcome:?}");
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_request_that_was_carried_out_without_a_response_is_not_sent_again() {
    assert_imported_once(Fault::drop_after_handling().times(2)).await;
    assert_imported_once(Fault::status(503).after_handling().times(2)).await;
    assert_imported_once(Fault::cut_body()).await;
}

#[maybe_async]
#[flavour_test]
async fn a_request_that_was_not_carried_out_is_sent_again() {
    assert_imported_once(Fault::drop_before_handling().times(2)).await;
    assert_imported_once(Fault::status(500)).await;
    assert_imported_once(Fault::garbage()).await;
}

#[maybe_async]
#[flavour_test]
async fn the_lines_of_a_refused_request_are_sent_one_by_one() {
    assert_imported_once(Fault::status(400)).await;
    assert_imported_once(Fault::status(413)).await;
}

#[maybe_async]
#[flavour_test]
async fn rate_limiting_pauses_the_import() {
    let started = Instant::now();
    let handle = Handle::new();
    let platform = LocalPlatform::start().unwrap();
    let fault = Fault::status(429).header("retry-after", "1").times(3);
    platform.fail_next(Operation::AddMemories, fault);
    let report = owner(&platform).import_memories(import(&lines(40)).handle(&handle)).await.unwrap();
    assert_eq!((report.added, report.existing), (40, 0));
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(handle.progress().concurrency < 8, "{:?}", handle.progress());

    platform.fail_next(Operation::AddMemories, Fault::status(429).header("retry-after", "100000"));
    let error = owner(&platform).import_memories(import(&lines(41)).concurrency(1)).await.unwrap_err();
    let BulkError::Call(error) = error else { panic!("{error}") };
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
}

#[maybe_async]
#[flavour_test]
async fn an_import_that_keeps_failing_ends_and_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let platform = LocalPlatform::start().unwrap();
    let text = lines(40);
    let resumable = || import(&text).checkpoint(folder.path().join("j"));
    platform.fail_next(Operation::AddMemories, Fault::status(502).after_handling().times(1));
    platform.fail_next(Operation::ListMemories, Fault::status(500).times(20));
    let error = owner(&platform).import_memories(resumable().concurrency(1)).await.unwrap_err();
    let BulkError::Call(error) = error else { panic!("{error}") };
    assert_eq!(error.status(), Some(StatusCode::INTERNAL_SERVER_ERROR));
    platform.clear_faults();
    let report = owner(&platform).import_memories(resumable()).await.unwrap();
    assert_eq!((report.added, report.existing), (40, 0), "{report:?}");
    let (texts, repeated) = stored(&platform).await;
    assert_eq!((texts.len(), repeated), (40, 0));
    // The import is complete.
    platform.clear_request_log();
    let report = owner(&platform).import_memories(resumable()).await.unwrap();
    assert_eq!((report.added, report.skipped), (40, 40));
    let operations: Vec<_> = platform.request_log().into_iter().map(|entry| entry.operation).collect();
    assert_eq!(operations, [Some(Operation::Ping)], "for the project of the checkpoint");
}

#[maybe_async]
#[flavour_test]
async fn a_stopped_import_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let platform = LocalPlatform::start().unwrap();
    let text = lines(40);
    let handle = Handle::new();
    handle.stop();
    let resumable = || import(&text).checkpoint(folder.path().join("j"));
    let stopped = owner(&platform).import_memories(resumable().handle(&handle)).await.unwrap();
    assert!(stopped.stopped && stopped.added == 0, "{stopped:?}");
    let rest = owner(&platform).import_memories(resumable()).await.unwrap();
    assert_eq!((rest.added, rest.stopped), (40, false));
}

/// Reader that returns `WouldBlock` until its previous lines were imported.
struct SlowReader<F> {
    parts: std::vec::IntoIter<String>,
    handle: Handle,
    done: u64,
    /// Result after the last part.
    end: F,
}

impl<F: FnMut(&Handle) -> Result<usize>> Read for SlowReader<F> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.handle.progress().done < self.done {
            return Err(ErrorKind::WouldBlock.into());
        }
        let Some(part) = self.parts.next() else { return (self.end)(&self.handle) };
        self.done += part.matches('\n').count() as u64;
        part.as_bytes().read(into)
    }
}

fn slow_import(handle: &Handle, end: impl FnMut(&Handle) -> Result<usize> + Send + 'static) -> Import {
    let text = lines(40);
    let (first, rest) = text.split_at(text.len() / 2 + 5);
    let parts = vec![first.to_owned(), rest.to_owned()].into_iter();
    let input = SlowReader { parts, handle: handle.clone(), done: 0, end };
    Import::from_reader(BufReader::new(input)).handle(handle)
}

#[maybe_async]
#[flavour_test]
async fn lines_of_a_slow_reader_are_added_as_they_arrive() {
    let platform = LocalPlatform::start().unwrap();
    let report = owner(&platform).import_memories(slow_import(&Handle::new(), |_| Ok(0))).await.unwrap();
    assert_eq!((report.added, report.rejected, report.stopped), (40, 0, false), "{report:?}");
    let (texts, repeated) = stored(&platform).await;
    assert_eq!((texts.len(), repeated), (40, 0));
}

#[maybe_async]
#[flavour_test]
async fn a_failing_reader_is_an_error_unless_the_import_was_stopped() {
    let platform = LocalPlatform::start().unwrap();
    let fails = |_: &Handle| Err(ErrorKind::BrokenPipe.into());
    let error = owner(&platform).import_memories(slow_import(&Handle::new(), fails)).await.unwrap_err();
    assert!(matches!(error, BulkError::Input(_)), "{error}");
    let stopped = |handle: &Handle| {
        handle.stop();
        Err(ErrorKind::BrokenPipe.into())
    };
    let other = LocalPlatform::start().unwrap();
    let report = owner(&other).import_memories(slow_import(&Handle::new(), stopped)).await.unwrap();
    assert_eq!((report.added, report.stopped), (40, true), "{report:?}");
    let (texts, _) = stored(&other).await;
    assert_eq!(texts.len(), 40);
}

#[maybe_async]
#[flavour_test]
async fn identical_lines_are_counted_and_stored_once() {
    let platform = LocalPlatform::start().unwrap();
    let text = lines(1).repeat(3);
    let report = owner(&platform).import_memories(import(&text)).await.unwrap();
    assert_eq!((report.added, report.existing), (3, 2));
    let (texts, _) = stored(&platform).await;
    assert_eq!(texts.len(), 1);
}

#[maybe_async]
#[flavour_test]
async fn memories_are_copied_to_another_project_only() {
    let (from, to) = (LocalPlatform::start().unwrap(), LocalPlatform::start().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (owner(&from), owner(&to));
    source.import_memories(import(&lines(450)).batch_size(50)).await.unwrap();
    let old = r#"{"memory":"Old","agent_id":"a","run_id":"r","metadata":{"a":1},"timestamp":5,"expiration_date":"2001-01-01"}"#;
    source.import_memories(import(old)).await.unwrap();
    let error = source.copy_memories(&source, MemoryCopy::all()).await.unwrap_err();
    assert!(error.to_string().contains("source and target are the same"), "{error}");
    let copy =
        || MemoryCopy::all().checkpoint(folder.path().join("j")).reconcile_after(Duration::from_millis(20));
    to.fail_next(Operation::AddMemories, Fault::drop_after_handling());
    let report = source.copy_memories(&target, copy()).await.unwrap();
    assert_eq!((report.added, report.existing, report.rejected), (451, 0, 0), "{report:?}");
    let again = source.copy_memories(&target, copy()).await.unwrap();
    assert_eq!((again.added, again.skipped), (451, 451));
    let (texts, repeated) = stored(&to).await;
    assert_eq!((texts.len(), repeated), (450, 0));

    let (mut first, mut second) = (Vec::new(), Vec::new());
    let list = || ListMemories::new(Filter::agent("a")).show_expired(true);
    let handle = Handle::new();
    let counts = [
        source.export_memories(list(), &mut first, &handle).await.unwrap(),
        target.export_memories(list(), &mut second, &handle).await.unwrap(),
    ];
    assert_eq!(counts, [1, 1]);
    let read = |text: &[u8]| -> mem0::Memory { serde_json::from_slice(text).unwrap() };
    let (first, second) = (read(&first), read(&second));
    assert_eq!((&first.created_at, &first.metadata), (&second.created_at, &second.metadata));
    assert_eq!(
        (first.memory, first.run_id, first.expiration_date),
        (second.memory, second.run_id, second.expiration_date)
    );
}

#[maybe_async]
#[flavour_test]
async fn an_input_in_another_format_is_refused_as_a_whole() {
    let platform = LocalPlatform::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.json");
    for (content, format) in [
        (&b"[{\"memory\":\"m\",\"user_id\":\"u\"}]"[..], InputFormat::JsonArray),
        (b"\xef\xbb\xbf[\n  {\"memory\": \"m\"}\n]", InputFormat::JsonArray),
        (b"\x1f\x8b\x08\0\0\0\0\0", InputFormat::Gzip),
    ] {
        std::fs::write(&file, content).unwrap();
        for import in [
            Import::from_file(&file).unwrap(),
            Import::from_file(&file).unwrap().without_checkpoint(),
            Import::from_reader(Cursor::new(content.to_vec())),
        ] {
            let outcome = owner(&platform).import_memories(import).await;
            assert!(
                matches!(outcome, Err(BulkError::Format { format: found }) if found == format),
                "{outcome:?}"
            );
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no checkpoint and no rejects file");
    assert!(platform.request_log().iter().all(|entry| entry.path != "/v3/memories/add/"));
}

#[maybe_async]
#[flavour_test]
async fn unknown_fields_and_replacements_are_reported() {
    let platform = LocalPlatform::start().unwrap();
    let text = r#"{"memory":"one","user_id":7,"metdata":{"a":1},"id":"m1","hash":"h"}
{"memory":"two","user_id":7,"metdata":{"a":1},"colour":"blue"}
{"memory":"cut \ud83d","user_id":7}
{"memroy":"three","user_id":7}
"#;
    let report = owner(&platform).import_memories(import(text)).await.unwrap();
    assert_eq!((report.added, report.rejected, report.replaced), (3, 1, 1), "{report:?}");
    let unknown: Vec<_> = report
        .unknown_fields
        .iter()
        .map(|field| (field.name.as_str(), field.lines, field.suggestion.as_deref()))
        .collect();
    assert_eq!(unknown, [("colour", 1, None), ("metdata", 2, Some("metadata"))]);
    assert!(report.rejected_lines[0].reason.contains("did you mean `memory`"), "{report:?}");
    let mut pages = owner(&platform).get_all(Filter::user("7")).unwrap();
    let mut texts = Vec::new();
    while let Some(memory) = pages.next_item().await {
        texts.push(memory.unwrap().memory.unwrap());
    }
    texts.sort();
    assert_eq!(texts, ["cut \u{fffd}", "one", "two"]);
}
