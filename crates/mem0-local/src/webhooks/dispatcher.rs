//! Dispatcher of webhook deliveries, and the log of their outcomes.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lock;
use crate::webhooks::client::{AddressPolicy, DELIVERY_TIMEOUT, SendResult, Target, WebhookClient};

/// Maximum number of queued deliveries of one webhook. Deliveries beyond that are dropped.
const MAX_QUEUED: usize = 10_000;

/// Maximum number of webhooks with deliveries at the same time. Deliveries to other webhooks are dropped.
const MAX_WORKERS: usize = 64;

/// Time after which an idle worker ends.
const WORKER_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Outcome of a webhook delivery.
///
/// It does not contain the payload. Either [`status`](Self::status) or [`error`](Self::error) is present.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryOutcome {
    /// ID of the webhook.
    pub webhook_id: String,
    /// Status of the response; `None` without a response.
    pub status: Option<u16>,
    /// Reason why there was no response; `None` with a response.
    pub error: Option<String>,
}

impl DeliveryOutcome {
    fn new(webhook_id: &str, outcome: SendResult) -> Self {
        let (status, error) = match outcome {
            SendResult::Responded(status) => (Some(status), None),
            SendResult::NotSent(reason) => (None, Some(format!("not sent: {reason}"))),
            SendResult::Failed(error) => (None, Some(error)),
        };
        Self { webhook_id: webhook_id.to_owned(), status, error }
    }
}

/// Maximum number of outcomes in the log.
const MAX_OUTCOMES: usize = 1000;

type WorkerQueues = Arc<Mutex<HashMap<String, SyncSender<Delivery>>>>;

struct Delivery {
    number: u64,
    url: String,
    payload: Value,
}

/// Deliveries in flight, and outcomes of earlier ones.
#[derive(Debug, Default)]
struct DeliveryLog {
    state: Mutex<LogState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LogState {
    /// Number of the latest delivery.
    last: u64,
    pending: BTreeSet<u64>,
    outcomes: VecDeque<DeliveryOutcome>,
}

impl DeliveryLog {
    fn start(&self) -> u64 {
        let mut state = lock(&self.state);
        state.last += 1;
        let number = state.last;
        state.pending.insert(number);
        number
    }

    fn is_pending(&self, number: u64) -> bool {
        lock(&self.state).pending.contains(&number)
    }

    /// Records the outcome of a delivery, unless it was cancelled.
    fn finish(&self, number: u64, outcome: Option<DeliveryOutcome>) {
        let mut state = lock(&self.state);
        if state.pending.remove(&number) {
            if state.outcomes.len() == MAX_OUTCOMES {
                state.outcomes.pop_front();
            }
            state.outcomes.extend(outcome);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn cancel_all(&self) {
        lock(&self.state).pending.clear();
        self.changed.notify_all();
    }

    /// Waits until the deliveries that are pending now have ended, or until none of them ends for `stall_timeout`.
    fn wait(&self, stall_timeout: Duration) {
        let mut state = lock(&self.state);
        let last = state.last;
        let (mut left, mut since) = (usize::MAX, Instant::now());
        loop {
            let remaining = state.pending.range(..=last).count();
            if remaining < left {
                (left, since) = (remaining, Instant::now());
            }
            let Some(rest) = stall_timeout.checked_sub(since.elapsed()).filter(|_| left > 0) else { return };
            let result = self.changed.wait_timeout(state, rest);
            state = result.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Dispatcher of webhook deliveries. Each webhook has a worker thread and receives its deliveries in order, so that a
/// slow webhook does not delay the others. Dropping the dispatcher cancels queued deliveries.
#[derive(Debug)]
pub(crate) struct WebhookDispatcher {
    client: Arc<WebhookClient>,
    /// Time limit of one delivery.
    timeout: Duration,
    queues: WorkerQueues,
    closed: Arc<AtomicBool>,
    log: Arc<DeliveryLog>,
}

impl WebhookDispatcher {
    pub(crate) fn new(address_policy: AddressPolicy) -> Self {
        let client = Arc::new(WebhookClient::new(address_policy));
        Self {
            client,
            timeout: DELIVERY_TIMEOUT,
            queues: Arc::default(),
            closed: Arc::default(),
            log: Arc::default(),
        }
    }

    /// Returns the outcomes of the last 1000 deliveries, oldest first.
    pub(crate) fn outcomes(&self) -> Vec<DeliveryOutcome> {
        lock(&self.log.state).outcomes.iter().cloned().collect()
    }

    pub(crate) fn clear_outcomes(&self) {
        lock(&self.log.state).outcomes.clear();
    }

    /// Cancels queued deliveries, and discards the outcomes of those in flight.
    pub(crate) fn cancel_all(&self) {
        self.log.cancel_all();
    }

    /// Waits until the pending deliveries have ended. Gives up if none of them ends within twice the time limit.
    pub(crate) fn wait(&self) {
        // DNS resolution has no time limit of its own.
        self.log.wait(self.timeout.saturating_mul(2));
    }

    /// Queues the deliveries of a payload, without waiting.
    pub(crate) fn send(&self, targets: Vec<Target>, payload: &Value) {
        let mut queues = lock(&self.queues);
        for Target { webhook_id, url } in targets {
            if !queues.contains_key(&webhook_id) {
                let Some(queue) =
                    (queues.len() < MAX_WORKERS).then(|| self.spawn_worker(&webhook_id)).flatten()
                else {
                    continue;
                };
                queues.insert(webhook_id.clone(), queue);
            }
            let Some(queue) = queues.get(&webhook_id) else { continue };
            let number = self.log.start();
            // A full queue drops the delivery: the hosted platform does not guarantee delivery either.
            if queue.try_send(Delivery { number, url, payload: payload.clone() }).is_err() {
                self.log.finish(number, None);
            }
        }
    }

    fn spawn_worker(&self, webhook_id: &str) -> Option<SyncSender<Delivery>> {
        let (sender, receiver) = sync_channel(MAX_QUEUED);
        let worker = DeliveryWorker {
            webhook_id: webhook_id.to_owned(),
            receiver,
            client: self.client.clone(),
            timeout: self.timeout,
            queues: self.queues.clone(),
            closed: self.closed.clone(),
            log: self.log.clone(),
        };
        let thread = std::thread::Builder::new().name("mem0-local-webhook".to_owned());
        thread.spawn(move || worker.run()).ok()?;
        Some(sender)
    }
}

impl Drop for WebhookDispatcher {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        lock(&self.queues).clear();
    }
}

/// Worker for the deliveries of one webhook.
struct DeliveryWorker {
    webhook_id: String,
    receiver: Receiver<Delivery>,
    client: Arc<WebhookClient>,
    timeout: Duration,
    queues: WorkerQueues,
    closed: Arc<AtomicBool>,
    log: Arc<DeliveryLog>,
}

impl DeliveryWorker {
    fn run(&self) {
        while let Some(delivery) = self.next().filter(|_| !self.closed.load(Ordering::Relaxed)) {
            let Delivery { number, url, payload } = delivery;
            if self.log.is_pending(number) {
                let outcome = self.client.deliver(&url, &payload, self.timeout);
                self.log.finish(number, Some(DeliveryOutcome::new(&self.webhook_id, outcome)));
            }
        }
    }

    /// Receives the next delivery; `None` if the worker is to end.
    fn next(&self) -> Option<Delivery> {
        match self.receiver.recv_timeout(WORKER_IDLE_TIMEOUT) {
            Ok(delivery) => Some(delivery),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                // Under the lock, so that nothing is sent to a queue whose worker is about to end.
                let mut queues = lock(&self.queues);
                let delivery = self.receiver.try_recv().ok();
                if delivery.is_none() {
                    queues.remove(&self.webhook_id);
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
    fn unresponsive_webhook_does_not_delay_others_and_order_is_kept() {
        let hour = Duration::from_secs(3600);
        let mut dispatcher = WebhookDispatcher::new(AddressPolicy::Loopback);
        dispatcher.timeout = hour;
        let unresponsive = TcpListener::bind("127.0.0.1:0").unwrap();
        let unresponsive_url = format!("http://{}/", unresponsive.local_addr().unwrap());
        let target = |id: &str, url: &str| Target { webhook_id: id.to_owned(), url: url.to_owned() };
        dispatcher.send(vec![target("silent", &unresponsive_url)], &json!({}));
        let open_connection = unresponsive.accept().unwrap();
        dispatcher.send(vec![target("silent", &unresponsive_url)], &json!({}));
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
        // The silent webhook has one delivery in flight and one in the queue.
        dispatcher.log.wait(Duration::from_millis(50));
        assert_eq!(dispatcher.outcomes().len(), 3, "the others have ended");
        dispatcher.cancel_all();
        dispatcher.wait();
        drop(open_connection);
        // The worker takes the next one after both, and there was no connection for the cancelled one.
        dispatcher.send(vec![target("silent", &unresponsive_url)], &json!({ "number": 9 }));
        let (mut stream, _) = unresponsive.accept().unwrap();
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
