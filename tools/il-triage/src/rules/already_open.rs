//! A merge request of ours for the same idea is open.

use il_core::member::Verdict;

use super::Rule;
use crate::inputs::Inputs;
use crate::item::Item;

/// This rule.
pub const RULE: Rule = Rule { name: "already-open", judge };

fn judge(item: &Item, inputs: &Inputs) -> Option<(Verdict, String)> {
    let url = inputs.open.get(&item.key)?;
    Some((Verdict::Discarded, format!("a merge request is open: {url}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;

    #[test]
    fn an_open_request_for_the_same_key_excludes_and_one_for_another_does_not() {
        let mut inputs = Inputs::for_tests();
        inputs.open.insert("web/k/a".into(), "x.md".into());
        assert!(judge(&item("a", 1.0), &inputs).is_some());
        assert!(judge(&item("b", 1.0), &inputs).is_none());
    }
}
