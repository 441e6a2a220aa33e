//! `identity-v1.json`: identities, their words, recovery codes, wrapped identities and grants to admins.

use super::{bytes, read};
use crate::encoding::hex;
use crate::grant::{AdminGrant, grant_key, open_key};
use crate::identity::{
    Identity, Method, PublicIdentity, RecoveryCode, Unlock, WrappedIdentity, aad, info, kit_credential,
};
use crate::keys::{ItemName, PrivateItems};
use crate::roster::fixture::{SITE, honest, person, site};
use crate::scalar::IdentityId;
use crate::suite::Suite;
use crate::testing::{BytesRng, TestRng};
use serde_json::{Value, json};

/// Secrets of each method: 64 bytes of sign-in, 32 of a passkey, a code, 32 of the tab and 32 of the row.
const LOGIN: [u8; 64] = [0x31; 64];
const PASSKEY: [u8; 32] = [0x32; 32];
const TAB: [u8; 32] = [0x33; 32];
const ROW: [u8; 32] = [0x34; 32];

fn code() -> RecoveryCode {
    RecoveryCode::generate(&mut TestRng::new("nightsafe identity-v1 code"))
}

pub(super) fn make() -> Value {
    let anna = person("anna");
    let code = code();
    let text = code.to_text();
    let methods = [
        (Unlock::Login(&LOGIN), hex(&LOGIN)),
        (Unlock::Passkey(&PASSKEY), hex(&PASSKEY)),
        (Unlock::RecoveryCode(&code), text.to_string()),
        (Unlock::Session { tab: &TAB, row: &ROW }, hex(&[TAB, ROW].concat())),
    ];
    let wrapped = methods.map(|(with, secret)| {
        let wrapped = anna.wrap(&with, &mut TestRng::new("nightsafe identity-v1 wrap")).unwrap();
        let items = [ItemName::MlKemSeed, ItemName::X25519, ItemName::Ed25519];
        let aads = items.map(|item| hex(&aad(&site(), with.method(), &anna.id(), item)));
        json!({
            "method": with.method().as_str(),
            "secret": secret,
            "info": hex(&info(with.method(), &site(), &anna.id())),
            "kek": hex(with.kek(&site(), &anna.id()).as_slice()),
            "aad": aads.to_vec(),
            "wrapped": hex(&wrapped.to_bytes()),
        })
    });
    let kits = ["anna", "Zoë Anna"].map(|name| {
        json!({
            "name": name,
            "credential": hex(kit_credential(name).as_bytes()),
            "password": code.to_text().as_str(),
        })
    });
    json!({
        "identities": [identity(&anna), identity(&person("dora"))],
        "recovery_codes": codes(),
        "recovery_kits": kits,
        "wrapped_identities": wrapped,
        "admin_grants": grants(),
    })
}

fn identity(identity: &Identity) -> Value {
    let items: Vec<_> = identity.items().items().map(|(_, bytes)| hex(bytes)).collect();
    json!({
        "site": SITE,
        "mlkem_seed": items[0],
        "x25519": items[1],
        "ed25519": hex(identity.signer().seed().as_slice()),
        "encryption_key_fingerprint": identity.public().encryption_key().fingerprint().to_hex(),
        "signing_key": identity.public().signing_key().to_text(),
        "id": identity.id().to_hex(),
        "words": identity.id().words().join(" "),
        "public_identity": hex(&identity.public().to_bytes()),
    })
}

/// Codes by their digits, what is typed, and what is said of it.
fn codes() -> Value {
    let text = code().to_text();
    let zeros = RecoveryCode::generate(&mut BytesRng::new(vec![0; 28])).to_text();
    let largest = RecoveryCode::generate(&mut BytesRng::new(vec![0xff; 28])).to_text();
    let swapped: String = [&text[1..2], &text[..1], &text[2..]].concat();
    let mut groups: Vec<&str> = text.split('-').collect();
    groups.swap(5, 6);
    let typed = [
        text.to_string(),
        text.to_lowercase().replace('-', " "),
        text.replace('-', "\u{2013}"),
        zeros.to_string(),
        zeros.replace('0', "O").replace('1', "l"),
        largest.to_string(),
        swapped,
        groups.join("-"),
        text.replacen('-', "U", 1),
        text[..40].into(),
        format!("{}-0", *text),
        String::new(),
    ];
    let case = |typed: &String| match RecoveryCode::parse(typed) {
        Ok(code) => json!({"typed": typed, "printed": code.to_text().as_str(), "error": null}),
        Err(error) => json!({"typed": typed, "error": error.code(), "group": match error {
            crate::identity::CodeError::Typo(group) => Some(group),
            crate::identity::CodeError::Length => None,
        }}),
    };
    typed.iter().map(case).collect()
}

fn data_key() -> PrivateItems {
    PrivateItems::generate(Suite::XWing, &mut TestRng::new("nightsafe identity-v1 data key")).unwrap()
}

/// From Anna to Dora under the roster of `roster-v1.json`.
fn grants() -> Vec<Value> {
    let (roster, key) = (honest().roster(), data_key());
    let mut rng = TestRng::new("nightsafe identity-v1 grants");
    let grants = grant_key(&person("anna"), &roster, person("dora").public(), &key, &mut rng).unwrap();
    let show = |(grant, (_, secret)): (&AdminGrant, (ItemName, &[u8]))| {
        json!({
            "data_key_id": grant.data_key().to_hex(),
            "item": grant.item().as_str(),
            "granter": grant.granter().to_hex(),
            "recipient": grant.recipient().to_hex(),
            "sequence": grant.sequence(),
            "head": roster.head().to_hex(),
            "info": hex(&grant.info()),
            "aad": hex(&grant.aad()),
            "secret": hex(secret),
            "grant": hex(&grant.to_bytes()),
        })
    };
    grants.iter().zip(key.items()).map(show).collect()
}

#[test]
fn they_open() {
    let vectors = read("identity-v1.json");
    let mut identities = Vec::new();
    for vector in vectors["identities"].as_array().unwrap() {
        let (mlkem, x25519) = (bytes(vector, "mlkem_seed"), bytes(vector, "x25519"));
        let items = [(ItemName::MlKemSeed, &mlkem[..]), (ItemName::X25519, &x25519)];
        let items = PrivateItems::from_items(Suite::XWing, &items).unwrap();
        let identity = Identity::new(&site(), items, &bytes(vector, "ed25519").try_into().unwrap()).unwrap();
        assert_eq!(identity.id(), IdentityId::from_hex(vector["id"].as_str().unwrap()).unwrap());
        assert_eq!(&PublicIdentity::parse(&bytes(vector, "public_identity")).unwrap(), identity.public());
        identities.push(identity);
    }
    for vector in vectors["wrapped_identities"].as_array().unwrap() {
        let wrapped = WrappedIdentity::parse(&bytes(vector, "wrapped")).unwrap();
        let code = code();
        let with = match Method::from_name(vector["method"].as_str().unwrap()).unwrap() {
            Method::Login => Unlock::Login(&LOGIN),
            Method::Passkey => Unlock::Passkey(&PASSKEY),
            Method::RecoveryCode => Unlock::RecoveryCode(&code),
            Method::Session => Unlock::Session { tab: &TAB, row: &ROW },
        };
        let identity = wrapped.unwrap(&site(), &identities[0].id(), &with).unwrap();
        assert_eq!(identity.public(), identities[0].public());
    }
    for vector in vectors["recovery_kits"].as_array().unwrap() {
        assert_eq!(bytes(vector, "credential"), kit_credential(vector["name"].as_str().unwrap()).as_bytes());
        let password = RecoveryCode::parse(vector["password"].as_str().unwrap()).unwrap().to_text();
        assert_eq!(vector["password"].as_str().unwrap(), password.as_str());
    }
    let grants = vectors["admin_grants"].as_array().unwrap();
    let grants: Vec<_> = grants.iter().map(|one| AdminGrant::parse(&bytes(one, "grant")).unwrap()).collect();
    let key = open_key(&identities[1], &honest().roster(), data_key().public_key(), &grants).unwrap();
    assert_eq!(key.public_key(), data_key().public_key());
}
