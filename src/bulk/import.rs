//! What is to be imported or copied, and options.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bulk::concurrency_limiter::IDLE;
use crate::bulk::handle::Handle;
use crate::bulk::hash::Hash;
use crate::bulk::input_format::check_beginning;
use crate::bulk::record::Owner;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::ids::is_dot_segment;
use crate::types::checks::{DOT_SEGMENT, ENTITY_IDS};
use crate::types::{EntityKind, ListMemories};

/// How much of an input its checkpoint knows it by.
const KNOWN_BY: u64 = 64 * 1024;

/// Memories that are to be imported: an input of JSON lines (see [the module](crate::bulk)), and how to go about it.
///
/// ```no_run
/// use mem0::bulk::Import;
///
/// let import = Import::from_file("memories.jsonl")?.concurrency(4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "an Import does nothing until it is given to `import_memories`"]
pub struct Import {
    input: Box<dyn BufRead + Send>,
    size: Option<u64>,
    owner: Owner,
    pub(crate) options: ImportOptions,
}

/// An import whose input is known.
pub(crate) struct Opened {
    pub(crate) input: Box<dyn BufRead + Send>,
    pub(crate) size: Option<u64>,
    /// What its checkpoint knows the input by.
    pub(crate) known_by: String,
    pub(crate) owner: Owner,
    pub(crate) options: ImportOptions,
}

/// How to go about it.
#[derive(Debug, Clone)]
pub(crate) struct ImportOptions {
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) concurrency: usize,
    pub(crate) batch: usize,
    pub(crate) reconcile_after: Duration,
    pub(crate) dry_run: bool,
    pub(crate) handle: Handle,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            checkpoint: None,
            rejects: None,
            concurrency: 8,
            batch: 50,
            reconcile_after: Duration::from_secs(2),
            dry_run: false,
            handle: Handle::new(),
        }
    }
}

macro_rules! import_options {
    () => {
        /// Where to keep the checkpoint.
        pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
            self.options.checkpoint = Some(path.into());
            self
        }

        /// Keeps no checkpoint: what is ended before its time can't be gone on with.
        pub fn without_checkpoint(mut self) -> Self {
            self.options.checkpoint = None;
            self
        }

        /// Where to put what can't be imported.
        pub fn rejects(mut self, path: impl Into<PathBuf>) -> Self {
            self.options.rejects = Some(path.into());
            self
        }

        /// How many requests are made beside each other at most; 8 unless set. Fewer are made while the platform
        /// answers 429.
        pub fn concurrency(mut self, requests: usize) -> Self {
            self.options.concurrency = requests.clamp(1, 256);
            self
        }

        /// How many lines one request has at most; 50 unless set. Only lines that differ in text alone share one.
        pub fn batch(mut self, lines: usize) -> Self {
            self.options.batch = lines.clamp(1, 1000);
            self
        }

        /// How long to wait, after a request was sent of which nothing is known, before its memories are looked for;
        /// 2 s unless set. A platform that carries out such a request even later has those memories twice.
        pub fn reconcile_after(mut self, wait: Duration) -> Self {
            self.options.reconcile_after = wait;
            self
        }

        /// Takes every answer for a good one, reads a checkpoint that is there and writes none, and writes no rejects: for a
        /// transport that sends nothing.
        pub fn dry_run(mut self, dry_run: bool) -> Self {
            self.options.dry_run = dry_run;
            self
        }

        /// Who watches and stops it.
        pub fn handle(mut self, handle: &Handle) -> Self {
            self.options.handle = handle.clone();
            self
        }
    };
}

impl Import {
    /// The lines of a file, with a checkpoint and a file of rejects beside it: `FILE.checkpoint` and `FILE.rejects`. A stream,
    /// such as a pipe or `/dev/stdin`, has neither unless they are named.
    ///
    /// # Errors
    /// The file can't be opened.
    pub fn from_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let beside = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let import = Self::from_reader(BufReader::with_capacity(128 * 1024, file));
        let size = metadata.is_file().then_some(metadata.len());
        let import = Self { size, ..import };
        // `/dev/stdin` may be a regular file, and its neighbours are none.
        if size.is_none() || ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) {
            return Ok(import);
        }
        Ok(import.checkpoint(beside(".checkpoint")).rejects(beside(".rejects")))
    }

    /// The lines of anything else, without a checkpoint and a file of rejects unless they are named. It is read bit by bit
    /// in the midst of the import, in the async flavour on the task itself.
    ///
    /// Lines are sent once some thousands are there, or after a second, or where the reader has nothing more for now, which it
    /// says by an error of the kind [`WouldBlock`](io::ErrorKind::WouldBlock). With a checkpoint, the first 64 KiB have
    /// to come before anything is sent: the checkpoint is known by them.
    pub fn from_reader(input: impl BufRead + Send + 'static) -> Self {
        Self {
            input: Box::new(input),
            size: None,
            owner: Owner::default(),
            options: ImportOptions::default(),
        }
    }

    /// Sets an owner of the lines that name none: no user, agent, app or run. A line that names one of them has no
    /// other. May be called once for each kind.
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
        let Some(place) = kinds.iter().position(|known| *known == kind) else {
            return Err(Error::invalid("entity type", "is unknown; expected user, agent, app or run"));
        };
        let id = id.into();
        if id.trim().is_empty() {
            return Err(Error::invalid(ENTITY_IDS[place], "is empty; give one, or leave it out"));
        }
        if is_dot_segment(&id) {
            return Err(Error::invalid(ENTITY_IDS[place], DOT_SEGMENT));
        }
        if id == "*" {
            return Err(Error::invalid(
                ENTITY_IDS[place],
                "is `*`, which stands for many; a memory has one owner",
            ));
        }
        self.owner[place] = Some(id);
        Ok(self)
    }

    import_options!();

    /// Reads so much of the input that its checkpoint can be told from others.
    pub(crate) fn open(self) -> io::Result<Opened> {
        let Self { mut input, size, owner, options } = self;
        if options.checkpoint.is_none() {
            return Ok(Opened { input, size, known_by: String::new(), owner, options });
        }
        let mut beginning = Vec::new();
        while let Err(error) =
            input.by_ref().take(KNOWN_BY - beginning.len() as u64).read_to_end(&mut beginning)
        {
            // What was read until then is kept.
            if error.kind() != io::ErrorKind::WouldBlock || options.handle.is_stopped() {
                return Err(error);
            }
            std::thread::sleep(IDLE);
        }
        // Before there is a checkpoint.
        check_beginning(&beginning)?;
        let hash = Hash::new().part(&beginning).value();
        let length = size.map_or_else(|| "stream".to_owned(), |size| size.to_string());
        let known_by = format!("lines {length} {hash:016x}");
        Ok(Opened {
            input: Box::new(io::Cursor::new(beginning).chain(input)),
            size,
            known_by,
            owner,
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

/// Memories that are to be copied to another project: which, and how to go about it.
///
/// ```
/// use mem0::Filter;
/// use mem0::bulk::MemoryCopy;
///
/// let copy = MemoryCopy::new(Filter::user("alice")).checkpoint("copy.checkpoint");
/// # let _ = copy;
/// ```
#[derive(Debug, Clone)]
#[must_use = "a MemoryCopy does nothing until it is given to `copy_memories`"]
pub struct MemoryCopy {
    pub(crate) list: ListMemories,
    pub(crate) options: ImportOptions,
}

impl MemoryCopy {
    /// The memories of that list, in pages of its size. There is no checkpoint unless one is named. A checkpoint knows a
    /// memory by its identifier and takes some bytes of memory for each.
    pub fn new(list: impl Into<ListMemories>) -> Self {
        Self { list: list.into(), options: ImportOptions::default() }
    }

    /// All memories there are, expired ones included.
    pub fn of_all() -> Self {
        Self::new(ListMemories::new(everything()).page_size(200).show_expired(true))
    }

    import_options!();
}

/// What has a user, an agent, an app or a run; there is nothing else.
fn everything() -> Filter {
    Filter::any_of([Filter::any_user(), Filter::any_agent(), Filter::any_app(), Filter::any_run()])
}
