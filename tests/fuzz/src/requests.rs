//! JSON between vault, relay and admins.

use std::sync::LazyLock;

use nightsafe_core::scalar::Reference;
use nightsafe_core::time::Day;
use nightsafe_login::{ServerLogin, ServerSetup};
use nightsafe_passkey::{Assertion, ClientData, RelyingParty};
use nightsafe_proto::relay::{Acknowledge, Batch, BatchRequest};
use nightsafe_proto::vault::log::EntryRange;
use nightsafe_proto::vault::login::{LoginFinish, LoginStart};
use nightsafe_proto::vault::openings::Open;
use nightsafe_proto::vault::search::Search;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Requests to the relay, and its answer, which the vault does not trust.
pub(crate) fn relay(data: &[u8]) {
    written_as_it_was_read::<BatchRequest>(data);
    written_as_it_was_read::<Acknowledge>(data);
    written_as_it_was_read::<Batch>(data);
}

/// Requests of admins.
pub(crate) fn vault(data: &[u8]) {
    written_as_it_was_read::<LoginStart>(data);
    written_as_it_was_read::<LoginFinish>(data);
    written_as_it_was_read::<Open>(data);
    written_as_it_was_read::<EntryRange>(data);
    if let Some(search) = written_as_it_was_read::<Search>(data) {
        if let Some(Ok(reference)) = search.reference.as_deref().map(Reference::parse) {
            assert_eq!(Some(reference.as_str()), search.reference.as_deref());
        }
        if let Some(Ok(day)) = search.day.as_deref().map(Day::parse) {
            assert_eq!(Some(day.to_text()), search.day);
        }
    }
}

/// OPAQUE's messages, which come from whoever claims to be an admin. Nothing here knows a passphrase: no sign-in ends.
pub(crate) fn login(data: &[u8]) {
    static SETUP: LazyLock<ServerSetup> = LazyLock::new(|| ServerSetup::generate().unwrap());
    static OPEN: LazyLock<Vec<u8>> = LazyLock::new(|| crate::seeds::login_messages().swap_remove(0));
    // No admin of that name, which takes the same way
    let _ = ServerLogin::start(&SETUP, "anna", None, data);
    let (state, _) = ServerLogin::start(&SETUP, "anna", None, &OPEN).unwrap();
    assert!(state.finish(data).is_err());
}

/// What a browser says of a passkey: `clientDataJSON`, a line end, `authenticatorData`. A key that is read is written as it was; nothing
/// here was signed, so nobody is signed in.
pub(crate) fn passkey(data: &[u8]) {
    static PARTY: LazyLock<RelyingParty> = LazyLock::new(|| RelyingParty::new("http://localhost:4804").unwrap());
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (client_data, rest) = data.split_at(end);
    let authenticator_data = rest.get(1..).unwrap_or_default();
    let Ok(client) = ClientData::parse(client_data) else { return };
    if let Ok(made) = PARTY.registered(&client, authenticator_data) {
        assert!((1..=1023).contains(&made.credential.len()));
        let key = &made.public_key;
        assert!(authenticator_data.windows(key.len()).any(|window| window == key.as_slice()));
    }
    let key = crate::seeds::passkey_key();
    let assertion = Assertion { authenticator_data, signature: &[7; 64] };
    assert!(PARTY.asserted(&client, assertion, &key, 0).is_err());
}

/// What is read is written, and read again, as the same text.
fn written_as_it_was_read<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(data).ok()?;
    let text = serde_json::to_string(&value).unwrap();
    let again: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    Some(value)
}
