//! Sealed deposits, made ahead of what is measured or killed.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::encoding::{b64u, hex};
use nightsafe_core::facets::derive_all;
use nightsafe_core::policy::Kind;
use nightsafe_core::scalar::{Nonce, Reference};
use nightsafe_core::time::UnixTime;
use nightsafe_core::value::Value;
use nightsafe_serve::clock::{Clock, SystemClock};
use sha2::{Digest, Sha256};

use crate::site::Published;

/// What a customer types: kind, part, text. A kind that is there twice is two fields.
pub type Entered<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

/// Six fields of an order with two phone numbers.
pub const SIX_FIELDS: Entered<'static> = &[
    ("card", &[("number", "4242424242424242"), ("expiry", "05/31"), ("holder", "Ada Lovelace")]),
    ("person.name", &[("value", "Ada Lovelace")]),
    ("address", &[("line1", "Nachtigallenweg 12"), ("postal_code", "10115"), ("city", "Berlin"), ("country", "DE")]),
    ("phone", &[("value", "+4930123456")]),
    ("phone", &[("value", "+4930654321")]),
    ("email", &[("value", "ada@example.org")]),
];

/// One field: the smallest deposit.
pub const ONE_FIELD: Entered<'static> = &[("phone", &[("value", "+4930123456")])];

/// Seals as the checkout page does.
pub fn seal(published: &Published, reference: &str, entered: Entered<'_>) -> Deposit {
    let now = SystemClock.now();
    let manifest_hash = published.manifest.hash();
    let manifest = published.manifest.manifest();
    let sealed: Vec<(&Kind, u32, Value)> = entered
        .iter()
        .enumerate()
        .map(|(place, (name, parts))| {
            let kind = manifest.kind(name).unwrap();
            let index = entered[..place].iter().filter(|(before, _)| before == name).count();
            let typed = |part: &str| parts.iter().find(|(named, _)| *named == part).map_or("", |(_, text)| *text);
            (kind, u32::try_from(index).unwrap(), kind.value(now.month(), typed).unwrap())
        })
        .collect();
    let fields: Vec<_> = sealed.iter().map(|(kind, index, value)| FieldToSeal { kind, index: *index, value }).collect();
    let named = fields.iter().map(|field| (field.kind.name.as_str(), field.index, field.value));
    let order = Order {
        site: &manifest.site,
        reference: &Reference::parse(reference).unwrap(),
        manifest: &manifest_hash,
        key: &published.key,
        facets: &derive_all(&manifest.kinds, named),
        now,
    };
    assemble(&order, &fields, &mut UnwrapErr(SysRng)).unwrap()
}

/// Now, by the system's clock.
pub fn now() -> UnixTime {
    SystemClock.now()
}

/// A sealed deposit under many nonces: each is a deposit of its own for ingest and its database, with an id and a body to
/// check like any other, and costs its sender no sealing. Only id and nonce differ, which stand first in the JSON.
#[derive(Debug)]
pub struct Stencil {
    body: Vec<u8>,
    tail: Vec<u8>,
}

/// One deposit of a [`Stencil`].
#[derive(Debug)]
pub struct Copy {
    /// The JSON's first members; [`Stencil::tail`] goes on.
    pub head: Vec<u8>,
    pub deposit_id: [u8; 32],
    pub nonce: [u8; 32],
}

impl Stencil {
    pub fn new(deposit: &Deposit) -> Self {
        let json = deposit.to_json();
        let tail = json.as_bytes()[json.find(",\"site\"").unwrap()..].to_vec();
        Self { body: deposit.canonical_body(), tail }
    }

    /// The JSON from the site on.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// The canonical body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Under a fresh nonce.
    pub fn copy(&self) -> Copy {
        let nonce = *Nonce::generate(&mut UnwrapErr(SysRng)).as_bytes();
        let deposit_id: [u8; 32] = Sha256::new().chain_update(nonce).chain_update(&self.body).finalize().into();
        let head = format!("{{\"id\":\"{}\",\"nonce\":\"{}\"", hex(&deposit_id), b64u(&nonce)).into_bytes();
        Copy { head, deposit_id, nonce }
    }
}
