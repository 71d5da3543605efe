//! Who carries deliveries to webhooks, and keeps what became of them.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lock;
use crate::webhooks::delivery::{Outcome, Reach, Sender, TIME_LIMIT, Target};

/// How many deliveries of one webhook may wait. The ones beyond are lost.
const WAITING: usize = 10_000;

/// How many webhooks may be told at the same time. Those beyond are not told.
const LINES: usize = 64;

/// How long a thread waits for its webhook's next delivery before it ends.
const IDLE: Duration = Duration::from_secs(2);

/// What became of one delivery to a webhook.
///
/// It says nothing of the memory: what was sent is what the webhook received (contract 7). Of a delivery that is over,
/// either [`status`](Self::status) or [`error`](Self::error) is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// The webhook.
    pub webhook_id: String,
    /// The status it answered with; `None` if there was no answer.
    pub status: Option<u16>,
    /// Why there was no answer; `None` if there was one.
    pub error: Option<String>,
}

impl WebhookDelivery {
    fn new(webhook_id: &str, outcome: Outcome) -> Self {
        let (status, error) = match outcome {
            Outcome::Answered(status) => (Some(status), None),
            Outcome::Withheld(reason) => (None, Some(format!("not sent: {reason}"))),
            Outcome::Failed(error) => (None, Some(error)),
        };
        Self { webhook_id: webhook_id.to_owned(), status, error }
    }
}

/// How many outcomes are kept.
const KEPT: usize = 1000;

type Lines = Arc<Mutex<HashMap<String, SyncSender<Delivery>>>>;

struct Delivery {
    number: u64,
    url: String,
    payload: Value,
}

/// What is on its way, and what became of the rest.
#[derive(Debug, Default)]
struct Book {
    pages: Mutex<Pages>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Pages {
    /// The last number that was given to a delivery.
    last: u64,
    under_way: BTreeSet<u64>,
    outcomes: VecDeque<WebhookDelivery>,
}

impl Book {
    fn begin(&self) -> u64 {
        let mut pages = lock(&self.pages);
        pages.last += 1;
        let number = pages.last;
        pages.under_way.insert(number);
        number
    }

    fn is_pending(&self, number: u64) -> bool {
        lock(&self.pages).under_way.contains(&number)
    }

    /// Ends a delivery, unless it was called off.
    fn end(&self, number: u64, outcome: Option<WebhookDelivery>) {
        let mut pages = lock(&self.pages);
        if pages.under_way.remove(&number) {
            if pages.outcomes.len() == KEPT {
                pages.outcomes.pop_front();
            }
            pages.outcomes.extend(outcome);
        }
        drop(pages);
        self.changed.notify_all();
    }

    fn call_off(&self) {
        lock(&self.pages).under_way.clear();
        self.changed.notify_all();
    }

    /// Waits until those that are on their way now are over, as long as one of them ends within `patience` of the
    /// one before.
    fn wait(&self, patience: Duration) {
        let mut pages = lock(&self.pages);
        let last = pages.last;
        let (mut left, mut since) = (usize::MAX, Instant::now());
        loop {
            let now_left = pages.under_way.range(..=last).count();
            if now_left < left {
                (left, since) = (now_left, Instant::now());
            }
            let Some(rest) = patience.checked_sub(since.elapsed()).filter(|_| left > 0) else { return };
            let waited = self.changed.wait_timeout(pages, rest);
            pages = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Carries deliveries out, each webhook's in their order and on a thread of its own, so that one which does not
/// answer holds up nobody else. What still waits when this is dropped is not delivered.
#[derive(Debug)]
pub(crate) struct WebhookDispatcher {
    sender: Arc<Sender>,
    /// How long one delivery may take.
    limit: Duration,
    lines: Lines,
    closed: Arc<AtomicBool>,
    book: Arc<Book>,
}

impl WebhookDispatcher {
    pub(crate) fn new(reach: Reach) -> Self {
        let sender = Arc::new(Sender::new(reach));
        Self {
            sender,
            limit: TIME_LIMIT,
            lines: Arc::default(),
            closed: Arc::default(),
            book: Arc::default(),
        }
    }

    /// What became of the deliveries that are over, oldest first; the last 1000 of them.
    pub(crate) fn outcomes(&self) -> Vec<WebhookDelivery> {
        lock(&self.book.pages).outcomes.iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        lock(&self.book.pages).outcomes.clear();
    }

    /// Sees to it that nothing is sent that waits, and that nothing is said of what is being sent.
    pub(crate) fn call_off(&self) {
        self.book.call_off();
    }

    /// Waits until what is on its way now is delivered, or has failed. That ends: what takes much longer than one
    /// delivery may is not waited for.
    pub(crate) fn wait(&self) {
        // A name is looked up for as long as the system likes.
        self.book.wait(self.limit.saturating_mul(2));
    }

    /// Sends a payload on its way, and does not wait.
    pub(crate) fn send(&self, targets: Vec<Target>, payload: &Value) {
        let mut lines = lock(&self.lines);
        for Target { webhook_id, url } in targets {
            if !lines.contains_key(&webhook_id) {
                let Some(line) = (lines.len() < LINES).then(|| self.line(&webhook_id)).flatten() else {
                    continue;
                };
                lines.insert(webhook_id.clone(), line);
            }
            let Some(line) = lines.get(&webhook_id) else { continue };
            let number = self.book.begin();
            // As the platform's own sender, this one promises nothing to a webhook that can't keep up.
            if line.try_send(Delivery { number, url, payload: payload.clone() }).is_err() {
                self.book.end(number, None);
            }
        }
    }

    fn line(&self, webhook_id: &str) -> Option<SyncSender<Delivery>> {
        let (sender, receiver) = sync_channel(WAITING);
        let line = Line {
            webhook_id: webhook_id.to_owned(),
            receiver,
            sender: self.sender.clone(),
            limit: self.limit,
            lines: self.lines.clone(),
            closed: self.closed.clone(),
            book: self.book.clone(),
        };
        let thread = std::thread::Builder::new().name("mem0-local-webhook".to_owned());
        thread.spawn(move || line.run()).ok()?;
        Some(sender)
    }
}

impl Drop for WebhookDispatcher {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        lock(&self.lines).clear();
    }
}

/// The deliveries of one webhook.
struct Line {
    webhook_id: String,
    receiver: Receiver<Delivery>,
    sender: Arc<Sender>,
    limit: Duration,
    lines: Lines,
    closed: Arc<AtomicBool>,
    book: Arc<Book>,
}

impl Line {
    fn run(&self) {
        while let Some(delivery) = self.next().filter(|_| !self.closed.load(Ordering::Relaxed)) {
            let Delivery { number, url, payload } = delivery;
            if self.book.is_pending(number) {
                let outcome = self.sender.deliver(&url, &payload, self.limit);
                self.book.end(number, Some(WebhookDelivery::new(&self.webhook_id, outcome)));
            }
        }
    }

    /// The next delivery; `None` if this line is at its end, and nobody else holds it.
    fn next(&self) -> Option<Delivery> {
        match self.receiver.recv_timeout(IDLE) {
            Ok(delivery) => Some(delivery),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                // Under the lock, so that nothing is sent to a line that is about to end.
                let mut lines = lock(&self.lines);
                let delivery = self.receiver.try_recv().ok();
                if delivery.is_none() {
                    lines.remove(&self.webhook_id);
                }
                delivery
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_silent_webhook_holds_up_no_other_and_its_own_stay_in_order() {
        let hour = Duration::from_secs(3600);
        let mut dispatcher = WebhookDispatcher::new(Reach::Loopback);
        dispatcher.limit = hour;
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let never = format!("http://{}/", silent.local_addr().unwrap());
        let target = |id: &str, url: &str| Target { webhook_id: id.to_owned(), url: url.to_owned() };
        dispatcher.send(vec![target("silent", &never)], &json!({}));
        let silent_one = silent.accept().unwrap();
        dispatcher.send(vec![target("silent", &never)], &json!({}));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        for number in 0..3 {
            dispatcher.send(vec![target("quick", &url)], &json!({ "number": number }));
        }
        for number in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut received = String::new();
            while !received.ends_with('}') {
                let mut part = [0; 1024];
                let length = stream.read(&mut part).unwrap();
                received.push_str(str::from_utf8(&part[..length]).unwrap());
            }
            assert!(received.ends_with(&json!({ "number": number }).to_string()), "{received}");
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
        // One is with the silent webhook, one waits for it.
        dispatcher.book.wait(Duration::from_millis(50));
        assert_eq!(dispatcher.outcomes().len(), 3, "whoever waits has waited for all the others");
        dispatcher.call_off();
        dispatcher.wait();
        drop(silent_one);
        // The next in this line is taken after both, and nobody has connected for the one that was called off.
        dispatcher.send(vec![target("silent", &never)], &json!({ "number": 9 }));
        let (mut stream, _) = silent.accept().unwrap();
        let mut part = [0; 1024];
        let mut received = String::new();
        while !received.ends_with('}') {
            let length = stream.read(&mut part).unwrap();
            received.push_str(str::from_utf8(&part[..length]).unwrap());
        }
        assert!(received.ends_with("{\"number\":9}"), "{received}");
        drop(stream);
        dispatcher.wait();
        assert_eq!(dispatcher.outcomes().len(), 4);
    }
}
