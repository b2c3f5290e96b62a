//! `il-triage`: which candidates are worth a person's time?
//!
//! Reads candidate lines; writes the same lines with `triage`, best first.
//! Refuses to choose for a person: without a terminal and without a flag the
//! best are only `proposed`. Exit 0 done; 1 when lines could not be read;
//! 2 wrong use or configuration; 130 when the person stopped it.

mod args;
mod dedupe;
mod gate;
mod inputs;
mod item;
mod rules;
mod score;

pub use args::Args;

use il_core::cli::{Context, Io};
use il_core::exit::Exit;
use il_core::lines::{Rejects, Writer};
use il_core::member::{DecidedBy, Reason, Verdict};

use crate::gate::Decision;
use crate::inputs::Inputs;
use crate::item::Item;

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when stdin or stdout fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let mut rejects = Rejects::new(args.stream.rejects.clone());
    let lines = io.read_all(&mut rejects)?;
    let inputs = Inputs::gather(&args, &lines, context, &mut rejects)?;
    let mut items = Vec::new();
    for numbered in lines {
        match Item::read(numbered.line.clone(), &inputs) {
            Ok(item) => items.push(item),
            Err(error) => rejects.refuse(&mut io.say, &numbered, &error)?,
        }
    }
    judge(&mut items, &inputs);
    let decision = gate::decide(&args, &mut items, &inputs, &mut io.say)?;
    if decision == Decision::Interrupted {
        return Ok(Exit::Interrupted);
    }
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    for item in items {
        if args.only.as_deref().is_none_or(|only| only == item.triage.verdict.word()) {
            writer.write(&item.into_line())?;
        }
    }
    writer.flush()?;
    Ok(rejects.finish(&mut io.say)?)
}

/// Applies the rules, ranks what is left and cuts it to K. Afterwards the items are in order.
fn judge(items: &mut [Item], inputs: &Inputs) {
    items.sort_by(Item::order);
    dedupe::dedupe(items);
    for item in items.iter_mut().filter(|item| item.is_open()) {
        for rule in rules::ALL {
            if let Some((verdict, detail)) = (rule.judge)(item, inputs) {
                item.reject(verdict, rule.name, detail);
                break;
            }
        }
    }
    let chosen = items.iter().filter(|item| item.triage.verdict == Verdict::Accepted).count();
    let room = inputs.top.saturating_sub(chosen);
    for (index, item) in items.iter_mut().filter(|item| item.is_open()).enumerate() {
        item.triage.rank = Some(index + 1);
        item.triage.decided_by = DecidedBy::Rule;
        if index < room {
            item.triage.verdict = Verdict::Proposed;
        } else {
            item.triage.verdict = Verdict::BelowCut;
            item.triage.reasons.push(Reason {
                rule: "top".into(),
                detail: format!("rank {}, and {} are taken", index + 1, inputs.top),
            });
        }
    }
    fund(items, inputs);
    items.sort_by(|a, b| a.place().cmp(&b.place()).then_with(|| a.order(b)));
}

/// Gives each line that may be implemented its share of the money; recipes cost nothing.
fn fund(items: &mut [Item], inputs: &Inputs) {
    let costs = |item: &&mut Item| item.may_be_implemented() && item.recipe.is_none();
    let count = items.iter_mut().filter(costs).count();
    let share = inputs.budget.share(count).min(inputs::LINE_BUDGET);
    for item in items.iter_mut().filter(costs) {
        item.triage.budget_usd = share;
        item.triage.quote_usd = share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;

    fn verdicts(items: &[Item]) -> Vec<(String, Verdict)> {
        items.iter().map(|item| (item.candidate.id.to_string(), item.triage.verdict)).collect()
    }

    #[test]
    fn the_best_k_are_proposed_and_the_order_of_input_does_not_matter() {
        let inputs = Inputs { top: 2, ..Inputs::for_tests() };
        let mut one = vec![item("a", 4.0), item("b", 1.0), item("c", 2.0)];
        let mut two = vec![item("c", 2.0), item("a", 4.0), item("b", 1.0)];
        judge(&mut one, &inputs);
        judge(&mut two, &inputs);
        assert_eq!(verdicts(&one), verdicts(&two));
        let expected = [("b", Verdict::Proposed), ("c", Verdict::Proposed), ("a", Verdict::BelowCut)];
        assert_eq!(verdicts(&one), expected.map(|(id, verdict)| (id.to_owned(), verdict)));
    }

    #[test]
    fn budgets_never_sum_to_more_than_is_left_and_recipes_cost_nothing() {
        use il_core::config::Mode;
        use il_core::money::MicroDollars;
        for dollars in [0, 1, 7, 11, 100] {
            let inputs =
                Inputs { mode: Mode::Claude, budget: MicroDollars::dollars(dollars), ..Inputs::for_tests() };
            let mut items: Vec<_> = ["a", "b", "c", "d"].map(|id| item(id, 1.0)).into();
            items.iter_mut().skip(1).for_each(|item| item.recipe = None);
            judge(&mut items, &inputs);
            let sum: MicroDollars = items.iter().map(|item| item.triage.budget_usd).sum();
            assert!(sum <= inputs.budget, "{sum} of {dollars}");
            assert!(items.iter().all(|item| item.triage.budget_usd <= inputs::LINE_BUDGET));
            let recipe = items.iter().find(|item| item.recipe.is_some()).unwrap();
            assert!(recipe.triage.budget_usd.is_zero());
        }
    }

    #[test]
    fn equal_scores_are_ordered_by_id() {
        let mut items = vec![item("b", 1.0), item("a", 1.0)];
        judge(&mut items, &Inputs::for_tests());
        assert_eq!(items[0].candidate.id.as_str(), "a");
    }

    #[test]
    fn a_rephrasing_is_discarded_and_names_the_line_that_stays() {
        let mut same = item("z", 0.5);
        same.key = "web/k/a".into();
        let mut items = vec![item("a", 1.0), same];
        judge(&mut items, &Inputs::for_tests());
        let expected = [("z", Verdict::Proposed), ("a", Verdict::Discarded)];
        assert_eq!(verdicts(&items), expected.map(|(id, verdict)| (id.to_owned(), verdict)));
        assert_eq!(items[0].triage.merged_evidence, ["a"]);
        assert!(items[1].triage.reasons[0].detail.contains("`z`"));
    }
}
