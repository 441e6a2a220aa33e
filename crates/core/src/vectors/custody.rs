//! `custody-v1.json`: wrapped items and recovery grants.

use super::{bytes, key, key_of, read};
use crate::custody::{Argon2Params, Kek, Purpose, WrapContext, WrappedItem};
use crate::encoding::hex;
use crate::keys::ItemName;
use crate::primitives::argon2id;
use crate::recovery::{GrantContext, grant, open_grant};
use crate::scalar::{KeyId, Site};
use crate::suite::Suite;
use crate::testing::TestRng;
use rand_core::Rng;
use serde::Serialize;

const SITE: &str = "demo.nightsafe.example";
const SITE_KEY: &str = "demo.nightsafe.example/a";

#[derive(Serialize)]
pub(super) struct Vectors {
    wrapped_items: Vec<Wrapped>,
    recovery_grants: Vec<Grant>,
}

#[derive(Serialize)]
struct Wrapped {
    passphrase: &'static str,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    kek: String,
    site: &'static str,
    purpose: &'static str,
    name: String,
    item: &'static str,
    aad: String,
    secret: String,
    wrapped: String,
}

#[derive(Serialize)]
#[allow(non_snake_case)] // As in `envelope-v1.json`
struct Grant {
    suite: &'static str,
    skR: String,
    recovery_key_id: String,
    site: &'static str,
    data_key_id: String,
    item: &'static str,
    info: String,
    aad: String,
    secret: String,
    grant: String,
}

pub(super) fn make() -> Vectors {
    let mut rng = TestRng::new("nightsafe custody-v1 vectors");
    let (_, data) = key(Suite::XWing, &mut rng);
    let (recovery_seed, recovery) = key(Suite::XWing, &mut rng);
    let data_key = data.public_key().key_id();
    let mut ed25519 = [0; 32];
    rng.fill_bytes(&mut ed25519);

    let (cheap, default) = (Argon2Params::new(1024, 2, 1).unwrap(), Argon2Params::DEFAULT);
    let mut wrapped_items = Vec::new();
    for (item, secret) in data.items() {
        wrapped_items.push(wrap(
            "correct horse battery staple",
            cheap,
            Purpose::DataKey,
            &data_key.to_hex(),
            item,
            secret,
            &mut rng,
        ));
    }
    wrapped_items.push(wrap(
        "Zoë's fünfter Schlüssel",
        default,
        Purpose::SiteKey,
        SITE_KEY,
        ItemName::Ed25519,
        &ed25519,
        &mut rng,
    ));

    let site = Site::parse(SITE).unwrap();
    let recovery_grants = data.items().map(|(item, secret)| {
        let context = GrantContext { site: &site, data_key: &data_key, item };
        let granted = grant(recovery.public_key(), &context, secret, &mut rng).unwrap();
        let recovery_key = recovery.public_key().key_id();
        Grant {
            suite: "xwing",
            skR: hex(&recovery_seed),
            recovery_key_id: recovery_key.to_hex(),
            site: SITE,
            data_key_id: data_key.to_hex(),
            item: item.as_str(),
            info: hex(&context.info()),
            aad: hex(&context.aad(&recovery_key)),
            secret: hex(secret),
            grant: hex(&granted),
        }
    });
    Vectors { recovery_grants: recovery_grants.collect(), wrapped_items }
}

fn wrap(
    passphrase: &'static str,
    params: Argon2Params,
    purpose: Purpose,
    name: &str,
    item: ItemName,
    secret: &[u8],
    rng: &mut TestRng,
) -> Wrapped {
    let site = Site::parse(SITE).unwrap();
    let context = WrapContext { site: &site, purpose, name, item };
    let kek = Kek::generate(passphrase.as_bytes(), params, rng).unwrap();
    let wrapped = kek.wrap(&context, secret, rng).unwrap();
    let costs = (params.memory_kib(), params.passes(), params.lanes());
    Wrapped {
        passphrase,
        memory_kib: costs.0,
        passes: costs.1,
        lanes: costs.2,
        salt: hex(kek.salt()),
        kek: hex(argon2id(passphrase.as_bytes(), kek.salt(), costs).unwrap().as_slice()),
        site: SITE,
        purpose: purpose.as_str(),
        name: name.into(),
        item: item.as_str(),
        aad: hex(&context.aad()),
        secret: hex(secret),
        wrapped: hex(&wrapped.to_bytes()),
    }
}

#[test]
fn they_open() {
    let vectors = read("custody-v1.json");
    for vector in vectors["wrapped_items"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let wrapped = WrappedItem::parse(&bytes(vector, "wrapped")).unwrap();
        let kek = Kek::derive(text("passphrase").as_bytes(), wrapped.params(), *wrapped.salt()).unwrap();
        let purpose = if text("purpose") == "site-key" { Purpose::SiteKey } else { Purpose::DataKey };
        let (site, item) = (Site::parse(text("site")).unwrap(), ItemName::from_name(text("item")).unwrap());
        let context = WrapContext { site: &site, purpose, name: text("name"), item };
        assert_eq!(kek.unwrap(&context, &wrapped).unwrap().as_slice(), bytes(vector, "secret"));
    }
    for vector in vectors["recovery_grants"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let recovery = key_of(Suite::XWing, &bytes(vector, "skR").try_into().unwrap());
        let (site, item) = (Site::parse(text("site")).unwrap(), ItemName::from_name(text("item")).unwrap());
        let context = GrantContext { site: &site, data_key: &KeyId::from_hex(text("data_key_id")).unwrap(), item };
        assert_eq!(
            open_grant(&recovery, &context, &bytes(vector, "grant")).unwrap().as_slice(),
            bytes(vector, "secret")
        );
    }
}
