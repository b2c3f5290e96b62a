//! What every tool of improve-loop stands on: the candidate line and its
//! stream, identifiers and paths that cannot be wrong, money, time, git and
//! supervised processes, the configuration and the files of a run.
//!
//! Layers: this crate knows no network and no forge. Everything that a tool
//! could do wrong twice is done here once.

pub mod atomic;
pub mod candidate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domains;
pub mod environment;
pub mod exit;
pub mod git;
pub mod home;
pub mod id;
pub mod interrupt;
pub mod line;
pub mod lines;
pub mod member;
pub mod mirror;
pub mod money;
pub mod nearest;
pub mod paths;
pub mod process;
pub mod say;
pub mod session;
pub mod snapshot;
pub mod state;
pub mod text;
