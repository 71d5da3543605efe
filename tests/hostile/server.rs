//! Scripted server on raw sockets, which records its requests in a ledger.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// Time that a socket blocks before the server checks whether to stop.
const TICK: Duration = Duration::from_millis(20);

/// Maximum number of bytes sent on one connection.
const MAX_SENT: usize = 64 * 1024 * 1024;

/// Start of a connection's script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrTimestamp {
    /// After accepting, without waiting for a request.
    Accepted,
    /// After a byte of a request has arrived, without reading it.
    FirstByte,
    /// After reading the headers of a request.
    Head,
    /// After reading a complete request.
    Whole,
}

/// Step of a script.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Writes these bytes.
    Send(Vec<u8>),
    /// Writes these bytes one by one, with a pause after each.
    Drip(Vec<u8>),
    /// Writes these bytes repeatedly until the client stops reading.
    Flood(Vec<u8>),
    /// Writes these bytes repeatedly, with a pause after each time.
    Trickle(Vec<u8>),
    /// Does nothing until the client closes the connection.
    Stall,
    /// Does not read until the server is stopped.
    Deaf,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Waits for a short time.
    Pause(Duration),
    /// Waits for a signal of the test.
    Await(Arc<AtomicBool>),
}

/// Behaviour of a server for every request.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// Start of the steps.
    pub(crate) moment: DateOrTimestamp,
    /// Steps for the first request, the second, …; the last ones apply to all later requests. After steps that do not
    /// close the connection, the server waits for the next request.
    pub(crate) steps: Vec<Vec<Step>>,
    /// Whether the response means that nothing was carried out, as 429 does.
    pub(crate) is_disclaimed: bool,
}

impl Script {
    /// Script with these steps for every complete request.
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self { moment: DateOrTimestamp::Whole, steps: vec![steps], is_disclaimed: false }
    }
}

/// Record of a server.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    requests: AtomicUsize,
    applied: AtomicUsize,
    done: AtomicUsize,
}

impl Ledger {
    /// Number of times the script was started: requests, or connections if the script does not wait for requests.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Number of finished scripts and closed connections.
    pub(crate) fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }

    /// Number of complete POST requests, which count as carried out.
    pub(crate) fn applied(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }
}

/// Running server.
pub(crate) struct Server {
    address: SocketAddr,
    /// Address for the last connection, which wakes the server to stop.
    is_stopping: Arc<OnceLock<SocketAddr>>,
    ledger: Arc<Ledger>,
    acceptor: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_stopping = Arc::new(OnceLock::new());
        let ledger = Arc::new(Ledger::default());
        let acceptor = {
            let (is_stopping, ledger) = (is_stopping.clone(), ledger.clone());
            std::thread::spawn(move || accept(&listener, &Arc::new(script), &is_stopping, &ledger))
        };
        Self { address, is_stopping, ledger, acceptor }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Stops the server and returns its final ledger.
    pub(crate) fn stop(self) -> Arc<Ledger> {
        // Connections are accepted in order, so those of the clients come first.
        let last = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        last.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        self.is_stopping.set(last.local_addr().unwrap().as_socket().unwrap()).unwrap();
        last.connect(&self.address.into()).unwrap();
        self.acceptor.join().unwrap();
        self.ledger
    }
}

fn accept(
    listener: &TcpListener,
    script: &Arc<Script>,
    is_stopping: &Arc<OnceLock<SocketAddr>>,
    ledger: &Arc<Ledger>,
) {
    let mut handlers = Vec::new();
    loop {
        let (stream, _) = listener.accept().unwrap();
        if is_stopping.get().is_some_and(|last| stream.peer_addr().is_ok_and(|peer| peer == *last)) {
            break;
        }
        let mut connection = Connection {
            stream,
            unread: Vec::new(),
            script: script.clone(),
            is_stopping: is_stopping.clone(),
            ledger: ledger.clone(),
        };
        handlers.push(std::thread::spawn(move || {
            // On an error, the client has closed the connection; its requests are in the ledger.
            let _ = connection.serve();
            let ledger = connection.ledger.clone();
            drop(connection);
            ledger.done.fetch_add(1, Ordering::SeqCst);
        }));
    }
    for handler in handlers {
        handler.join().unwrap();
    }
}

/// Fate of a connection after a step.
enum Then {
    GoOn,
    End,
}

struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    script: Arc<Script>,
    is_stopping: Arc<OnceLock<SocketAddr>>,
    ledger: Arc<Ledger>,
}

impl Connection {
    fn serve(&mut self) -> std::io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_read_timeout(Some(TICK))?;
        self.stream.set_write_timeout(Some(TICK))?;
        loop {
            if self.script.moment == DateOrTimestamp::FirstByte {
                self.await_byte()?;
            } else if self.script.moment != DateOrTimestamp::Accepted {
                let Some((head, length)) = self.read_head()? else { return Ok(()) };
                if self.script.moment == DateOrTimestamp::Whole {
                    self.read_body(length)?;
                    if head.starts_with("POST ") && !self.script.is_disclaimed {
                        self.ledger.applied.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
            let number = self.ledger.requests.fetch_add(1, Ordering::SeqCst);
            let steps = self.script.steps.get(number).or(self.script.steps.last()).unwrap().clone();
            for step in &steps {
                if let Then::End = self.run_step(step)? {
                    return Ok(());
                }
            }
            self.ledger.done.fetch_add(1, Ordering::SeqCst);
            if matches!(self.script.moment, DateOrTimestamp::Accepted | DateOrTimestamp::FirstByte) {
                return self.close();
            }
        }
    }

    fn run_step(&mut self, step: &Step) -> std::io::Result<Then> {
        match step {
            Step::Send(bytes) => self.write(bytes)?,
            Step::Drip(bytes) => {
                for byte in bytes {
                    self.write(&[*byte])?;
                    std::thread::sleep(Duration::from_millis(10));
                    if self.is_stopping() {
                        break;
                    }
                }
            }
            Step::Flood(bytes) => {
                for _ in 0..MAX_SENT / bytes.len() {
                    self.write(bytes)?;
                }
            }
            Step::Trickle(bytes) => {
                while !self.is_stopping() {
                    self.write(bytes)?;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            Step::Stall => {
                while self.read()? != 0 {}
                return Ok(Then::End);
            }
            Step::Deaf => {
                while !self.is_stopping() {
                    std::thread::sleep(TICK);
                }
                return Ok(Then::End);
            }
            Step::Close => {
                self.close()?;
                return Ok(Then::End);
            }
            Step::Reset => {
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                return Ok(Then::End);
            }
            Step::Pause(pause) => std::thread::sleep(*pause),
            Step::Await(signal) => {
                while !signal.load(Ordering::SeqCst) && !self.is_stopping() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        Ok(Then::GoOn)
    }

    /// Closes the write half and reads the rest: an unread byte would turn the close into a reset.
    fn close(&mut self) -> std::io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.ledger.done.fetch_add(1, Ordering::SeqCst);
        while self.read()? != 0 {}
        Ok(())
    }

    fn await_byte(&mut self) -> std::io::Result<()> {
        while let Err(error) = self.stream.peek(&mut [0]) {
            if !is_tick(&error) || self.is_stopping() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads the headers of the next request and the length of its body; `None` at the end.
    fn read_head(&mut self) -> std::io::Result<Option<(String, usize)>> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                let head = String::from_utf8(head).unwrap();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
                });
                return Ok(Some((head, length.unwrap_or(0))));
            }
            if self.read()? == 0 {
                return Ok(None);
            }
        }
    }

    fn read_body(&mut self, length: usize) -> std::io::Result<()> {
        while self.unread.len() < length {
            if self.read()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        self.unread.drain(..length);
        Ok(())
    }

    /// Reads bytes; 0 is the end of the connection, or of the test if nothing is buffered.
    fn read(&mut self) -> std::io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(count) => {
                    self.unread.extend_from_slice(&buffer[..count]);
                    return Ok(count);
                }
                Err(error) if is_tick(&error) => {
                    if self.is_stopping() {
                        return Ok(0);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if is_tick(&error) && !self.is_stopping() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.get().is_some()
    }
}

fn is_tick(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
