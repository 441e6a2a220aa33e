//! Each step of an exchange, and each thing that can happen at it, one at a time.

use crate::pair::{Pair, Side};

const DEPOSITS: usize = 5;

/// Where in an exchange something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The vault has asked; the relay has heard nothing.
    Asked,
    /// The relay has heard half of it.
    HalfAsked,
    /// The relay has done its part; the vault has heard nothing.
    Answered,
    /// The vault has heard half of it.
    HalfHeard,
    /// The vault has heard it all.
    Heard,
}

const STEPS: [Step; 5] = [Step::Asked, Step::HalfAsked, Step::Answered, Step::HalfHeard, Step::Heard];

/// Lets everything happen up to a step of a batch or of an acknowledgement; then `side` is killed, or with `None` the
/// connection is cut.
async fn break_at(pair: &mut Pair, is_batch: bool, step: Step, side: Option<Side>) {
    let exchange = pair.until(is_batch).await;
    match step {
        Step::Asked => {}
        Step::HalfAsked => exchange.request.ask_half(pair.relay).await,
        _ => {
            let answer = exchange.request.ask(pair.relay).await.unwrap();
            assert!(matches!(answer.status(), 200 | 204), "{}", answer.status());
            match step {
                Step::HalfHeard => exchange.deliver_half(&answer),
                Step::Heard => exchange.deliver(&answer),
                _ => exchange.cut(),
            }
            if let Some(side) = side {
                pair.restart(side).await;
            }
            return;
        }
    }
    exchange.cut();
    if let Some(side) = side {
        pair.restart(side).await;
    }
}

async fn every_step(is_batch: bool, side: Option<Side>) {
    let mut pair = Pair::with(DEPOSITS).await;
    for step in STEPS {
        eprintln!("batch: {is_batch}, {step:?}, {side:?}");
        break_at(&mut pair, is_batch, step, side).await;
        pair.assert_exactly_once().await;
        pair.shop(DEPOSITS).await;
    }
    pair.assert_exactly_once().await;
    assert!(pair.quarantined().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vault_is_killed_at_every_step_of_a_batch() {
    every_step(true, Some(Side::Vault)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vault_is_killed_at_every_step_of_an_acknowledgement() {
    every_step(false, Some(Side::Vault)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_killed_at_every_step_of_a_batch() {
    every_step(true, Some(Side::Relay)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_killed_at_every_step_of_an_acknowledgement() {
    every_step(false, Some(Side::Relay)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wire_is_cut_at_every_step_of_a_batch() {
    every_step(true, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wire_is_cut_at_every_step_of_an_acknowledgement() {
    every_step(false, None).await;
}
