//! The rules of the ci scout, one file each plus one line in the list.

mod no_cache;
mod only_except;
mod superseded;

use super::{CiFiles, Waste};

/// One rule.
pub struct Rule {
    /// Finds its kind of waste.
    pub find: fn(&CiFiles<'_>) -> Vec<Waste>,
}

/// All rules, in order of what maintainers accept.
pub const ALL: &[Rule] = &[only_except::RULE, no_cache::RULE, superseded::RULE];
