//! `nightsafe roster sign`: a proposed entry of the roster, on a machine without network.

use std::path::PathBuf;

use anyhow::Result;

use crate::keys::carried::{self, SignerArgs};
use crate::keys::roster_proposal::RosterProposal;

/// Signs a proposed entry of the roster with site keys: the second of three steps
///
/// Shows in plain words who comes in, asks, and adds the signatures to the file. Compare the twelve words with those that the
/// person wrote down. This needs no network and no data directory; signers take turns, in any order.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    /// The proposal to sign
    #[arg(value_name = "FILE")]
    proposal: PathBuf,
    #[command(flatten)]
    signer: SignerArgs,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    carried::sign::<RosterProposal>(&args.proposal, &args.signer, |proposal, _| proposal.review()).await
}
