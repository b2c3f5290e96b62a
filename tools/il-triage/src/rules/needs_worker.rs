//! No recipe knows it, and this run has no worker.

use il_core::config::Mode;
use il_core::member::Verdict;

use super::Rule;
use crate::inputs::Inputs;
use crate::item::Item;

/// This rule.
pub const RULE: Rule = Rule { name: "needs-worker", judge };

fn judge(item: &Item, inputs: &Inputs) -> Option<(Verdict, String)> {
    if item.recipe.is_some() {
        return None;
    }
    if inputs.mode == Mode::None {
        return Some((Verdict::Held, "no recipe is known, and mode `none` has no worker".into()));
    }
    inputs
        .budget
        .is_zero()
        .then(|| (Verdict::Held, "no recipe is known, and no money is left for a worker".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;
    use il_core::money::MicroDollars;

    #[test]
    fn a_line_without_recipe_is_held_without_a_worker_and_passes_with_a_funded_one() {
        let mut bare = item("a", 1.0);
        bare.recipe = None;
        let funded = Inputs { mode: Mode::Claude, budget: MicroDollars::dollars(5), ..Inputs::for_tests() };
        assert!(judge(&bare, &Inputs::for_tests()).is_some());
        assert!(judge(&bare, &Inputs { budget: MicroDollars::ZERO, ..funded }).is_some());
        let funded = Inputs { mode: Mode::Claude, budget: MicroDollars::dollars(5), ..Inputs::for_tests() };
        assert!(judge(&bare, &funded).is_none());
        assert!(judge(&item("b", 1.0), &Inputs::for_tests()).is_none());
    }
}
