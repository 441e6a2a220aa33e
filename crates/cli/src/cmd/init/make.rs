//! The steps of `nightsafe init`, in the order in which each needs the one before.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::identity::Identity;
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::manifest::{self, DataKey, KeyManifest};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::{self, Kind};
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_store::Database;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_vault::{LogConfig, ServerSetup, Stretch, VaultStore, setup, write_roster};

use super::InitArgs;
use crate::cmd::db::copy::copy;
use crate::config::{self, Config};
use crate::data_dir::DataDir;
use crate::files::{self, Access, Cleanup};
use crate::keys::data_key::{self, FreshKey, Holders};
use crate::keys::integrity_keys::IntegrityKeys;
use crate::keys::kek::derive_new;
use crate::keys::keyholder::{Keyholder, first_roster};
use crate::keys::site_key::SiteKeyFile;
use crate::keys::{EPOCH_DAYS, audit_key, now, online, recovery, rng};
use crate::manifests::{self, Signed};
use crate::passphrase::Passphrase;
use crate::release_log;
use crate::site::integrity;
use crate::term;

/// Kinds of a policy that nobody wrote.
const DEFAULT_KINDS: [&str; 5] = ["card", "person.name", "address", "phone", "email"];

pub(super) async fn make(
    args: &InitArgs,
    config: &Config,
    data: &DataDir,
    vault: Option<&Database>,
    (site_passphrases, admin_passphrase): (Vec<Passphrase>, Passphrase),
    made: &mut Cleanup,
) -> Result<()> {
    let site = config.site()?;
    made.create_empty_dir(data.root())?;
    for dir in [data.keys(), data.manifests()] {
        made.create_dir(&dir)?;
    }
    let site_keys = make_site_keys(args, &site, site_passphrases, made).await?;
    let signers: Vec<&NoteSigner> = site_keys.iter().take(args.site_key_threshold.into()).collect();
    let (receipt, timestamp) = make_online_keys(&site, data)?;

    // The hash of no bytes: no module has it
    let wasm = WasmFile { name: "not-built-yet.wasm".to_owned(), integrity: integrity::sha384(b"") };
    let anchor = TrustAnchor {
        site: site.clone(),
        site_keys: site_keys.iter().map(|key| key.vkey().clone()).collect(),
        threshold: args.site_key_threshold,
        sequence_floor: 1,
        ingest: config::origin(&config.origins.ingest)?,
        wasm: wasm.clone(),
        wasm_portable: wasm,
    };
    let recovery = make_recovery_key(args, &site, data, made)?;
    let (data_keys, audit) =
        make_vault(args, config, data, (&anchor, &signers), &admin_passphrase, recovery.public_key()).await?;
    try_recovery(args, &site, data, (&data_keys, &audit)).await?;
    try_grants((data, config), &anchor, (&data_keys, &audit), &admin_passphrase).await?;

    let now = now();
    let mut first = KeyManifest {
        site,
        sequence: 1,
        not_before: now,
        not_after: now.plus_days(args.days.into()),
        ingest: anchor.ingest.clone(),
        parents: parents(args)?,
        timestamp_key: timestamp.vkey().clone(),
        receipt_key: receipt.vkey().clone(),
        data_keys: schedule(&data_keys, now),
        kinds: Vec::new(),
    };
    first.kinds = kinds(args, &first)?;
    for (named, key) in first.data_keys.iter().zip(&data_keys) {
        manifests::store_key(data, named, key.items.public_key().as_bytes())?;
        manifests::read_key(data, named)?;
    }
    let note = manifest::sign(&first, &signers)?;
    manifest::verify(&note, &anchor, now).context("the new manifest does not verify")?;
    let signed = Signed::verify(note, &anchor)?;
    signed.store(data)?;
    add_to_vault(data, &signed).await?;

    files::create_new(&data.anchor(), Access::Everyone, anchor.encode().as_bytes())?;
    release_log::record(data, &anchor)?;
    // Last of the files, because a directory with this one is a whole one
    files::create_new(&data.config(), Access::Everyone, config.to_text()?.as_bytes())?;
    match vault {
        Some(vault) => move_vault(data, vault).await,
        None => Ok(()),
    }
}

async fn make_site_keys(
    args: &InitArgs,
    site: &Site,
    passphrases: Vec<Passphrase>,
    made: &mut Cleanup,
) -> Result<Vec<NoteSigner>> {
    let params = args.argon.checked()?;
    made.create_dir(&args.site_keys)?;
    let mut signers = Vec::new();
    for (number, passphrase) in (1..).zip(passphrases) {
        let signer = NoteSigner::generate(&format!("{site}/site-key-{number}"), &mut rng())?;
        let kek = derive_new(&passphrase, params, &format!("site key {number}")).await?;
        let file = SiteKeyFile::wrap(site, &signer, &kek)?;
        let path = args.site_keys.join(format!("site-key-{number}.key"));
        files::create_new(&path, Access::Owner, file.to_text().as_bytes())?;
        made.watch_file(&path);
        signers.push(signer);
    }
    Ok(signers)
}

/// The keys that ingest signs receipts and timestamps with, that of the vault's audit log, and those of scripts.
fn make_online_keys(site: &Site, data: &DataDir) -> Result<(NoteSigner, NoteSigner)> {
    let receipt = NoteSigner::generate(&format!("{site}/receipt"), &mut rng())?;
    let timestamp = NoteSigner::generate(&format!("{site}/timestamp"), &mut rng())?;
    online::create(&data.receipt_key(), &receipt)?;
    online::create(&data.timestamp_key(), &timestamp)?;
    online::create(&data.log_key(), &NoteSigner::generate(&LogConfig::name(site), &mut rng())?)?;
    IntegrityKeys::generate(site)?.keep(data)?;
    Ok((receipt, timestamp))
}

/// Always X-Wing: the grants lie in backups for years, which is what a later break would be aimed at.
fn make_recovery_key(args: &InitArgs, site: &Site, data: &DataDir, made: &mut Cleanup) -> Result<PrivateItems> {
    let recovery = PrivateItems::generate(Suite::XWing, &mut rng())?;
    let text = recovery::private_text(site, &recovery);
    files::create_new(&args.recovery_file, Access::Owner, text.as_bytes())?;
    made.watch_file(&args.recovery_file);
    let public = recovery::public_text(site, recovery.public_key());
    files::create_new(&data.recovery_public(), Access::Everyone, public.as_bytes())?;
    Ok(recovery)
}

/// Makes both databases, the first admin with identity and roster, two data keys, the first and the one that follows, and
/// the audit key.
async fn make_vault(
    args: &InitArgs,
    config: &Config,
    data: &DataDir,
    (anchor, signers): (&TrustAnchor, &[&NoteSigner]),
    passphrase: &Passphrase,
    recovery: &DataPublicKey,
) -> Result<(Vec<FreshKey>, PrivateItems)> {
    OutboxReader::open(&data.outbox()).await?.close().await;
    let store = VaultStore::open(&data.vault()).await?;
    let login = ServerSetup::generate()?;
    files::create_new(&data.login_key(), Access::Owner, &login.to_bytes())?;
    term::progress(&format!("Argon2id over 64 MiB for the sign-in of {} ...", config.admin_user));
    let user = &config.admin_user;
    let export_key =
        setup::create_admin(&store, &login, user, passphrase.as_bytes(), &Stretch::STANDARD, now()).await?;

    let site = config.site()?;
    let identity = Identity::generate(&site, &mut rng())?;
    setup::add_identity(&store, user, &identity, &export_key, &mut rng()).await?;
    let audit = audit_key::generate()?;
    let (roster, note) = first_roster(identity.public(), Some(audit.public_key()), user, anchor, signers)?;
    let recipients = [identity.public().clone()];
    let granter = Keyholder { identity, roster };
    // First the key: a roster that names one which is not there stops everything that is recorded
    setup::add_audit_key(&store, &audit_key::row(&site, &audit, (&granter, &recipients), recovery)?).await?;
    setup::add_roster_entry(&store, &granter.roster, &note).await?;
    let mut fresh = Vec::new();
    for _ in 0..2 {
        let key = FreshKey::make(&site, args.suite, &Holders::Admins(&granter, &recipients), recovery)?;
        setup::add_data_key(&store, &key.row).await?;
        fresh.push(key);
    }
    store.close().await;
    Ok((fresh, audit))
}

/// Tries the admin's passphrase as one would: with what the database and the file of the sign-in hold.
async fn try_grants(
    place: (&DataDir, &Config),
    anchor: &TrustAnchor,
    (made, audit): (&[FreshKey], &PrivateItems),
    passphrase: &Passphrase,
) -> Result<()> {
    let store = VaultStore::open(&place.0.vault()).await?;
    let admin = Keyholder::unlock(place, anchor, &store, passphrase).await?.context("the roster was not stored")?;
    let custody = store.custody().await?;
    let opened = admin.open(&store, &custody.iter().collect::<Vec<_>>()).await?;
    let opened_audit = admin.open_audit_keys(&store).await?;
    store.close().await;
    if !opened_audit.iter().any(|opened| opened.items().eq(audit.items())) {
        bail!("the admin does not open the audit key: nothing was kept, please report this");
    }
    for key in made {
        let id = key.row.key.key_id;
        let same = |opened: &&PrivateItems| opened.items().eq(key.items.items());
        opened
            .iter()
            .find(same)
            .with_context(|| format!("the admin does not open data key {id}: please report this"))?;
    }
    term::progress("The admin's passphrase opens all data keys, and the audit key.");
    Ok(())
}

/// Tries the recovery key as one would in need: from its file, with what the database holds.
async fn try_recovery(
    args: &InitArgs,
    site: &Site,
    data: &DataDir,
    (made, audit): (&[FreshKey], &PrivateItems),
) -> Result<()> {
    let recovery = recovery::read_private(&args.recovery_file, site)?;
    let store = VaultStore::open(&data.vault()).await?;
    let custody = store.custody().await?;
    for key in made {
        let id = key.row.key.key_id;
        let stored = custody.iter().find(|stored| stored.key_id == id).context("a data key was not stored")?;
        let grants = store.recovery_grants(&id).await?;
        let recovered = data_key::recover(site, stored, &grants, &recovery)?;
        if !recovered.items().eq(key.items.items()) {
            bail!("the recovery key does not give data key {id} back: nothing was kept, please report this");
        }
    }
    let stored = store.audit_keys().await?;
    let stored = stored.first().context("the audit key was not stored")?;
    let grants = store.audit_recovery_grants(&stored.key_id).await?;
    let recovered = data_key::recover(site, &audit_key::as_data_key(stored), &grants, &recovery)?;
    if !recovered.items().eq(audit.items()) {
        bail!("the recovery key does not give the audit key back: nothing was kept, please report this");
    }
    store.close().await;
    term::progress("The recovery key was read back from its file and opens all data keys, and the audit key.");
    Ok(())
}

/// And writes the roster that is in it, so that the very first timestamp note names its head.
async fn add_to_vault(data: &DataDir, signed: &Signed) -> Result<()> {
    let store = VaultStore::open(&data.vault()).await?;
    store.add_manifest(&signed.hash(), signed.sequence(), &signed.note).await?;
    write_roster(&store, &data.roster()).await?;
    store.close().await;
    Ok(())
}

/// Brings the vault that was made, and tried, to the database that it is to lie in. In one transaction and after all
/// that may fail: of a site that was not made, no key and no admin stays behind on a server.
async fn move_vault(data: &DataDir, vault: &Database) -> Result<()> {
    copy(&data.vault(), vault).await?;
    // A second vault, which nothing uses, would only be taken for the first one
    if let Err(error) = std::fs::remove_file(data.vault_file()) {
        term::warn(&format!("delete {}, the vault is in {vault}: {error}", data.vault_file().display()));
    }
    Ok(())
}

/// The first key seals from now on, the next one takes over after its epoch.
fn schedule(keys: &[FreshKey], now: UnixTime) -> Vec<DataKey> {
    let starts = (0..).map(|epoch: u64| now.plus_days(epoch.saturating_mul(EPOCH_DAYS)));
    keys.iter().zip(starts).map(|(key, start)| DataKey::new(start, key.items.public_key())).collect()
}

fn parents(args: &InitArgs) -> Result<Vec<Origin>> {
    if args.parents.is_empty() {
        return Ok(vec![config::origin(&args.shop_origin)?]);
    }
    args.parents.iter().map(|parent| config::origin(parent)).collect()
}

fn kinds(args: &InitArgs, like: &KeyManifest) -> Result<Vec<Kind>> {
    match &args.policy {
        Some(path) => manifests::parse_policy(&files::read_text(path)?, like)
            .with_context(|| format!("{} is refused", path.display())),
        None => Ok(policy::builtin().into_iter().filter(|kind| DEFAULT_KINDS.contains(&kind.name.as_str())).collect()),
    }
}
