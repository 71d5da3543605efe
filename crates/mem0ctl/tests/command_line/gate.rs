//! Proxy that holds requests until a test releases them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crate::process::LONG;
use crate::test_env::TestEnv;

/// Proxy that holds requests whose first line has a given prefix.
pub(crate) struct Gate {
    pub(crate) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    has_come: bool,
    is_open: bool,
}

impl Gate {
    pub(crate) fn before(env: &TestEnv, held: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = env.platform.url().trim_start_matches("http://").to_owned();
        let state = Arc::<(Mutex<State>, Condvar)>::default();
        let own = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (platform, state) = (platform.clone(), own.clone());
                // Some tests close connections.
                std::thread::spawn(move || pass(&stream, &platform, held, &state));
            }
        });
        Self { url, state }
    }

    /// Waits until a request is held.
    pub(crate) fn wait_until_held(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        let (state, _) = changed.wait_timeout_while(state, LONG, |state| !state.has_come).unwrap();
        assert!(state.has_come, "no request arrived");
    }

    pub(crate) fn open(&self) {
        let (state, changed) = &*self.state;
        state.lock().unwrap().is_open = true;
        changed.notify_all();
    }
}

fn pass(
    client: &TcpStream,
    platform: &str,
    held: &str,
    (state, changed): &(Mutex<State>, Condvar),
) -> io::Result<()> {
    let mut upstream = TcpStream::connect(platform)?;
    let (mut answers, mut back) = (upstream.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut requests = BufReader::new(client);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if requests.read_line(&mut head)? == 0 {
                return upstream.shutdown(Shutdown::Both);
            }
        }
        let small = head.to_ascii_lowercase();
        let length = small.lines().find_map(|line| line.strip_prefix("content-length:"));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        requests.read_exact(&mut body)?;
        if head.starts_with(held) {
            let mut state = state.lock().unwrap();
            state.has_come = true;
            changed.notify_all();
            drop(changed.wait_while(state, |state| !state.is_open).unwrap());
        }
        upstream.write_all(head.as_bytes())?;
        upstream.write_all(&body)?;
    }
}
