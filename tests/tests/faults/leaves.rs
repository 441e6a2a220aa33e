//! A page in the middle of a table that the disk has damaged, with rows on it that were acknowledged.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::rig::{Engine, Mode, Part, Rig};

/// Bytes a page, as in every file of ours.
const PAGE: usize = 16_384;

/// A page as it was, to be put back as an operator puts back a copy.
struct Damage {
    file: File,
    at: u64,
    page: Vec<u8>,
}

impl Damage {
    /// Overwrites the first leaf of a table in a file that nobody has open.
    fn first_leaf(path: &Path, table: &str) -> Self {
        let root = Runtime::new().unwrap().block_on(root_page(path, table));
        let file = File::options().read(true).write(true).open(path).unwrap();
        let mut number = root;
        loop {
            let at = (u64::from(number) - 1) * PAGE as u64;
            let mut page = vec![0; PAGE];
            file.read_exact_at(&mut page, at).unwrap();
            // The file format, 1.6: interior pages begin with 2 or 5, leaves with 10 or 13
            match page[0] {
                2 | 5 => {
                    let first = usize::from(u16::from_be_bytes([page[12], page[13]]));
                    number = u32::from_be_bytes(page[first..first + 4].try_into().unwrap());
                }
                kind => {
                    assert!(matches!(kind, 10 | 13), "page {number} is none of a table");
                    assert!(number != root, "the table has one page only");
                    file.write_all_at(&[0xa5; PAGE], at).unwrap();
                    return Self { file, at, page };
                }
            }
        }
    }

    fn repair(self) {
        self.file.write_all_at(&self.page, self.at).unwrap();
    }
}

/// Opening and closing takes the log over into the file.
async fn root_page(path: &Path, table: &str) -> u32 {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let page = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = $1")
        .bind(table)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    page
}

/// The vault cannot read what waits. It says so as often as it tries, and nothing is taken for gone.
#[test]
fn a_damaged_leaf_of_the_outbox_is_said_and_no_deposit_is_dropped() {
    let mut rig = Rig::start(Engine::Sqlite, Mode::Direct);
    rig.kill(Part::Vault);
    let mut held = rig.order(40);
    rig.kill(Part::Ingest);
    let damage = Damage::first_leaf(&rig.files[0], "deposit");

    rig.resume(Part::Ingest);
    rig.resume(Part::Vault);
    let line = rig.wait_for_vault_to_say(&["deposits were not taken; they stay in the outbox", "\"failures\":2"]);
    assert!(line.contains("ERROR") && line.contains("malformed"), "{line}");
    // Whoever orders meanwhile is on a page that is whole
    held.extend(rig.order(1));

    rig.kill(Part::Vault);
    rig.kill(Part::Ingest);
    damage.repair();
    rig.resume(Part::Ingest);
    assert_eq!(rig.waiting(), 41);
    rig.resume(Part::Vault);
    rig.check(&held);
}

/// New deposits would have to lie beside the damaged ones: they stay in the outbox.
#[test]
fn a_damaged_leaf_of_the_vault_is_said_and_deposits_stay_in_the_outbox() {
    let mut rig = Rig::start(Engine::Sqlite, Mode::Direct);
    let mut held = rig.order(60);
    rig.drain();
    rig.kill(Part::Vault);
    let damage = Damage::first_leaf(&rig.files[1], "deposit_index");
    held.extend(rig.order(60));

    rig.resume(Part::Vault);
    let line = rig.wait_for_vault_to_say(&["deposits were not taken; they stay in the outbox", "\"failures\":2"]);
    assert!(line.contains("ERROR") && line.contains("malformed"), "{line}");
    assert_eq!(rig.waiting(), 60);

    rig.kill(Part::Vault);
    damage.repair();
    rig.resume(Part::Vault);
    rig.check(&held);
}
