//! Import and copy: source and options.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::bulk::concurrency_limiter::IDLE_SLEEP;
use crate::bulk::envelope::EntityIds;
use crate::bulk::handle::Handle;
use crate::bulk::hash::Hash;
use crate::bulk::input_format::check_format;
use crate::client::Request;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::ids::is_dot_segment;
use crate::types::checks::{DOT_SEGMENT, ENTITY_IDS};
use crate::types::{EntityKind, ListMemories};

/// Number of bytes of an input that identify it in its checkpoint.
const FINGERPRINT_LEN: u64 = 64 * 1024;

/// Import of memories: an input of JSON lines, and options.
///
/// See the [module](crate::bulk) for the format.
///
/// ```no_run
/// use mem0::bulk::Import;
///
/// let import = Import::from_file("memories.jsonl")?.concurrency(4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "an Import does nothing until it is passed to `import_memories`"]
pub struct Import {
    input: Box<dyn BufRead + Send>,
    size: Option<u64>,
    default_owner: EntityIds,
    pub(crate) options: ImportOptions,
}

/// Import whose input is identified.
pub(crate) struct OpenImport {
    pub(crate) input: Box<dyn BufRead + Send>,
    pub(crate) size: Option<u64>,
    /// Identifies the input in its checkpoint.
    pub(crate) fingerprint: String,
    pub(crate) default_owner: EntityIds,
    pub(crate) options: ImportOptions,
}

/// Options of an import or a copy.
#[derive(Debug, Clone)]
pub(crate) struct ImportOptions {
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) concurrency: usize,
    pub(crate) batch: usize,
    pub(crate) reconcile_after: Duration,
    pub(crate) dry_run: Option<DryRun>,
    pub(crate) handle: Handle,
}

/// Dry run, with the observer of the requests that are not sent.
#[derive(Clone, Default)]
pub(crate) struct DryRun(Option<Arc<dyn Fn(&Request) + Send + Sync>>);

impl DryRun {
    /// Passes a request that is not sent to the observer.
    pub(crate) fn observe(&self, request: &Request) {
        if let Some(observe) = &self.0 {
            observe(request);
        }
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DryRun")
    }
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            checkpoint: None,
            rejects: None,
            concurrency: 8,
            batch: 50,
            reconcile_after: Duration::from_secs(2),
            dry_run: None,
            handle: Handle::new(),
        }
    }
}

macro_rules! import_options {
    () => {
        /// Sets the path of the checkpoint.
        pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
            self.options.checkpoint = Some(path.into());
            self
        }

        /// Disables the checkpoint. An interrupted operation can't be resumed then.
        pub fn without_checkpoint(mut self) -> Self {
            self.options.checkpoint = None;
            self
        }

        /// Sets the path of the rejects file, which collects the lines that can't be imported.
        pub fn rejects(mut self, path: impl Into<PathBuf>) -> Self {
            self.options.rejects = Some(path.into());
            self
        }

        /// Sets the maximum number of concurrent requests; 8 by default. A value outside 1 to 256 is clamped. The
        /// number is lowered when the platform responds with 429.
        pub fn concurrency(mut self, requests: usize) -> Self {
            self.options.concurrency = requests.clamp(1, 256);
            self
        }

        /// Sets the maximum number of lines per request; 50 by default. A value outside 1 to 1000 is clamped. Only
        /// lines that have the same values in all fields but their text share a request.
        pub fn batch_size(mut self, lines: usize) -> Self {
            self.options.batch = lines.clamp(1, 1000);
            self
        }

        /// Sets the delay between a request with an unknown outcome and the search for its memories; 2 s by default. If
        /// the platform carries out the request after that delay, its memories may exist twice.
        pub fn reconcile_after(mut self, wait: Duration) -> Self {
            self.options.reconcile_after = wait;
            self
        }

        /// Enables or disables a dry run, in which the client sends no add, with any transport. It sends only requests
        /// that read: for the key's project, and for the memories of a copy.
        ///
        /// Every add counts as a success, an existing checkpoint is read but not written, and no rejects file is
        /// written.
        pub fn dry_run(mut self, dry_run: bool) -> Self {
            self.options.dry_run = dry_run.then(DryRun::default);
            self
        }

        /// Enables a dry run, and calls `observe` with each request that it does not send.
        ///
        /// The function may be called by several threads at a time.
        pub fn dry_run_with(mut self, observe: impl Fn(&Request) + Send + Sync + 'static) -> Self {
            self.options.dry_run = Some(DryRun(Some(Arc::new(observe))));
            self
        }

        /// Sets the handle that reports progress and stops the operation.
        pub fn handle(mut self, handle: &Handle) -> Self {
            self.options.handle = handle.clone();
            self
        }
    };
}

impl Import {
    /// Creates an import of a file, with the checkpoint `FILE.checkpoint` and the rejects file `FILE.rejects` next to
    /// it.
    ///
    /// A stream, such as a pipe or `/dev/stdin`, has neither unless they are set.
    ///
    /// # Errors
    /// The error of the operating system if the file can't be opened.
    pub fn from_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let sibling = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let import = Self::from_reader(BufReader::with_capacity(128 * 1024, file));
        let size = metadata.is_file().then_some(metadata.len());
        let import = Self { size, ..import };
        // `/dev/stdin` may refer to a regular file, but no file can be created next to it.
        if size.is_none() || ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) {
            return Ok(import);
        }
        Ok(import.checkpoint(sibling(".checkpoint")).rejects(sibling(".rejects")))
    }

    /// Creates an import from a reader, without a checkpoint and a rejects file unless they are set.
    ///
    /// The reader is called during the import. The async client calls it on the task itself, so it should not block for
    /// long.
    ///
    /// Lines are sent when some thousands were read, after a second, or when the reader returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock). With a checkpoint, nothing is sent before the first 64 KiB were read,
    /// because they identify the input in the checkpoint.
    pub fn from_reader(input: impl BufRead + Send + 'static) -> Self {
        Self {
            input: Box::new(input),
            size: None,
            default_owner: EntityIds::default(),
            options: ImportOptions::default(),
        }
    }

    /// Sets the owner of lines that have no user, agent, app and run.
    ///
    /// Lines with one of them are not changed. Call this once per kind to set several.
    ///
    /// ```
    /// use mem0::entities::EntityKind;
    /// use mem0::bulk::Import;
    ///
    /// let notes = "{\"memory\": \"Likes tea\"}\n{\"memory\": \"Likes milk\"}\n".as_bytes();
    /// let import = Import::from_reader(notes).default_owner(EntityKind::User, "alice")?;
    /// # let _ = import;
    /// # Ok::<(), mem0::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown kind, and for an id that is empty, `.`, `..` or `*`.
    pub fn default_owner(mut self, kind: EntityKind, id: impl Into<String>) -> Result<Self> {
        let kinds = [EntityKind::User, EntityKind::Agent, EntityKind::App, EntityKind::Run];
        let Some(index) = kinds.iter().position(|known| *known == kind) else {
            return Err(Error::invalid("entity type", "unsupported; expected user, agent, app or run"));
        };
        let id = id.into();
        if id.trim().is_empty() {
            return Err(Error::invalid(
                ENTITY_IDS[index],
                "must not be empty; pass an id, or omit the default owner",
            ));
        }
        if is_dot_segment(&id) {
            return Err(Error::invalid(ENTITY_IDS[index], DOT_SEGMENT));
        }
        if id == "*" {
            return Err(Error::invalid(ENTITY_IDS[index], "`*` is a wildcard; pass the id of one owner"));
        }
        self.default_owner[index] = Some(id);
        Ok(self)
    }

    import_options!();

    /// Checks the format of the input and, for a checkpoint, reads its start to identify it.
    pub(crate) fn open(self) -> io::Result<OpenImport> {
        let Self { mut input, size, default_owner, options } = self;
        if options.checkpoint.is_none() {
            return Ok(OpenImport { input, size, fingerprint: String::new(), default_owner, options });
        }
        let mut start = Vec::new();
        while let Err(error) =
            input.by_ref().take(FINGERPRINT_LEN - start.len() as u64).read_to_end(&mut start)
        {
            // `start` keeps the bytes read before the error.
            if error.kind() != io::ErrorKind::WouldBlock || options.handle.is_stopped() {
                return Err(error);
            }
            std::thread::sleep(IDLE_SLEEP);
        }
        // Before the checkpoint is created.
        check_format(&start)?;
        let hash = Hash::new().part(&start).value();
        let length = size.map_or_else(|| "stream".to_owned(), |size| size.to_string());
        let fingerprint = format!("lines {length} {hash:016x}");
        Ok(OpenImport {
            input: Box::new(io::Cursor::new(start).chain(input)),
            size,
            fingerprint,
            default_owner,
            options,
        })
    }
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("size", &self.size)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Copy of memories to another project: a list of memories, and options.
///
/// ```
/// use mem0::Filter;
/// use mem0::bulk::MemoryCopy;
///
/// let copy = MemoryCopy::new(Filter::user("alice")).checkpoint("copy.checkpoint");
/// # let _ = copy;
/// ```
#[derive(Debug, Clone)]
#[must_use = "a MemoryCopy does nothing until it is passed to `copy_memories`"]
pub struct MemoryCopy {
    pub(crate) list: ListMemories,
    pub(crate) options: ImportOptions,
}

impl MemoryCopy {
    /// Creates a copy of the memories of a list, which is read page by page.
    ///
    /// There is no checkpoint unless it is set. With one, each copied memory takes some bytes of memory.
    pub fn new(list: impl Into<ListMemories>) -> Self {
        Self { list: list.into(), options: ImportOptions::default() }
    }

    /// Creates a copy of all memories of the project, including expired ones.
    pub fn all() -> Self {
        Self::new(ListMemories::new(any_entity()).page_size(200).show_expired(true))
    }

    import_options!();
}

/// Filter for all memories: every memory has a user, an agent, an app or a run.
fn any_entity() -> Filter {
    Filter::any_of([Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()])
}
