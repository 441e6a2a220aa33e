//! `nightsafe audit checkpoint`: the last checkpoint of the log, for where nobody who runs the vault can change it: on paper, in
//! somebody's mail, with the cosignatures of witnesses.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use nightsafe_core::log::{Checkpoint, Hash, Hashes, Node, Plan, Proof};
use nightsafe_core::note::Note;
use nightsafe_vault::{LogConfig, VaultStore};

use crate::config::{Config, WitnessSection};
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::files::{self, Access};
use crate::keys::{now, online};
use crate::term;
use crate::witness::{self, Grown};

/// Print the last checkpoint of the audit log, a signed note of a few lines, to be kept elsewhere
///
/// `nightsafe audit verify --earlier` holds a later copy against it: whoever changes, drops or reorders what was in the log by
/// then is found. Print it, send it to somebody who does not run the vault (--mail), or have witnesses cosign it, which
/// do so only when the log continues all that they saw of it before.
#[derive(Args, Debug)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Ask this C2SP witness to cosign, too: where it takes checkpoints, and its key
    #[arg(long, value_name = "URL=VKEY", value_parser = named)]
    witness: Vec<WitnessSection>,
    /// Ask the witnesses of nightsafe.toml, section [release_log], too. They must know the key that `nightsafe keys log` prints
    #[arg(long)]
    witnesses: bool,
    /// So many of the witnesses must cosign, or this fails [default: all that are asked]
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
    /// Authorities of the witnesses' certificates, in PEM [default: release_log.ca_file of nightsafe.toml, else those of this
    /// machine]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send it to the addresses of the section [mail] in nightsafe.toml, too
    #[arg(long)]
    mail: bool,
    /// Write it to this new file, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The log in the vault's database.
struct InDatabase<'s>(&'s VaultStore);

impl Grown for InDatabase<'_> {
    async fn proof(&self, from: u64, to: u64) -> Result<Proof> {
        let plan = Plan::for_consistency(from, to)?;
        Ok(plan.read_proof(&self.hashes(&plan).await?)?)
    }
}

impl InDatabase<'_> {
    /// The root of a tree of so many leaves.
    async fn root(&self, size: u64) -> Result<Hash> {
        let plan = Plan::for_root(size)?;
        Ok(plan.read_root(&self.hashes(&plan).await?)?)
    }

    async fn hashes(&self, plan: &Plan) -> Result<Hashes> {
        let nodes: Vec<Node> = plan.nodes().collect();
        let found = self.0.log_hashes(&nodes).await?;
        let found = found.context("the audit log's hashes are not all there: compare with a copy")?;
        let mut hashes = Hashes::default();
        hashes.store(nodes.into_iter().zip(found));
        Ok(hashes)
    }
}

pub(super) async fn run(args: &CheckpointArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let mail = match (args.mail, &config.mail) {
        (true, None) => bail!("nightsafe.toml has no section [mail]: see docs/OPERATIONS.md"),
        (true, Some(mail)) => Some(mail.mailer()?),
        (false, _) => None,
    };
    let asked = asked(args, &config)?;
    let store = VaultStore::open_read_only(&args.vault.database(&data, &config)?).await?;
    let cosigned = async {
        // Before anybody is told of it: a witness that cosigned what somebody put there would vouch for it ever after
        let (checkpoint, note) = last(&data, &config, &store).await?;
        let (note, count) = cosigned(args, &config, &store, note, &asked).await?;
        anyhow::Ok((note, checkpoint, count))
    };
    let cosigned = cosigned.await;
    store.close().await;
    let (note, checkpoint, count) = cosigned?;
    let text = note.encode();
    // First of all where it is asked for, whatever becomes of the rest
    term::print(&text)?;
    if let Some(out) = &args.out {
        files::create_new(out, Access::Owner, text.as_bytes())?;
    }
    if let Some(mailer) = mail {
        let subject = format!("Nightsafe, {}: the audit log has {} entries", config.site, checkpoint.size);
        mailer.send(&subject, &letter(&config, &checkpoint, &text), now()).await?;
    }
    let wanted = args.quorum.unwrap_or(asked.len());
    if count < wanted {
        bail!("{count} of the {wanted} witnesses that must cosign the audit log did");
    }
    Ok(())
}

/// The witnesses, each once.
fn asked(args: &CheckpointArgs, config: &Config) -> Result<Vec<WitnessSection>> {
    let configured: &[WitnessSection] = if args.witnesses { &config.release_log.witness } else { &[] };
    if args.witnesses && configured.is_empty() {
        bail!("nightsafe.toml names no witness in its section [release_log]: name one with --witness");
    }
    let mut asked: Vec<WitnessSection> = Vec::new();
    for section in args.witness.iter().chain(configured) {
        if asked.iter().all(|other| other.key != section.key) {
            asked.push(section.clone());
        }
    }
    if args.quorum.is_some_and(|quorum| quorum > asked.len()) {
        bail!("--quorum asks for more cosignatures than there are witnesses");
    }
    Ok(asked)
}

/// The last checkpoint, which the log's key signed, and which is of the tree in the database.
async fn last(data: &DataDir, config: &Config, store: &VaultStore) -> Result<(Checkpoint, Note)> {
    let text = store.log_checkpoint().await?.context("the audit log has no entries yet")?;
    let parsed = Note::parse(&text).ok().and_then(|note| Some((Checkpoint::parse(note.text()).ok()?, note)));
    let (checkpoint, note) = parsed.context("the checkpoint in the database is none: somebody changed it")?;
    check_signed(data, config, &text)?;
    if InDatabase(store).root(checkpoint.size).await? != checkpoint.root {
        bail!(
            "the audit log's hashes are not those that its last checkpoint signs: somebody changed them. Compare with a copy"
        );
    }
    Ok((checkpoint, note))
}

/// The checkpoint with all cosignatures that are to be had; how many of those who were asked cosigned.
async fn cosigned(
    args: &CheckpointArgs,
    config: &Config,
    store: &VaultStore,
    mut note: Note,
    asked: &[WitnessSection],
) -> Result<(Note, usize)> {
    let ca_file: Option<&Path> = args.ca_file.as_deref().or(config.release_log.ca_file.as_deref());
    let mut count = 0_usize;
    for section in asked {
        match witness::ask(&InDatabase(store), section, ca_file, &note, now()).await {
            Ok(lines) => {
                note.add_lines(&lines).context("there are too many cosignatures")?;
                count = count.saturating_add(1);
            }
            Err(error) => term::warn(&format!("witness {}: {error:#}", section.witness()?.name())),
        }
    }
    Ok((note, count))
}

/// What somebody put into the database is not passed on as the log's, where its key is at hand.
fn check_signed(data: &DataDir, config: &Config, text: &str) -> Result<()> {
    let path = data.log_key();
    if !path.exists() {
        term::warn("keys/log.key is not here: whether the log's key signed the checkpoint was not looked at");
        return Ok(());
    }
    let signer = online::read(&path)?;
    LogConfig::new(&config.site()?, online::read(&path)?)?;
    Checkpoint::verify(text, signer.vkey())
        .map(|_| ())
        .context("the checkpoint in the database is not signed by the log's key: somebody changed it")
}

fn letter(config: &Config, checkpoint: &Checkpoint, note: &str) -> String {
    format!(
        "This is the checkpoint of the audit log of {}, over {} entries, as of {}. Keep it where nobody who runs the vault can \
         change it, as a file with these lines or as this mail:\n\n{note}\n\
         nightsafe audit verify COPY --earlier FILE holds a later copy of the log against it, and finds whoever changed what \
         was in the log by now.\n",
        config.site,
        checkpoint.size,
        now().to_text()
    )
}

/// `URL=VKEY`, as an argument.
fn named(text: &str) -> Result<WitnessSection> {
    let (url, key) = text.split_once('=').context("a witness is named as URL=VKEY")?;
    let section = WitnessSection { key: key.to_owned(), url: url.to_owned() };
    section.witness()?;
    section.place()?;
    Ok(section)
}
