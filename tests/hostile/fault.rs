//! Row of the fault table: behaviour of the server, expected outcome of each call, and its test.

use std::sync::Mutex;
use std::time::Instant;

use crate::callers::{CALLS, Call, FLAVOURS, Flavour, Limits, call};
use crate::outcome::Ends;
use crate::server::{DateOrTimestamp, Script, Server, Step};

/// Body that every call of the table can decode.
pub(crate) const VALID_BODY: &str = r#"{"name":"P","message":"done","org_id":"org"}"#;

/// Expected outcome of a call and number of requests.
#[derive(Debug, Clone, Copy)]
struct Expected {
    ends: Ends,
    requests: usize,
}

/// Fault of the server.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    name: String,
    script: Script,
    scheme: &'static str,
    limits: Limits,
    request_id: Option<&'static str>,
    read: Expected,
    patch: Expected,
    write: Expected,
}

/// Creates a fault with these steps for every request. By default, calls must succeed after one request.
pub(crate) fn fault(name: impl Into<String>, steps: Vec<Step>) -> Fault {
    let well = Expected { ends: Ends::Well, requests: 1 };
    Fault {
        name: name.into(),
        script: Script::new(steps),
        scheme: "http",
        limits: Limits::LONG,
        request_id: None,
        read: well,
        patch: well,
        write: well,
    }
}

impl Fault {
    pub(crate) fn at(mut self, moment: DateOrTimestamp) -> Self {
        self.script.moment = moment;
        self
    }

    /// Sets the steps for the second and all later requests.
    pub(crate) fn then(mut self, steps: Vec<Step>) -> Self {
        self.script.steps.push(steps);
        self
    }

    /// Attempts end at the connect timeout.
    pub(crate) fn hasty_to_connect(mut self) -> Self {
        self.limits = Limits { connect: Limits::SHORT.connect, ..Limits::LONG };
        self
    }

    /// Attempts end at the attempt timeout.
    pub(crate) fn hasty(mut self) -> Self {
        self.limits = Limits { attempt: Limits::SHORT.attempt, ..Limits::LONG };
        self
    }

    /// One attempt ends at a limit that leaves enough time for the next one.
    pub(crate) fn unhurried(mut self) -> Self {
        self.limits = Limits { attempt: 4 * Limits::SHORT.attempt, ..Limits::LONG };
        self
    }

    /// The client speaks TLS.
    pub(crate) fn https(mut self) -> Self {
        self.scheme = "https";
        self
    }

    /// The response means that nothing was carried out.
    pub(crate) fn disclaimed(mut self) -> Self {
        self.script.is_disclaimed = true;
        self
    }

    /// Sets the expected request id of the error.
    pub(crate) fn request_id(mut self, id: &'static str) -> Self {
        self.request_id = Some(id);
        self
    }

    /// Sets the outcome of idempotent calls.
    pub(crate) fn repeatable(mut self, ends: Ends, requests: usize) -> Self {
        self.read = Expected { ends, requests };
        self.patch(ends, requests)
    }

    /// Sets the outcome of the idempotent write.
    pub(crate) fn patch(mut self, ends: Ends, requests: usize) -> Self {
        self.patch = Expected { ends, requests };
        self
    }

    /// Sets the outcome of the write that is not idempotent.
    pub(crate) fn write(mut self, ends: Ends, requests: usize) -> Self {
        self.write = Expected { ends, requests };
        self
    }

    /// Sets the outcome of all calls, after one request.
    pub(crate) fn once(self, ends: Ends) -> Self {
        self.repeatable(ends, 1).write(ends, 1)
    }

    /// Sets the outcome of all calls; idempotent ones are retried twice.
    pub(crate) fn repeated(self, ends: Ends) -> Self {
        self.repeatable(ends, 3).write(ends, 1)
    }

    /// Sets the outcome of all calls, which are retried twice.
    pub(crate) fn always_repeated(self, ends: Ends) -> Self {
        self.repeatable(ends, 3).write(ends, 3)
    }

    fn expected(&self, call: Call) -> Expected {
        match call {
            Call::Read => self.read,
            Call::Patch => self.patch,
            Call::Write => self.write,
        }
    }

    /// Description of a wrong outcome of this call in this flavour.
    ///
    /// On a busy machine, a short limit may end before the request is sent. A second try with limits that are ten times
    /// as long decides.
    fn problem(&self, flavour: Flavour, kind: Call) -> Option<String> {
        let problem = self.problem_within(self.limits, flavour, kind)?;
        let is_hasty = self.limits.connect.min(self.limits.attempt) < Limits::LONG.attempt;
        if is_hasty { self.problem_within(self.limits.longer(), flavour, kind) } else { Some(problem) }
    }

    fn problem_within(&self, limits: Limits, flavour: Flavour, kind: Call) -> Option<String> {
        let server = Server::start(self.script.clone());
        let url = format!("{}://{}", self.scheme, server.address());
        let started = Instant::now();
        let outcome = call(flavour, kind, &url, limits);
        let took = started.elapsed();
        let ledger = server.stop();
        let expected = self.expected(kind);
        let actual = Ends::of(&outcome);
        let says = |what: String| Some(format!("{}: {kind:?}, {flavour:?}: {what}", self.name));
        // This is wrong with any limits.
        assert!(ledger.applied() <= 1, "{:?}", says(format!("carried out {} times", ledger.applied())));
        if !expected.ends.allows(actual) {
            return says(format!("ends {actual:?}, not {:?}: {outcome:?}", expected.ends));
        }
        if ledger.requests() != expected.requests {
            return says(format!("{} requests, not {}", ledger.requests(), expected.requests));
        }
        if let Err(error) = &outcome {
            if error.attempts() as usize != expected.requests {
                return says(format!(
                    "{} attempts reported, expected {}",
                    error.attempts(),
                    expected.requests
                ));
            }
            if error.was_sent() != expected.ends.was_sent() {
                return says(format!("`was_sent` is wrong: {error:?}"));
            }
            if self.request_id.is_some() && error.request_id() != self.request_id {
                return says(format!("the headers are lost: {error:?}"));
            }
        }
        (took > limits.call).then(|| says(format!("took {took:?}"))).flatten()
    }
}

/// Number of faults that are tested concurrently; most of the time they wait.
const CONCURRENCY: usize = 12;

/// Tests every fault with every call in both flavours.
pub(crate) fn check(faults: &[Fault]) {
    let cases: Vec<_> = faults
        .iter()
        .flat_map(|fault| CALLS.iter().map(move |call| (fault, *call)))
        .flat_map(|(fault, call)| FLAVOURS.iter().map(move |flavour| (fault, call, *flavour)))
        .collect();
    let queue = Mutex::new(cases.iter());
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                loop {
                    let case = queue.lock().unwrap().next();
                    let Some((fault, call, flavour)) = case else { break };
                    if let Some(problem) = fault.problem(*flavour, *call) {
                        problems.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} of {} cases:\n{}", problems.len(), cases.len(), problems.join("\n"));
}

/// Step that writes these bytes.
pub(crate) fn send(bytes: impl AsRef<[u8]>) -> Step {
    Step::Send(bytes.as_ref().to_vec())
}

/// Response with this status, these header lines and a `Content-Length`.
pub(crate) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Valid response.
pub(crate) fn valid_response() -> Vec<u8> {
    response("200 OK", "", VALID_BODY)
}
