use super::*;
use crate::kem::{MlKemShare, OpeningSecret, X25519Share};
use crate::keys::{ItemName, PrivateItems};
use crate::padding::Bucket;
use crate::scalar::{KindName, ManifestHash, Site, Tag};
use crate::testing::TestRng;
use crate::value::{Value, tests::any_value};
use proptest::prelude::*;
use std::sync::OnceLock;

/// One key of each suite for all tests.
pub(crate) fn key(suite: Suite) -> &'static PrivateItems {
    static KEYS: [OnceLock<PrivateItems>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[usize::from(suite == Suite::X25519)]
        .get_or_init(|| PrivateItems::generate(suite, &mut TestRng::new("envelope")).unwrap())
}

struct Place {
    site: Site,
    manifest: ManifestHash,
    kind: KindName,
    tag: Tag,
}

impl Place {
    fn new() -> Self {
        Self {
            site: Site::parse("demo.nightsafe.example").unwrap(),
            manifest: ManifestHash([1; 32]),
            kind: KindName::parse("text").unwrap(),
            tag: Tag([2; 32]),
        }
    }

    fn context(&self) -> Context<'_> {
        Context { site: &self.site, manifest: &self.manifest, kind: &self.kind, tag: &self.tag }
    }
}

fn sealed(suite: Suite) -> Envelope {
    let value = Value::text(String::from("a value")).unwrap();
    let bucket = Bucket::new(64).unwrap();
    seal(key(suite).public_key(), &Place::new().context(), &value, bucket, &mut TestRng::new("sealed")).unwrap()
}

#[test]
fn it_opens_in_no_other_place() {
    for suite in [Suite::XWing, Suite::X25519] {
        let envelope = sealed(suite);
        assert!(open(key(suite), &envelope, &Place::new().context()).is_ok());
        let others = [
            Place { site: Site::parse("other.example").unwrap(), ..Place::new() },
            Place { manifest: ManifestHash([9; 32]), ..Place::new() },
            Place { kind: KindName::parse("phone").unwrap(), ..Place::new() },
            Place { tag: Tag([9; 32]), ..Place::new() },
        ];
        for other in &others {
            assert_eq!(open(key(suite), &envelope, &other.context()), Err(SealError::Open));
        }
    }
    assert_eq!(open(key(Suite::X25519), &sealed(Suite::XWing), &Place::new().context()), Err(SealError::OtherKey));
}

#[test]
fn every_changed_byte_is_noticed() {
    for suite in [Suite::XWing, Suite::X25519] {
        let envelope = sealed(suite);
        // All of the small envelope; of the large one its header, borders and some in between
        let places = (0..envelope.as_bytes().len())
            .filter(|place| suite == Suite::X25519 || *place < 24 || place % 97 == 0 || *place > 1100);
        for place in places {
            let mut bytes = envelope.as_bytes().to_vec();
            bytes[place] ^= 1;
            let opened = Envelope::parse(bytes).ok().map(|changed| open(key(suite), &changed, &Place::new().context()));
            assert!(!matches!(opened, Some(Ok(_))), "{place}");
        }
    }
}

#[test]
fn forms_that_are_refused() {
    for suite in [Suite::XWing, Suite::X25519] {
        let good = sealed(suite);
        let with = |place: usize, byte: u8| {
            let mut bytes = good.as_bytes().to_vec();
            bytes[place] = byte;
            Envelope::parse(bytes)
        };
        assert_eq!(Envelope::parse(good.as_bytes().to_vec()), Ok(good.clone()));
        assert_eq!(with(0, 0), Err(EnvelopeError::Version));
        assert_eq!(with(0, 2), Err(EnvelopeError::Version));
        assert_eq!(with(1, 1), Err(EnvelopeError::Suite));
        assert_eq!(with(19, 1), Err(EnvelopeError::Cost));
        let ciphertext = HEADER + suite.enc_len();
        for length in [0, 1, 19, 20, ciphertext, ciphertext + AEAD_TAG] {
            assert_eq!(Envelope::parse(good.as_bytes()[..length].to_vec()), Err(EnvelopeError::Length));
        }
        let mut long = good.as_bytes().to_vec();
        long.resize(ciphertext + MAX_PADDED + AEAD_TAG + 1, 0);
        assert_eq!(Envelope::parse(long), Err(EnvelopeError::Length));
        // The zero point, in the last 32 bytes of enc for X-Wing too
        let mut zero = good.as_bytes().to_vec();
        zero[ciphertext - 32..ciphertext].fill(0);
        assert_eq!(Envelope::parse(zero), Err(EnvelopeError::Point));
    }
}

#[test]
fn shares_from_two_machines_open_what_both_items_open() {
    let place = Place::new();
    for suite in [Suite::XWing, Suite::X25519] {
        let (envelope, items) = (sealed(suite), key(suite));
        let item = |name| items.items().find_map(|(item, bytes)| (item == name).then_some(bytes));
        let mlkem = item(ItemName::MlKemSeed).map(|seed| MlKemShare::from_item(seed, &envelope).unwrap());
        let evaluated = X25519Share::from_item(item(ItemName::X25519).unwrap(), envelope.x25519_point()).unwrap();
        let x25519 = X25519Share::from_evaluation(*evaluated.as_bytes()).unwrap();
        let secret = OpeningSecret::combine(items.public_key(), &envelope, mlkem.as_ref(), &x25519).unwrap();
        assert_eq!(open_with(&secret, &envelope, &place.context()).unwrap().as_text(), Some("a value"));

        let wrong = X25519Share::from_evaluation([5; 32]).unwrap();
        let secret = OpeningSecret::combine(items.public_key(), &envelope, mlkem.as_ref(), &wrong).unwrap();
        assert_eq!(open_with(&secret, &envelope, &place.context()), Err(SealError::Open));
    }
    let xwing = sealed(Suite::XWing);
    let share = X25519Share::from_evaluation([5; 32]).unwrap();
    assert!(OpeningSecret::combine(key(Suite::XWing).public_key(), &xwing, None, &share).is_err());
    assert!(OpeningSecret::combine(key(Suite::X25519).public_key(), &xwing, None, &share).is_err());
    assert!(X25519Share::from_evaluation([0; 32]).is_err());
    assert!(MlKemShare::from_item(&[0; 64], &sealed(Suite::X25519)).is_err());
}

#[test]
fn a_sealed_text_that_is_no_value_is_named() {
    let place = Place::new();
    let envelope = seal_bytes(
        key(Suite::X25519).public_key(),
        &place.context(),
        &[0xff],
        Bucket::LOCATOR,
        &mut TestRng::new("no value"),
    );
    assert_eq!(open(key(Suite::X25519), &envelope.unwrap(), &place.context()), Err(SealError::Plaintext));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn seal_and_open(value in any_value(), xwing: bool, steps in 1_u16..=32) {
        let suite = if xwing { Suite::XWing } else { Suite::X25519 };
        let (place, bucket) = (Place::new(), Bucket::new(steps * 16).unwrap());
        let envelope = seal(key(suite).public_key(), &place.context(), &value, bucket, &mut TestRng::new("any")).unwrap();
        prop_assert!(envelope.as_bytes().len() <= MAX_ENVELOPE);
        prop_assert_eq!((envelope.ciphertext().len() - AEAD_TAG) % usize::from(bucket.get()), 0);
        let envelope = Envelope::parse(envelope.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(open(key(suite), &envelope, &place.context()), Ok(value));
    }

    #[test]
    fn any_bytes_are_answered(header in prop_oneof![Just([1, 0x64, 0x7a]), Just([1, 0, 0x20]), any::<[u8; 3]>()], rest in prop::collection::vec(any::<u8>(), 0..1300)) {
        let _ = Envelope::parse([&header[..], &rest].concat());
    }
}
