//! When the puller asks, and what it does when the source fails or lies. No time passes: what the puller would wait for
//! is written down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nightsafe_serve::clock::{Clock, FixedClock};
use nightsafe_store::StoreError;
use nightsafe_store::outbox::OutboxRow;
use nightsafe_vault::{Backoff, Batch, Progress, Puller, Schedule, Source, SourceError, Taken};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

use crate::fixture::{NOW, Vault, phone, row, site};

/// Gives prepared answers, tells when it is asked, and never gives any other answer again once they are used up.
#[derive(Debug)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    events: mpsc::UnboundedSender<Event>,
    acknowledged: Arc<Mutex<Vec<Taken>>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Asked,
    /// Milliseconds.
    Waits(u128),
}

#[derive(Debug, Clone)]
enum Answer {
    Rows(Vec<OutboxRow>, bool),
    Fails,
    AcknowledgementFails(Vec<OutboxRow>),
    Hangs,
}

fn closed() -> SourceError {
    StoreError::Closed { database: "outbox" }.into()
}

impl Source for Script {
    async fn next_batch(&self, _limit: u32) -> Result<Batch, SourceError> {
        self.events.send(Event::Asked).unwrap();
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            // The refusal of an acknowledgement is taken off by the acknowledgement
            match answers.front() {
                Some(Answer::AcknowledgementFails(_)) => answers.front().cloned(),
                _ => answers.pop_front(),
            }
        };
        match answer {
            Some(Answer::Rows(rows, more)) => Ok(Batch { rows, more }),
            Some(Answer::AcknowledgementFails(rows)) => Ok(Batch { rows, more: true }),
            Some(Answer::Fails) => Err(closed()),
            Some(Answer::Hangs) | None => std::future::pending().await,
        }
    }

    async fn acknowledge(&self, taken: &[Taken]) -> Result<(), SourceError> {
        let mut answers = self.answers.lock().unwrap();
        if matches!(answers.front(), Some(Answer::AcknowledgementFails(_))) {
            answers.pop_front();
            return Err(closed());
        }
        self.acknowledged.lock().unwrap().extend(taken);
        Ok(())
    }

    async fn close(self) {}
}

struct Run {
    vault: Vault,
    events: mpsc::UnboundedReceiver<Event>,
    /// A permit lets one wait end.
    time: Arc<Semaphore>,
    acknowledged: Arc<Mutex<Vec<Taken>>>,
    progress: Arc<Progress>,
    wake: Arc<Notify>,
    end: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

/// `random` is the same at every wait.
async fn run(vault: Vault, answers: Vec<Answer>, random: u32) -> Run {
    let (events, heard) = mpsc::unbounded_channel();
    let (acknowledged, time, wake) = (Arc::default(), Arc::new(Semaphore::new(1000)), Arc::default());
    let waits = events.clone();
    let script = Script { answers: Mutex::new(answers.into()), events, acknowledged: Arc::clone(&acknowledged) };
    let puller = Puller::new(script, vault.store.clone(), site());
    let (progress, (end, ended)) = (Arc::new(Progress::new(NOW)), oneshot::channel::<()>());
    let permits = Arc::clone(&time);
    let schedule = Schedule {
        wake: Arc::clone(&wake),
        interval: Duration::from_secs(5),
        backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(6) },
        random: Box::new(move || random),
        pause: Box::new(move |time| {
            waits.send(Event::Waits(time.as_millis())).unwrap();
            let permits = Arc::clone(&permits);
            Box::pin(async move { permits.acquire().await.unwrap().forget() })
        }),
        clock: vault.clock.clone(),
    };
    let task = tokio::spawn(puller.run(schedule, Arc::clone(&progress), async {
        let _ = ended.await;
    }));
    Run { vault, events: heard, time, acknowledged, progress, wake, end, task }
}

impl Run {
    /// Milliseconds that the puller waits between the first question and this many more.
    async fn waits(&mut self, more: usize) -> Vec<u128> {
        assert_eq!(self.events.recv().await, Some(Event::Asked));
        let mut waits = Vec::new();
        while waits.len() < more {
            let mut waited = 0;
            while let Event::Waits(time) = self.events.recv().await.unwrap() {
                waited += time;
            }
            waits.push(waited);
        }
        waits
    }

    async fn end(self) {
        self.end.send(()).unwrap();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn a_source_that_fails_is_asked_ever_less_often_and_a_success_forgives() {
    let mut answers = vec![Answer::Fails; 5];
    answers.extend([Answer::Rows(Vec::new(), false), Answer::Fails]);
    let mut run = run(Vault::new().await, answers, u32::MAX).await;
    assert_eq!(run.waits(7).await, [1000, 2000, 4000, 6000, 6000, 5000, 1000]);
    let progress = run.progress.at(NOW);
    assert_eq!((progress.failures, progress.succeeded), (6, Some(NOW.seconds())));
    run.end().await;
}

#[tokio::test]
async fn the_jitter_takes_up_to_half_off() {
    let mut run = run(Vault::new().await, vec![Answer::Fails; 4], 0).await;
    assert_eq!(run.waits(4).await, [500, 1000, 2000, 3000]);
    run.end().await;
}

#[tokio::test]
async fn a_wake_up_call_does_not_press_a_source_that_has_failed() {
    let mut run = run(Vault::new().await, vec![Answer::Rows(Vec::new(), false), Answer::Fails], u32::MAX).await;
    run.time.forget_permits(1000);
    run.wake.notify_one();
    // Woken out of the wait after the first answer
    assert_eq!(run.waits(1).await, [5000]);
    assert_eq!(run.events.recv().await, Some(Event::Waits(1000)));
    run.wake.notify_one();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(run.events.try_recv().is_err());
    run.time.add_permits(1);
    assert_eq!(run.events.recv().await, Some(Event::Asked));
    run.end().await;
}

#[tokio::test]
async fn endless_promises_of_more_without_anything_new_are_not_believed() {
    let vault = Vault::new().await;
    let one = row(&vault.seal("ORDER-1", &[("phone", phone())]));
    let two = row(&vault.seal("ORDER-2", &[("phone", phone())]));
    let bad = OutboxRow { nonce: [0; 32], ..one.clone() };
    let answers = vec![
        Answer::Rows(vec![one.clone()], true),
        Answer::Rows(vec![two.clone(), two.clone(), one.clone()], true), // new: asked at once
        Answer::Rows(vec![one.clone(), two.clone()], true),
        Answer::Rows(vec![bad], true),
        Answer::Rows(Vec::new(), true),
    ];
    let mut run = run(vault, answers, 0).await;
    assert_eq!(run.waits(5).await, [0, 0, 5000, 5000, 5000]);
    let progress = run.progress.at(NOW);
    assert_eq!((progress.stored, progress.already_there, progress.quarantined), (2, 4, 1));
    assert_eq!(run.acknowledged.lock().unwrap().len(), 7);
    run.end().await;
}

#[tokio::test]
async fn what_could_not_be_acknowledged_is_taken_once() {
    let vault = Vault::new().await;
    let deposit = vault.seal("ORDER-1", &[("phone", phone())]);
    let rows = vec![row(&deposit)];
    let answers = vec![Answer::AcknowledgementFails(rows.clone()), Answer::Rows(rows, false)];
    let mut run = run(vault, answers, u32::MAX).await;
    assert_eq!(run.waits(2).await, [1000, 5000]);
    let id = deposit.id().0;
    assert_eq!(*run.acknowledged.lock().unwrap(), [Taken { deposit_id: id, content: id }]);
    let progress = run.progress.at(NOW);
    // The first step failed as a whole, and what it stored was there already in the second
    assert_eq!((progress.stored, progress.already_there, progress.failures), (0, 1, 1));
    for field in &deposit.parts().fields {
        assert_eq!(run.vault.store.field_rows(&field.tag).await.unwrap().len(), 1);
    }
    run.end().await;
}

/// Garbage under the id of a deposit that is still to come, as a lying relay or a broken wire makes it, does not stand
/// in that deposit's way.
#[tokio::test]
async fn what_is_in_quarantine_under_an_id_does_not_keep_the_real_deposit_out() {
    let vault = Vault::new().await;
    let deposit = vault.seal("ORDER-1", &[("phone", phone())]);
    let mut changed = row(&deposit);
    changed.body[40] ^= 1;
    let answers = vec![Answer::Rows(vec![changed], true), Answer::Rows(vec![row(&deposit)], false)];
    let mut run = run(vault, answers, 0).await;
    assert_eq!(run.waits(2).await, [5000, 5000]);
    let progress = run.progress.at(NOW);
    assert_eq!((progress.stored, progress.quarantined), (1, 1));
    let (id, acknowledged) = (deposit.id().0, run.acknowledged.lock().unwrap().clone());
    assert!(acknowledged[0].deposit_id == id && acknowledged[0].content != id);
    assert_eq!(acknowledged[1], Taken { deposit_id: id, content: id });
    assert!(run.vault.store.deposit(&deposit.id()).await.unwrap().is_some());
    run.end().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_source_that_hangs() {
    let mut run = run(Vault::new().await, vec![Answer::Hangs], 0).await;
    assert_eq!(run.events.recv().await, Some(Event::Asked));
    run.end().await;
}

#[tokio::test]
async fn the_lag_grows_until_the_queue_is_seen_to_its_end() {
    let vault = Vault::new().await;
    let one = row(&vault.seal("ORDER-1", &[("phone", phone())]));
    let mut run = run(vault, vec![Answer::Rows(vec![one], true)], 0).await;
    assert_eq!(run.waits(1).await, [0]);
    let clock: &FixedClock = &run.vault.clock;
    clock.set(NOW.plus(90));
    assert_eq!(run.progress.at(clock.now()).lag, 90);
    run.end().await;
}
