//! The command line of `il-implement`.

use clap::Parser;
use il_core::cli::{Arguments, Common, Stream, after_help};
use il_core::home::TargetFlag;
use il_core::member::Status;

/// Implement: accepted lines in, the same lines with a gated branch and a merge request out.
///
/// Works in a worktree of its own bare mirror; the owner's checkout, index and
/// configuration are not touched. Never merges.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-implement", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// Who edits what no recipe knows
    #[arg(long, value_name = "WORKER", value_parser = ["none"], default_value = "none")]
    pub worker: String,
    /// Where a target is: ALIAS=FOLDER, or a folder; repeatable
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<TargetFlag>,
    /// Stop at `ready`: commit and gate, open nothing
    #[arg(long, conflicts_with = "publish")]
    pub no_publish: bool,
    /// Only open merge requests for lines that are `ready`
    #[arg(long)]
    pub publish: bool,
    /// Print only lines with this status
    #[arg(long, value_name = "STATUS", value_parser = clap::builder::PossibleValuesParser::new(Status::ALL.map(Status::word)))]
    pub only: Option<String>,
    /// Flags of tools that read lines.
    #[command(flatten)]
    pub stream: Stream,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "  il-triage --auto < candidates.ndjson | il-implement > implemented.ndjson
  il-implement --no-publish < triaged.ndjson | jq -r '.implement.branch // empty'";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
