//! The command line of `il-triage`.

use std::path::PathBuf;

use clap::Parser;
use il_core::cli::{Arguments, Common, Stream, after_help};
use il_core::config::Intensity;
use il_core::id::CandidateId;
use il_core::money::MicroDollars;

/// Choose: candidate lines in, the same lines with a verdict out, best first.
///
/// score = risk × reversibility × weight / effort hours. The best K are shown
/// to a person on the terminal. Without a terminal they are `proposed`, on which
/// nothing acts; accept them with --accept, --reviewed, --auto, or with jq.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-triage", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// How much is done in one run [default: the run's, else the configuration's]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub intensity: Option<Intensity>,
    /// Candidates at most [default: by intensity]
    #[arg(short = 'k', long = "top", value_name = "K")]
    pub top: Option<usize>,
    /// Dollars left for implementation [default: by intensity]
    #[arg(long, value_name = "DOLLARS")]
    pub budget_usd: Option<MicroDollars>,
    /// Accept the best K without asking
    #[arg(long, conflicts_with_all = ["no_auto", "accept", "reviewed"])]
    pub auto: bool,
    /// Ask a person (the default)
    #[arg(long)]
    pub no_auto: bool,
    /// Accept these candidates, by id
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub accept: Vec<CandidateId>,
    /// Take the verdicts of this file: candidate lines that a person has looked at
    #[arg(long, value_name = "FILE")]
    pub reviewed: Option<PathBuf>,
    /// Open merge requests, one per line with `key` [default: the run's]
    #[arg(long, value_name = "FILE")]
    pub open_requests: Option<PathBuf>,
    /// Print only lines with this verdict
    #[arg(long, value_name = "VERDICT", value_parser = ["proposed", "accepted", "discarded", "held", "below-cut"])]
    pub only: Option<String>,
    /// Flags of tools that read lines.
    #[command(flatten)]
    pub stream: Stream,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "  il-discover --domain ci --target . | il-triage > triaged.ndjson
  il-triage --accept web-ci-no-cache < candidates.ndjson
  il-triage < candidates.ndjson | jq -c '.triage.verdict = \"accepted\"'";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
