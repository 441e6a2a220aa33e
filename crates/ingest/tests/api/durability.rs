//! A real listener, a real kill: what has a receipt is there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nightsafe_core::receipt;
use nightsafe_ingest::{Ingest, router};
use nightsafe_proto::deposit::DepositReceipt;
use nightsafe_serve::clock::FixedClock;
use nightsafe_serve::server::{ServerLimits, run};
use nightsafe_store::outbox::{OutboxReader, OutboxWriter, WriterLimits};
use tokio::net::TcpListener;

use crate::support::{NOW, SiteFiles, deposit, receipt_signer, time};

struct Server {
    child: Child,
    url: String,
}

fn start(folder: &std::path::Path) -> Server {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::serves_until_killed", "--ignored", "--nocapture"])
        .env("NIGHTSAFE_TEST_DATA", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listens at ").map(str::to_owned)).unwrap();
    let url = format!("http://{address}/v1/deposits");
    Server { child, url }
}

async fn send(url: &str, body: &str) -> Option<String> {
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body.to_owned());
    let response = request.send().await.ok()?;
    (response.status() == 201).then_some(())?;
    response.text().await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_survives_a_kill_and_a_retry_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let files = SiteFiles::new(folder.path());
    let manifest = files.manifest(1);
    files.publish(&manifest);
    let deposits: Vec<_> = (0..60).map(|number| deposit(&manifest, &format!("ORDER-{number}"), &["phone"])).collect();

    let mut answers = vec![None; deposits.len()];
    for round in 1..=3 {
        let mut server = start(folder.path());
        let mut tasks = tokio::task::JoinSet::new();
        for (place, deposit) in deposits.iter().enumerate().take(20 * round) {
            let (url, body) = (server.url.clone(), deposit.to_json());
            tasks.spawn(async move { (place, send(&url, &body).await) });
        }
        let mut answered = 0;
        while let Some(done) = tasks.join_next().await {
            let (place, Some(answer)) = done.unwrap() else { continue };
            let before = answers[place].replace(answer.clone());
            assert!(before.is_none_or(|before| before == answer));
            answered += 1;
            if answered == 7 * round {
                server.child.kill().unwrap();
            }
        }
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        let there = stored(folder.path()).await;
        for (answer, deposit) in answers.iter().zip(&deposits) {
            if let Some(answer) = answer {
                let answer: DepositReceipt = serde_json::from_str(answer).unwrap();
                receipt::verify(&answer.receipt, receipt_signer().vkey()).unwrap();
                assert!(there.contains(deposit.id().as_bytes()), "a receipt without a deposit");
            }
        }
    }

    let mut server = start(folder.path());
    for (answer, deposit) in answers.iter().zip(&deposits) {
        let again = send(&server.url, &deposit.to_json()).await.unwrap();
        assert!(answer.as_ref().is_none_or(|answer| *answer == again));
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert_eq!(stored(folder.path()).await.len(), deposits.len());
}

async fn stored(folder: &std::path::Path) -> BTreeSet<[u8; 32]> {
    let reader = OutboxReader::open(&folder.join("outbox.db").into()).await.unwrap();
    let rows = reader.next_batch(u32::MAX, usize::MAX).await.unwrap().rows;
    let ids: BTreeSet<_> = rows.iter().map(|row| row.deposit_id).collect();
    assert_eq!(ids.len(), rows.len());
    ids
}

/// The process that the test above starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by a_receipt_survives_a_kill_and_a_retry_gives_the_same"]
async fn serves_until_killed() {
    let Some(folder) = std::env::var_os("NIGHTSAFE_TEST_DATA") else { return };
    let folder = std::path::PathBuf::from(folder);
    let files = SiteFiles::new(&folder);
    let (writer, _task) = OutboxWriter::open(&folder.join("outbox.db").into(), WriterLimits::default()).await.unwrap();
    let clock = Arc::new(FixedClock::new(time(NOW)));
    let ingest = Ingest::new(files.config(writer, clock)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nlistens at {}", listener.local_addr().unwrap());
    run(listener, router(ingest), ServerLimits::default(), std::future::pending()).await;
}
