//! The three processes of the demo: Nightsafe itself, the shop, the thief with the wire tap.

use super::children::Children;
use super::keep::Keep;
use super::site::SITE;
use super::{Programs, monitor};
use crate::{place, say};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Starts all and waits until each is ready. `false` when a signal came first.
pub(crate) fn start(children: &Children, programs: &Programs, data: &Path, keep: &Keep) -> Result<bool> {
    let logs = logs(data);
    fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let log = |name: &str| logs.join(format!("{name}.log"));
    let up = vec!["up".into(), "--data-dir".into(), data.into()];
    let node = |name: &str, config: Value| -> Result<Vec<OsString>> {
        let config = keep.write(&format!("{name}.json"), &config.to_string())?;
        Ok(vec![place::web().join(format!("dist/demo/{name}.js")).into(), config.into()])
    };
    say::step("servers", || {
        Ok(children.start("nightsafe", &programs.nightsafe, up, &log("nightsafe"))?
            && children.start("shop", Path::new("node"), node("shop", shop(data, keep)?)?, &log("shop"))?
            && children.start(
                "thief",
                Path::new("node"),
                node("thief", thief(programs, data, keep))?,
                &log("thief"),
            )?)
    })
}

/// Where the servers' logs are.
pub(crate) fn logs(data: &Path) -> PathBuf {
    data.join("logs")
}

/// What a shop is told of Nightsafe: the pinned tag, the frame's origin and the receipts' key, all of it public.
fn shop(data: &Path, keep: &Keep) -> Result<Value> {
    #[derive(Deserialize)]
    struct Release {
        fields: Fields,
    }
    #[derive(Deserialize)]
    struct Fields {
        element: Pinned,
        integrity_keys: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Pinned {
        file: String,
        integrity: String,
    }
    let release = fs::read(data.join("site/release.json")).context("the site has no release.json")?;
    let Fields { element: Pinned { file, integrity }, integrity_keys } =
        serde_json::from_slice::<Release>(&release).context("cannot read release.json")?.fields;
    let pin = [vec![integrity], integrity_keys].concat().join(" ");
    let manifest = fs::read_to_string(data.join("site/fields/key-manifest")).context("the site has no key manifest")?;
    let receipt_key = manifest
        .lines()
        .find_map(|line| line.strip_prefix("receipt-key "))
        .context("the manifest names no receipt key")?;
    let ports = keep.ports();
    Ok(json!({
        "port": ports.shop_port(), "site": SITE, "receiptKey": receipt_key, "fields": ports.fields(),
        "element": { "src": format!("{}/{file}", ports.fields()), "integrity": pin },
        "pages": place::root().join("www/shop"), "orders": orders(data),
    }))
}

fn thief(programs: &Programs, data: &Path, keep: &Keep) -> Value {
    let ports = keep.ports();
    json!({
        "port": ports.thief_port(), "tap": { "port": ports.tap_port(), "upstream": ports.ingest_port() },
        "shop": ports.shop(), "orders": orders(data), "data": data, "pages": place::root().join("www/thief"),
        "nightsafe": programs.nightsafe, "passphrase": keep.admin_passphrase_file(),
        "monitor": {
            "program": programs.monitor, "targets": monitor::targets(ports), "anchor": monitor::anchor(keep),
            "state": monitor::state(keep),
        },
    })
}

/// The shop's own order book.
fn orders(data: &Path) -> PathBuf {
    data.join("shop/orders.jsonl")
}
