//! The command line of `il-gate`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use il_core::cli::{Arguments, Common, after_help};
use il_core::paths::TargetPath;

/// Check a change: findings as lines, exit 3 when it is blocked.
#[derive(Clone, Debug, Parser)]
#[command(name = "il-gate", version, after_help = after_help(EXAMPLES))]
pub struct Args {
    /// What to check.
    #[command(subcommand)]
    pub what: What,
    /// Flags of every tool.
    #[command(flatten)]
    pub common: Common,
}

/// What to check.
#[derive(Clone, Debug, Subcommand)]
pub enum What {
    /// The difference between two commits, read from the object store
    Diff(Diff),
}

/// Which difference, and what it may touch.
#[derive(Clone, Debug, clap::Args)]
pub struct Diff {
    /// The repo: its folder or its git dir
    #[arg(long, value_name = "DIR")]
    pub repo: PathBuf,
    /// The commit it starts from
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// The commit with the change
    #[arg(long, value_name = "REV")]
    pub head: String,
    /// What the change may touch; repeatable; without it the scope is not checked
    #[arg(long, value_name = "GLOB")]
    pub target_path: Vec<TargetPath>,
    /// Files changed at most [default: the configuration's, 100]
    #[arg(long, value_name = "N")]
    pub max_files: Option<usize>,
    /// Bytes of one changed file at most [default: the configuration's, 1048576]
    #[arg(long, value_name = "N")]
    pub max_bytes: Option<u64>,
}

const EXAMPLES: &str = "  il-gate diff --repo . --base HEAD~1 --head HEAD --target-path 'src/'
  il-gate diff --repo . --base HEAD~1 --head HEAD | jq -r .what";

impl Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}
