//! Sealed by JavaScript, opened here. The other direction are the shared vectors: web/tests/unit/vectors.test.ts.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightsafe_core::encoding::{hex, hex_into};
use nightsafe_core::envelope::{Context, Envelope, open};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::scalar::{KindName, ManifestHash, PartName, Site, Tag};
use nightsafe_core::suite::Suite;
use nightsafe_core::value::Value;
use serde_json::{Map, Value as Json, json};

use crate::site::rng;

const BUCKET: usize = 32;

/// Bundles and runs `web/tests/interop/seal.ts`.
fn seal(requests: &[Json]) -> Vec<String> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
    let esbuild = web.join("node_modules/esbuild/bin/esbuild");
    assert!(esbuild.exists(), "run `npm ci` in web/ first; `cargo xtask test` does it itself");
    // Below web/, so that Node finds its packages; a name of its own, as tests run side by side
    let bundle = web.join(format!("dist/interop/seal-{}.mjs", std::process::id()));
    let mut bundler = Command::new("node");
    bundler.current_dir(&web).arg(esbuild).arg("tests/interop/seal.ts").arg(format!("--outfile={}", bundle.display()));
    bundler.args(["--bundle", "--platform=node", "--packages=external", "--format=esm", "--log-level=error"]);
    assert!(bundler.status().unwrap().success());
    let answer = run(&bundle, &serde_json::to_vec(requests).unwrap());
    std::fs::remove_file(&bundle).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn run(bundle: &PathBuf, input: &[u8]) -> Vec<u8> {
    let mut node = Command::new("node").arg(bundle).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    node.stdin.take().unwrap().write_all(input).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

fn values() -> Vec<Value> {
    let text = |text: &str| Value::text(text.to_owned()).unwrap();
    let part = |name: &str, text: &str| (PartName::parse(name).unwrap(), text.to_owned().into());
    vec![
        text(""),
        text("4242424242424242"),
        text("Zoë Čapek-Ñuñez 李小龍"),
        text(&"a".repeat(BUCKET - 3)), // with its CBOR head and the padding's first byte, the bucket is full
        text(&"long ".repeat(100)),
        Value::record(vec![part("number", "4242424242424242"), part("expiry", "2031-05"), part("holder", "Ada")])
            .unwrap(),
    ]
}

fn as_json(value: &Value) -> Json {
    match value.as_text() {
        Some(text) => json!(text),
        None => Json::Object(value.parts().map(|(name, text)| (name.to_owned(), json!(text))).collect::<Map<_, _>>()),
    }
}

#[test]
fn what_javascript_seals_opens_here_for_its_place_only() {
    let site = Site::parse("demo.nightsafe.example").unwrap();
    let (manifest, kind) = (ManifestHash([7; 32]), KindName::parse("text").unwrap());
    let keys = [Suite::XWing, Suite::X25519].map(|suite| PrivateItems::generate(suite, &mut rng()).unwrap());
    let (mut requests, mut expected) = (Vec::new(), Vec::new());
    for key in &keys {
        for (number, value) in values().into_iter().enumerate() {
            let tag = Tag([u8::try_from(number).unwrap(); 32]);
            requests.push(json!({
                "suite": key.public_key().suite().name(),
                "public_key": hex(key.public_key().as_bytes()),
                "key_id": key.public_key().key_id().to_hex(),
                "manifest": hex(&manifest.0),
                "site": site.as_str(),
                "kind": kind.as_str(),
                "tag": hex(&tag.0),
                "bucket": BUCKET,
                "value": as_json(&value),
            }));
            expected.push((key, tag, value));
        }
    }
    let sealed = seal(&requests);
    assert_eq!(sealed.len(), expected.len());
    for (text, (key, tag, value)) in sealed.iter().zip(&expected) {
        let mut bytes = vec![0; text.len() / 2];
        assert!(hex_into(text, &mut bytes));
        let envelope = Envelope::parse(bytes).unwrap();
        assert_eq!(envelope.key_id(), key.public_key().key_id());
        let context = Context { site: &site, manifest: &manifest, kind: &kind, tag };
        assert_eq!(open(key, &envelope, &context).unwrap(), *value);
        let elsewhere = Context { manifest: &ManifestHash([8; 32]), ..context };
        assert!(open(key, &envelope, &elsewhere).is_err());
    }
}
