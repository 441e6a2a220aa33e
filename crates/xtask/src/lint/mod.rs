#[derive(clap::Args)]
pub(crate) struct Options {}
pub(crate) fn run() -> anyhow::Result<()> {
    Ok(())
}
