//! The relay: what the vault sends to the shop's side, and receives. `docs/spec/relay.md` is normative.
//!
//! Every request is signed by the vault's relay key.

use serde::{Deserialize, Serialize};

use crate::wire::{B64u, Hex32};

/// `POST`: [`BatchRequest`] to [`Batch`].
pub const BATCH_PATH: &str = "/v1/relay/batch";
/// `POST`: [`Acknowledge`] to 204 without a body.
pub const ACKNOWLEDGE_PATH: &str = "/v1/relay/acknowledge";

/// Deposits in one batch, and in one acknowledgement.
pub const MAX_DEPOSITS: u32 = 64;
/// Bytes of all bodies in one batch. No deposit is as large as this.
pub const MAX_BATCH: usize = 4 << 20;
/// Bytes of a request's body.
pub const MAX_REQUEST: usize = 32 << 10;
/// Bytes of an answer's body: [`MAX_BATCH`] in base64url, and what stands around it.
pub const MAX_ANSWER: usize = 6 << 20;

/// Asks for the oldest deposits.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// How many at most; the relay gives no more than [`MAX_DEPOSITS`] anyway.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, minimum = 1, maximum = 4_294_967_295_u64))]
    pub limit: std::num::NonZeroU32,
}

/// The oldest deposits, in order of arrival.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// At most as many as were asked for.
    pub deposits: Vec<RelayedDeposit>,
    /// Whether more wait.
    pub more: bool,
}

/// A deposit as it lies in the outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RelayedDeposit {
    /// SHA-256 of nonce and body. The receiver computes it again.
    pub deposit_id: Hex32,
    /// Day of arrival, `YYYY-MM-DD`, UTC.
    pub day: String,
    /// 32 bytes.
    pub nonce: B64u,
    /// Canonical body (docs/spec/deposit.md).
    pub body: B64u,
}

/// Tells what the vault has committed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// Deposits whose id is the hash of what came.
    pub deposit_ids: Vec<Hex32>,
    /// The others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<Damaged>,
}

/// A deposit that came with an id that is not its hash. The relay drops it only if it lies in the outbox like that: if it
/// was changed on the way, the real one stays.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Damaged {
    /// The id that it came with.
    pub deposit_id: Hex32,
    /// SHA-256 of nonce and body as they came.
    pub content: Hex32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form() {
        let batch = Batch {
            deposits: vec![RelayedDeposit {
                deposit_id: crate::wire::Hex([1; 32]),
                day: "2026-11-21".into(),
                nonce: B64u(vec![0; 3]),
                body: B64u(vec![0xff]),
            }],
            more: false,
        };
        let id = "01".repeat(32);
        assert_eq!(
            serde_json::to_string(&batch).unwrap(),
            format!(
                "{{\"deposits\":[{{\"deposit_id\":\"{id}\",\"day\":\"2026-11-21\",\"nonce\":\"AAAA\",\"body\":\"_w\"}}],\
                 \"more\":false}}"
            )
        );
        let acknowledge = Acknowledge { deposit_ids: vec![crate::wire::Hex([1; 32])], damaged: Vec::new() };
        assert_eq!(serde_json::to_string(&acknowledge).unwrap(), format!("{{\"deposit_ids\":[\"{id}\"]}}"));
        for bad in ["{}", "{\"limit\":0}", "{\"limit\":-1}", "{\"limit\":1.5}", "{\"limit\":1,\"more\":1}"] {
            assert!(serde_json::from_str::<BatchRequest>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_full_batch_and_a_full_acknowledgement_fit_their_limits() {
        let count = usize::try_from(MAX_DEPOSITS).unwrap();
        assert!(MAX_BATCH / 3 * 4 + count * 300 < MAX_ANSWER);
        let one = crate::wire::Hex([1; 32]);
        let full = Acknowledge {
            deposit_ids: vec![one; count],
            damaged: vec![Damaged { deposit_id: one, content: one }; count],
        };
        assert!(serde_json::to_vec(&full).unwrap().len() < MAX_REQUEST);
    }
}
