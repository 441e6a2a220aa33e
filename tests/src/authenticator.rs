//! A passkey in software, with the browser around it: it says and signs whatever a test wants.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

/// User present, user verified.
pub const VERIFIED: u8 = 0x05;
/// A credential follows.
const MADE: u8 = 0x40;

/// One passkey.
pub struct Authenticator {
    /// Its credential id.
    pub credential: Vec<u8>,
    /// The relying party that it takes the page for.
    pub party: String,
    /// What it says of the user.
    pub flags: u8,
    /// How often it has signed; it counts only when this is not 0.
    pub count: u32,
    key: Key,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// What a browser hands over of a passkey.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Credential id.
    pub credential: Vec<u8>,
    /// `clientDataJSON`
    pub client_data: Vec<u8>,
    /// `authenticatorData`
    pub authenticator_data: Vec<u8>,
    /// `signature`; empty of one that was made just now.
    pub signature: Vec<u8>,
}

impl Authenticator {
    /// One that signs with Ed25519.
    pub fn ed25519(party: &str) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::of(party, Key::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap()))
    }

    /// One that signs with ECDSA.
    pub fn p256(party: &str) -> Self {
        let (rng, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
        Self::of(party, Key::P256(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &rng).unwrap()))
    }

    fn of(party: &str, key: Key) -> Self {
        let mut credential = vec![0; 32];
        SystemRandom::new().fill(&mut credential).unwrap();
        Self { credential, party: party.into(), flags: VERIFIED, count: 0, key }
    }

    /// Answers `create()` on a page.
    pub fn make(&self, challenge: &[u8], origin: &str) -> Answer {
        self.make_on(client_data("webauthn.create", challenge, origin))
    }

    /// The same, whatever the browser says of the page.
    pub fn make_on(&self, client_data: Vec<u8>) -> Answer {
        let length = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let made = [&[0; 16][..], &length, &self.credential, &self.cose_key()].concat();
        let authenticator_data = [&self.data(self.flags | MADE)[..], &made].concat();
        Answer { credential: self.credential.clone(), client_data, authenticator_data, signature: Vec::new() }
    }

    /// Answers `get()` on a page.
    pub fn sign(&mut self, challenge: &[u8], origin: &str) -> Answer {
        self.sign_on(client_data("webauthn.get", challenge, origin))
    }

    /// The same, whatever the browser says of the page.
    pub fn sign_on(&mut self, client_data: Vec<u8>) -> Answer {
        if self.count > 0 {
            self.count += 1;
        }
        let authenticator_data = self.data(self.flags);
        let message = [&authenticator_data[..], digest(&SHA256, &client_data).as_ref()].concat();
        let signature = match &self.key {
            Key::Ed25519(key) => key.sign(&message).as_ref().to_vec(),
            Key::P256(key) => key.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec(),
        };
        Answer { credential: self.credential.clone(), client_data, authenticator_data, signature }
    }

    /// Its key, as CTAP2 writes it.
    pub fn cose_key(&self) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => {
                [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], key.public_key().as_ref()].concat()
            }
            Key::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat()
            }
        }
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, self.party.as_bytes());
        [party.as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }
}

/// What a browser says of a ceremony.
pub fn client_data(kind: &str, challenge: &[u8], origin: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#).into_bytes()
}
