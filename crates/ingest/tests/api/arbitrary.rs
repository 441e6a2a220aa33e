//! Whatever is sent: an answer below 500, no panic, nothing stored that is not a deposit.

use proptest::prelude::*;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use crate::support::{World, json};

fn arbitrary_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,40}".prop_map(Json::from),
        "[0-9a-f]{64}".prop_map(Json::from),
        "[A-Za-z0-9_-]{0,100}".prop_map(Json::from),
    ];
    let name = prop_oneof![
        Just("id"),
        Just("nonce"),
        Just("site"),
        Just("reference"),
        Just("manifest"),
        Just("key_id"),
        Just("facets"),
        Just("locator"),
        Just("fields"),
        Just("tag"),
        Just("kind"),
        Just("expires"),
        Just("envelope"),
        Just("brand"),
    ];
    leaf.prop_recursive(4, 40, 10, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..10)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// Every place in the JSON of a deposit.
fn pointers(value: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Json::Object(map) => map.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), all)),
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(place, value)| pointers(value, &format!("{at}/{place}"), all))
        }
        _ => {}
    }
}

#[test]
fn arbitrary_bodies_are_refused() {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let good = world.deposit();
    let good_json = json(&good);
    let mut places = Vec::new();
    pointers(&good_json, "", &mut places);
    let status = |body: Vec<u8>| runtime.block_on(world.post(body)).status().as_u16();
    let refused = 400..500;

    proptest!(ProptestConfig::with_cases(400), |(
        any in arbitrary_json(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        place in prop::sample::select(places.clone()),
        position in any::<prop::sample::Index>(),
        flip in 1_u8..,
    )| {
        prop_assert!(refused.contains(&status(any.to_string().into_bytes())));
        prop_assert!(refused.contains(&status(bytes)));

        let mut edited = good_json.clone();
        *edited.pointer_mut(&place).unwrap() = any;
        if edited != good_json {
            prop_assert!(refused.contains(&status(edited.to_string().into_bytes())), "{}", place);
        }

        let mut flipped = good.to_json().into_bytes();
        let position = position.index(flipped.len());
        flipped[position] ^= flip;
        prop_assert!(refused.contains(&status(flipped)), "byte {}", position);
    });
    assert!(runtime.block_on(world.stored()).is_empty());
    assert_eq!(status(good.to_json().into_bytes()), 201);
}
