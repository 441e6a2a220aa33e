//! Fields opened per second on one core: `nightsafe_core::envelope::open` beside the bare `hpke` crate on the same
//! inputs. Both take bytes and give the padded plaintext's value or bytes; only ours also parses, unpads and decodes.
//!
//! `cargo bench -p nightsafe-core --bench open [-- --json]`. Batches of the two alternate, so that a drift of the
//! machine's speed meets both; the ratio is the median of the pairs' ratios. Before that, both sides are held to the value
//! that was sealed. `cargo test` runs it too, once and on few fields, so that it does not rot.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a bench on inputs of its own")]

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeR, single_shot_open};
use nightsafe_core::envelope::{Context, Envelope, open, seal};
use nightsafe_core::keys::{ItemName, PrivateItems};
use nightsafe_core::padding::Bucket;
use nightsafe_core::scalar::{KindName, ManifestHash, Site, Tag};
use nightsafe_core::suite::Suite;
use nightsafe_core::value::Value;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How much is measured.
struct Size {
    /// In one batch.
    fields: usize,
    /// Of each side.
    batches: usize,
}

const MEASURE: Size = Size { fields: 64, batches: 41 };
const TRY: Size = Size { fields: 2, batches: 1 };
/// What is in every field.
const NUMBER: &str = "4111111111111111";

fn main() {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let size = if has("--bench") { MEASURE } else { TRY }; // cargo bench says so, cargo test does not
    let results = [xwing(&size), x25519(&size)];
    if has("--json") {
        let suites: Vec<String> = results.iter().map(Outcome::json).collect();
        println!(
            "{{\"bench\":\"open\",\"fields_per_batch\":{},\"batches\":{},\"suites\":[{}]}}",
            size.fields,
            size.batches,
            suites.join(",")
        );
    } else {
        for result in &results {
            println!(
                "{:7} nightsafe {:>7.0} fields/s   hpke {:>7.0} fields/s   ratio {:.2}",
                result.suite, result.ours, result.bare, result.ratio
            );
        }
    }
}

fn xwing(size: &Size) -> Outcome {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let items = PrivateItems::from_xwing_seed(&seed).unwrap();
    let key = <XWing as Kem>::PrivateKey::from_bytes(&seed).unwrap();
    compare::<XWing>("xwing", &items, &key, size)
}

fn x25519(size: &Size) -> Outcome {
    let items = PrivateItems::generate(Suite::X25519, &mut UnwrapErr(SysRng)).unwrap();
    let scalar = items.items().find(|(name, _)| *name == ItemName::X25519).unwrap().1.to_vec();
    let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&scalar).unwrap();
    compare::<X25519HkdfSha256>("x25519", &items, &key, size)
}

fn compare<K: Kem>(suite: &'static str, items: &PrivateItems, key: &K::PrivateKey, size: &Size) -> Outcome {
    let (site, kind) = (Site::parse("bench.example").unwrap(), KindName::parse("phone").unwrap());
    let (manifest, tag) = (ManifestHash::from_slice(&[7; 32]).unwrap(), Tag::from_slice(&[9; 32]).unwrap());
    let context = Context { site: &site, manifest: &manifest, kind: &kind, tag: &tag };
    let value = Value::text(NUMBER.to_owned()).unwrap();
    let sealed: Vec<Vec<u8>> = (0..size.fields)
        .map(|_| {
            let bucket = Bucket::new(64).unwrap();
            seal(items.public_key(), &context, &value, bucket, &mut UnwrapErr(SysRng)).unwrap().as_bytes().to_vec()
        })
        .collect();
    let parts: Vec<(Vec<u8>, Vec<u8>)> = sealed
        .iter()
        .map(|bytes| {
            let envelope = Envelope::parse(bytes.clone()).unwrap();
            (envelope.enc().to_vec(), envelope.ciphertext().to_vec())
        })
        .collect();
    let (info, aad) = (context.info(), context.aad(&items.public_key().key_id()));

    let open_ours = |bytes: &[u8]| open(items, &Envelope::parse(bytes.to_vec()).unwrap(), &context).unwrap();
    let open_bare = |(enc, ciphertext): &(Vec<u8>, Vec<u8>)| {
        let enc = K::EncappedKey::from_bytes(enc).unwrap();
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeR::Base, key, &enc, &info, ciphertext, &aad).unwrap()
    };
    for (bytes, parts) in sealed.iter().zip(&parts) {
        assert!(open_ours(bytes) == value, "{suite}: another value came out");
        assert!(open_bare(parts).windows(NUMBER.len()).any(|part| part == NUMBER.as_bytes()), "{suite}: hpke differs");
    }
    let ours = || sealed.iter().for_each(|bytes| drop(black_box(open_ours(bytes))));
    let bare = || parts.iter().for_each(|parts| drop(black_box(open_bare(parts))));
    black_box((time(ours), time(bare))); // warm-up
    let pairs: Vec<(Duration, Duration)> = (0..size.batches).map(|_| (time(ours), time(bare))).collect();
    let rate = |seconds: f64| size.fields as f64 / seconds;
    Outcome {
        suite,
        ours: rate(median(pairs.iter().map(|(ours, _)| ours.as_secs_f64()))),
        bare: rate(median(pairs.iter().map(|(_, bare)| bare.as_secs_f64()))),
        ratio: median(pairs.iter().map(|(ours, bare)| bare.as_secs_f64() / ours.as_secs_f64())),
    }
}

fn time(work: impl Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Fields per second of both, and ours over theirs.
struct Outcome {
    suite: &'static str,
    ours: f64,
    bare: f64,
    ratio: f64,
}

impl Outcome {
    fn json(&self) -> String {
        format!(
            "{{\"suite\":\"{}\",\"nightsafe_fields_per_second\":{:.0},\"hpke_fields_per_second\":{:.0},\"ratio\":{:.3}}}",
            self.suite, self.ours, self.bare, self.ratio
        )
    }
}
