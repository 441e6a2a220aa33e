//! A long run of everything at once, by chance: `NIGHTSAFE_SEED` repeats one.

use nightsafe_tests::seeded::Seeded;

use crate::pair::{Pair, Side};
use crate::wire::Message;

const EVENTS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_every_deposit_is_there_once() {
    let mut chance = Seeded::announced("relay by chance");
    let mut pair = Pair::with(10).await;
    let mut seen: Vec<Message> = Vec::new();
    for _ in 0..EVENTS {
        let exchange = pair.wire.next().await;
        seen.push(exchange.request.clone());
        match chance.below(14) {
            0 => exchange.cut(),
            1 => {
                exchange.request.ask_half(pair.relay).await;
                exchange.cut();
            }
            2 => {
                exchange.request.ask(pair.relay).await.unwrap();
                exchange.cut();
            }
            3 => {
                let answer = exchange.request.ask(pair.relay).await.unwrap();
                exchange.deliver_half(&answer);
            }
            4 => {
                // Twice, and the vault hears the second answer
                exchange.request.ask(pair.relay).await.unwrap();
                let second = exchange.request.ask(pair.relay).await.unwrap();
                exchange.deliver(&second);
            }
            5 => {
                // Something old comes first
                let old = usize::try_from(chance.below(seen.len() as u64)).unwrap();
                seen[old].ask(pair.relay).await.unwrap();
                if let Some(answer) = exchange.request.ask(pair.relay).await {
                    exchange.deliver(&answer);
                }
            }
            6 => {
                exchange.cut();
                pair.restart(Side::Vault).await;
            }
            7 => {
                pair.pass(exchange).await;
                pair.restart(Side::Vault).await;
            }
            8 => {
                exchange.cut();
                pair.restart(Side::Relay).await;
            }
            9 => {
                pair.pass(exchange).await;
                pair.restart(Side::Relay).await;
            }
            10 => {
                let number = usize::try_from(chance.below(80)).unwrap();
                pair.shop(number).await;
                pair.pass(exchange).await;
            }
            11 => {
                pair.retry_all().await;
                pair.pass(exchange).await;
            }
            _ => {
                pair.pass(exchange).await;
            }
        }
    }
    pair.assert_exactly_once().await;
    assert!(pair.quarantined().await.is_empty());
    eprintln!("{EVENTS} events, {} deposits", pair.deposits.len());
}
