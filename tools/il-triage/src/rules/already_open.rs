//! A merge request of ours for the same idea is open, or a person turned it down.

use il_core::member::Verdict;

use super::Rule;
use crate::inputs::Inputs;
use crate::item::Item;

/// This rule.
pub const RULE: Rule = Rule { name: "already-open", judge };

fn judge(item: &Item, inputs: &Inputs) -> Option<(Verdict, String)> {
    let request = inputs.open.get(&item.key)?;
    let detail = if request.state == "open" {
        format!("a merge request is open: {}", request.url)
    } else {
        format!("a merge request was turned down: {}", request.url)
    };
    Some((Verdict::Discarded, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;

    #[test]
    fn an_open_request_for_the_same_key_excludes_and_one_for_another_does_not() {
        let mut inputs = Inputs::for_tests();
        let request = serde_json::json!({"key": "web/k/a", "state": "open", "url": "x.md"});
        inputs.open.insert("web/k/a".into(), serde_json::from_value(request).unwrap());
        assert!(judge(&item("a", 1.0), &inputs).is_some());
        assert!(judge(&item("b", 1.0), &inputs).is_none());
    }
}
