//! Sealing as the frame does, and sending to a running site.

use std::fs;
use std::time::{Duration, Instant};

use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::facets::derive;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{self, DataKey, KeyManifest};
use nightsafe_core::note::Note;
use nightsafe_core::scalar::{PartName, Reference};
use nightsafe_core::value::Value;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_store::vault::VaultStore;
use zeroize::Zeroizing;

use super::Shop;

pub const NUMBER: &str = "4242424242424242";
pub const PHONE: &str = "+49301234567";

pub fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

pub fn published(shop: &Shop) -> (KeyManifest, nightsafe_core::scalar::ManifestHash) {
    let note = Note::parse(&fs::read_to_string(shop.fields("key-manifest")).unwrap()).unwrap();
    (KeyManifest::parse(note.text()).unwrap(), manifest::hash(note.text()))
}

/// The published public key.
pub fn public_key(shop: &Shop, key: &DataKey) -> DataPublicKey {
    key.open(&fs::read(shop.fields(&key.file_name())).unwrap()).unwrap()
}

/// What the frame does: one card, two phone numbers.
pub fn deposit(shop: &Shop, reference: &str) -> Deposit {
    let (manifest, hash) = published(shop);
    let now = SystemClock.now();
    let part = |name: &str, text: &str| (PartName::parse(name).unwrap(), Zeroizing::new(text.to_owned()));
    let card = Value::record(vec![part("number", NUMBER), part("expiry", "2031-05")]).unwrap();
    let phones = [PHONE, "+4940987654"].map(|number| Value::text(number.to_owned()).unwrap());
    let kind = |name: &str| manifest.kind(name).unwrap();
    let order = Order {
        site: &manifest.site,
        reference: &Reference::parse(reference).unwrap(),
        manifest: &hash,
        key: &public_key(shop, manifest.active_key(now).unwrap()),
        facets: &derive(kind("card"), &card),
        now,
    };
    let fields = [
        FieldToSeal { kind: kind("card"), index: 0, value: &card },
        FieldToSeal { kind: kind("phone"), index: 0, value: &phones[0] },
        FieldToSeal { kind: kind("phone"), index: 1, value: &phones[1] },
    ];
    assemble(&order, &fields, &mut rng()).unwrap()
}

/// Sends deposits to a running site, and waits until the vault has them.
pub fn send(shop: &Shop, deposits: &[&Deposit]) {
    let up = shop.up();
    for deposit in deposits {
        let (status, _, body) = up.post("ingest", "/v1/deposits", &deposit.to_json());
        assert_eq!(status, 201, "{body}");
    }
    let start = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = VaultStore::open_read_only(&shop.data().join("vault.db").into()).await.unwrap();
        for deposit in deposits {
            while store.deposit(&deposit.id()).await.unwrap().is_none() {
                assert!(start.elapsed() < Duration::from_secs(10), "the vault did not take the deposit");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    assert_eq!(up.stop("-TERM"), 0);
}
