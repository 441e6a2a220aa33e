//! `nightsafe mail`: announcing what is due, and trying whether that arrives.

use anyhow::{Context, Result};
use nightsafe_core::scalar::Site;
use nightsafe_vault::{Announcer, MailSection};

use crate::data_dir::{DataDir, DataDirArg};
use crate::keys::now;
use crate::term;

/// Mail of what is due with keys and manifest, as `nightsafe up` sends it
#[derive(clap::Subcommand, Debug)]
pub(crate) enum MailCommand {
    Test(TestArgs),
}

/// Sends a mail to all addresses of the section [mail] in nightsafe.toml, to see that it arrives
#[derive(clap::Args, Debug)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    data: DataDirArg,
}

pub(crate) async fn run(command: &MailCommand) -> Result<()> {
    let MailCommand::Test(args) = command;
    let (_, config) = args.data.open()?;
    let mail = config.mail.as_ref().context("nightsafe.toml has no section [mail]: see docs/OPERATIONS.md")?;
    let subject = format!("Nightsafe, {}: a test", config.site);
    let text = format!(
        "This is how Nightsafe writes when something is due for {}: the key manifest ends soon, or a data key is overdue.\n",
        config.site
    );
    mail.mailer()?.send(&subject, &text, now()).await?;
    term::progress(&format!("The mail server took it. Look whether it arrived at {}.", mail.to.join(", ")));
    Ok(())
}

/// Keeps what was announced in the data directory, unless the section names another place.
pub(crate) fn announcer(mail: &MailSection, data: &DataDir, site: Site) -> Result<Announcer> {
    let state = mail.state.as_ref().map_or_else(|| data.announced(), |state| state.to_path_buf());
    Ok(Announcer::new(site, mail.mailer()?, state))
}
