//! The command line of `il-preflight`.

use clap::Parser;
use il_core::cli::{Arguments, Common, after_help};
use il_core::config::{Intensity, Mode};
use il_core::home::TargetFlag;

/// May we, where, and how much: a table of checks, then assignment lines.
///
/// When a check fails nothing else happens: no assignments, exit 3.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-preflight", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// Only this target: an alias, a folder, or ALIAS=FOLDER; repeatable
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<TargetFlag>,
    /// Only this domain; repeatable
    #[arg(long, value_name = "DOMAIN", value_parser = clap::builder::PossibleValuesParser::new(il_core::domains::BUILT_IN))]
    pub domain: Vec<String>,
    /// How much is done in this run [default: the configuration's, medium]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub intensity: Option<Intensity>,
    /// Who thinks and edits [default: the configuration's, none]
    #[arg(long, value_enum, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "  il-preflight | il-discover > candidates.ndjson
  il-preflight --dry-run --intensity light";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
