//! Memories in bulk, and what becomes of requests of which nothing is known.

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
    Import::from_reader(Cursor::new(text.to_owned())).reconcile_after(Duration::from_millis(20)).batch(10)
}

/// How often each text is there, and how often the platform was asked to add one that it had.
#[maybe_async]
async fn there(platform: &LocalPlatform) -> (HashMap<String, usize>, usize) {
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

/// Imports forty memories while the first requests meet with that, and finds each of them added once.
#[maybe_async]
async fn survives(fault: Fault) -> Report {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::AddMemories, fault);
    let report = owner(&platform).import_memories(import(&lines(40))).await.unwrap();
    assert_eq!(
        (report.added, report.known, report.rejected, report.stopped),
        (40, 0, 0, false),
        "{report:?}"
    );
    let (texts, repeated) = there(&platform).await;
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
    let copy = || MemoryCopy::of_all().checkpoint(folder.path().join("copy.checkpoint"));
    owner(&source).import_memories(import().without_checkpoint()).await.unwrap();
    let report = owner(&source).copy_memories(&owner(&first), copy()).await.unwrap();
    assert_eq!((report.added, report.known), (3, 3));
    let refused = owner(&source).copy_memories(&owner(&second), copy()).await.unwrap_err();
    assert!(matches!(refused, BulkError::OtherProject { .. }), "{refused:?}");
    let (texts, _) = there(&second).await;
    assert!(texts.is_empty(), "{texts:?}");
}

#[maybe_async]
#[flavour_test]
async fn a_checkpoint_that_names_lines_the_input_does_not_have_is_damaged() {
    let platform = LocalPlatform::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (input, checkpoint) = (folder.path().join("m.jsonl"), folder.path().join("m.jsonl.checkpoint"));
    std::fs::write(&input, lines(3) + "\n").unwrap();
    owner(&platform).import_memories(Import::from_file(&input).unwrap()).await.unwrap();
    let whole = std::fs::read_to_string(&checkpoint).unwrap();
    let entries = [
        ("r 4", false),
        ("r 5", true),
        ("d 9:0", true),
        ("b 99 7:0", true),
        ("r 0", true),
        ("b 99 0:0", true),
    ];
    for (entry, is_damaged) in entries {
        std::fs::write(&checkpoint, format!("{whole}{entry}\n")).unwrap();
        for is_rehearsal in [true, false] {
            let import = Import::from_file(&input).unwrap().dry_run(is_rehearsal);
            let outcome = owner(&platform).import_memories(import).await;
            let is_refused = matches!(outcome, Err(BulkError::Checkpoint { .. }));
            assert_eq!(is_refused, is_damaged, "{entry}: {outcome:?}");
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn what_was_carried_out_and_not_answered_is_not_sent_again() {
    survives(Fault::drop_after_handling().times(2)).await;
    survives(Fault::status(503).after_handling().times(2)).await;
    survives(Fault::cut_body()).await;
}

#[maybe_async]
#[flavour_test]
async fn what_was_not_carried_out_is_sent_again() {
    survives(Fault::drop_before_handling().times(2)).await;
    survives(Fault::status(500)).await;
    survives(Fault::garbage()).await;
}

#[maybe_async]
#[flavour_test]
async fn lines_of_a_request_that_is_refused_go_alone() {
    survives(Fault::status(400)).await;
    survives(Fault::status(413)).await;
}

#[maybe_async]
#[flavour_test]
async fn a_platform_that_is_asked_too_often_is_given_time() {
    let began = Instant::now();
    let handle = Handle::new();
    let platform = LocalPlatform::start().unwrap();
    let fault = Fault::status(429).header("retry-after", "1").times(3);
    platform.fail_next(Operation::AddMemories, fault);
    let report = owner(&platform).import_memories(import(&lines(40)).handle(&handle)).await.unwrap();
    assert_eq!((report.added, report.known), (40, 0));
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert!(handle.progress().concurrency < 8, "{:?}", handle.progress());

    platform.fail_next(Operation::AddMemories, Fault::status(429).header("retry-after", "100000"));
    let error = owner(&platform).import_memories(import(&lines(41)).concurrency(1)).await.unwrap_err();
    let BulkError::Call(error) = error else { panic!("{error}") };
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
}

#[maybe_async]
#[flavour_test]
async fn what_fails_again_and_again_ends_it_and_can_be_gone_on_with() {
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
    assert_eq!((report.added, report.known), (40, 0), "{report:?}");
    let (texts, repeated) = there(&platform).await;
    assert_eq!((texts.len(), repeated), (40, 0));
    // Nothing is left to be done.
    platform.clear_request_log();
    let report = owner(&platform).import_memories(resumable()).await.unwrap();
    assert_eq!((report.added, report.skipped), (40, 40));
    let asked: Vec<_> = platform.request_log().into_iter().map(|entry| entry.operation).collect();
    assert_eq!(asked, [Some(Operation::Ping)], "whose checkpoint it is");
}

#[maybe_async]
#[flavour_test]
async fn a_stop_leaves_the_rest_for_later() {
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

/// An input that has nothing more for now, until what it had is done.
struct Slow<F> {
    parts: std::vec::IntoIter<String>,
    handle: Handle,
    done: u64,
    /// What comes after the last part.
    end: F,
}

impl<F: FnMut(&Handle) -> Result<usize>> Read for Slow<F> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.handle.progress().done < self.done {
            return Err(ErrorKind::WouldBlock.into());
        }
        let Some(part) = self.parts.next() else { return (self.end)(&self.handle) };
        self.done += part.matches('\n').count() as u64;
        part.as_bytes().read(into)
    }
}

fn slow(handle: &Handle, end: impl FnMut(&Handle) -> Result<usize> + Send + 'static) -> Import {
    let text = lines(40);
    let (first, rest) = text.split_at(text.len() / 2 + 5);
    let parts = vec![first.to_owned(), rest.to_owned()].into_iter();
    let input = Slow { parts, handle: handle.clone(), done: 0, end };
    Import::from_reader(BufReader::new(input)).handle(handle)
}

#[maybe_async]
#[flavour_test]
async fn what_comes_slowly_is_added_as_it_comes() {
    let platform = LocalPlatform::start().unwrap();
    let report = owner(&platform).import_memories(slow(&Handle::new(), |_| Ok(0))).await.unwrap();
    assert_eq!((report.added, report.rejected, report.stopped), (40, 0, false), "{report:?}");
    let (texts, repeated) = there(&platform).await;
    assert_eq!((texts.len(), repeated), (40, 0));
}

#[maybe_async]
#[flavour_test]
async fn an_input_that_fails_is_an_error_unless_it_was_stopped() {
    let platform = LocalPlatform::start().unwrap();
    let fails = |_: &Handle| Err(ErrorKind::BrokenPipe.into());
    let error = owner(&platform).import_memories(slow(&Handle::new(), fails)).await.unwrap_err();
    assert!(matches!(error, BulkError::Input(_)), "{error}");
    let stopped = |handle: &Handle| {
        handle.stop();
        Err(ErrorKind::BrokenPipe.into())
    };
    let other = LocalPlatform::start().unwrap();
    let report = owner(&other).import_memories(slow(&Handle::new(), stopped)).await.unwrap();
    assert_eq!((report.added, report.stopped), (40, true), "{report:?}");
    let (texts, _) = there(&other).await;
    assert_eq!(texts.len(), 40);
}

#[maybe_async]
#[flavour_test]
async fn identical_lines_are_told_and_kept_once() {
    let platform = LocalPlatform::start().unwrap();
    let text = lines(1).repeat(3);
    let report = owner(&platform).import_memories(import(&text)).await.unwrap();
    assert_eq!((report.added, report.known), (3, 2));
    let (texts, _) = there(&platform).await;
    assert_eq!(texts.len(), 1);
}

#[maybe_async]
#[flavour_test]
async fn memories_are_copied_to_another_project_and_nowhere_else() {
    let (from, to) = (LocalPlatform::start().unwrap(), LocalPlatform::start().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (owner(&from), owner(&to));
    source.import_memories(import(&lines(450)).batch(50)).await.unwrap();
    let old = r#"{"memory":"Old","agent_id":"a","run_id":"r","metadata":{"a":1},"timestamp":5,"expiration_date":"2001-01-01"}"#;
    source.import_memories(import(old)).await.unwrap();
    let error = source.copy_memories(&source, MemoryCopy::of_all()).await.unwrap_err();
    assert!(error.to_string().contains("the same for both keys"), "{error}");
    let copy = || {
        MemoryCopy::of_all().checkpoint(folder.path().join("j")).reconcile_after(Duration::from_millis(20))
    };
    to.fail_next(Operation::AddMemories, Fault::drop_after_handling());
    let report = source.copy_memories(&target, copy()).await.unwrap();
    assert_eq!((report.added, report.known, report.rejected), (451, 0, 0), "{report:?}");
    let again = source.copy_memories(&target, copy()).await.unwrap();
    assert_eq!((again.added, again.skipped), (451, 451));
    let (texts, repeated) = there(&to).await;
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
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "neither checkpoint nor rejects");
    assert!(platform.request_log().iter().all(|entry| entry.path != "/v3/memories/add/"));
}

#[maybe_async]
#[flavour_test]
async fn what_is_left_out_or_replaced_is_counted() {
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
        .map(|field| (field.name.as_str(), field.lines, field.suggestion))
        .collect();
    assert_eq!(unknown, [("colour", 1, None), ("metdata", 2, Some("metadata"))]);
    assert!(report.reasons[0].reason.contains("did you mean `memory`"), "{report:?}");
    let mut pages = owner(&platform).get_all(Filter::user("7")).unwrap();
    let mut texts = Vec::new();
    while let Some(memory) = pages.next_item().await {
        texts.push(memory.unwrap().memory.unwrap());
    }
    texts.sort();
    assert_eq!(texts, ["cut \u{fffd}", "one", "two"]);
}
