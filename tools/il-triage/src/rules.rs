//! Hard exclusions, one file each plus one line in the list.

mod already_open;
mod needs_worker;

use il_core::member::Verdict;

use crate::inputs::Inputs;
use crate::item::Item;

/// One rule.
pub struct Rule {
    /// Its name on the line.
    pub name: &'static str,
    /// The verdict and its reason, where the rule objects.
    pub judge: fn(&Item, &Inputs) -> Option<(Verdict, String)>,
}

/// All rules; the first that objects decides.
pub const ALL: &[Rule] = &[already_open::RULE, needs_worker::RULE];
