//! The command line of `il-discover`.

use clap::Parser;
use il_core::cli::{Arguments, Common, Stream, after_help};
use il_core::home::TargetFlag;

/// Look for improvements: assignment lines in, candidate lines out.
///
/// Each candidate rests on evidence: a file, a line and the text there. With
/// --domain or --target stdin is not read, and no configuration is needed.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-discover", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// Look only in this domain; repeatable
    #[arg(long, value_name = "DOMAIN", value_parser = crate::scouts::names())]
    pub domain: Vec<String>,
    /// Look only at this target: an alias, a folder, or ALIAS=FOLDER; repeatable
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<TargetFlag>,
    /// Flags of tools that read lines.
    #[command(flatten)]
    pub stream: Stream,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "  il-discover --domain ci --target . | jq -r .summary
  il-preflight | il-discover > candidates.ndjson";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
