use std::path::PathBuf;

/// What a server is started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Configuration file (TOML; a commented sample is in deploy/)
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Read the configuration and all files that it names, say whether they are good, and end
    #[arg(long)]
    pub check_config: bool,
}
