//! The command line of `il-ship`.

use clap::Parser;
use il_core::cli::{Arguments, Common, Stream, after_help};
use il_core::home::TargetFlag;
use il_core::member::ShipVerdict;

/// Judge: opened merge requests in, the same lines with a verdict out.
///
/// Looks at the pipeline of exactly our commit. Green: label. Red: close with an
/// explanation and remember. Never merges: there is no such function.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-ship", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// Where a target is: ALIAS=FOLDER, or a folder; repeatable
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<TargetFlag>,
    /// Run the targets' own checks without a sandbox: they can do whatever you can
    #[arg(long)]
    pub unsafe_no_sandbox: bool,
    /// Print only lines with this verdict
    #[arg(long, value_name = "VERDICT", value_parser = clap::builder::PossibleValuesParser::new(ShipVerdict::ALL.map(ShipVerdict::word)))]
    pub only: Option<String>,
    /// Flags of tools that read lines.
    #[command(flatten)]
    pub stream: Stream,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "  il-implement < triaged.ndjson | il-ship --unsafe-no-sandbox > shipped.ndjson
  il-ship --only needs-review < implemented.ndjson | jq -r .implement.request.url";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
