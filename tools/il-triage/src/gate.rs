//! The human gate: who decides about the proposed lines, and how.

mod story;
mod table;
mod terminal;
mod todo;

use std::collections::HashMap;
use std::io::IsTerminal as _;

use il_core::exit::Stop;
use il_core::lines::{Reader, Rejects};
use il_core::member::{DecidedBy, Triage, Verdict};
use il_core::say::Say;
use il_core::text::count;

use crate::args::Args;
use crate::inputs::Inputs;
use crate::item::Item;

/// How the gate ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Every line has its verdict.
    Done,
    /// The person stopped it: nothing is accepted.
    Interrupted,
}

/// Decides about the proposed items: by flag, by a person on the terminal, or not at all.
///
/// # Errors
/// When a flag names what is not there, or the terminal fails.
pub fn decide(args: &Args, items: &mut [Item], inputs: &Inputs, say: &mut Say) -> anyhow::Result<Decision> {
    if args.common.dry_run {
        say.plain(&table::table(items, say));
        return Ok(Decision::Done);
    }
    if let Some(path) = &args.reviewed {
        apply_review(path, items, say)?;
    }
    if !args.accept.is_empty() {
        accept_ids(args, items)?;
    }
    if args.reviewed.is_some() || !args.accept.is_empty() {
        reorder(items);
        return Ok(Decision::Done);
    }
    if args.auto {
        for item in items.iter_mut().filter(|item| item.triage.verdict == Verdict::Proposed) {
            set(item, Verdict::Accepted, DecidedBy::Auto, None);
        }
        say.plain(&table::table(items, say));
        return Ok(Decision::Done);
    }
    let proposed = items.iter().filter(|item| item.triage.verdict == Verdict::Proposed).count();
    if proposed == 0 {
        say.plain(&table::table(items, say));
        return Ok(Decision::Done);
    }
    let terminal = if std::io::stderr().is_terminal() { terminal::Terminal::open() } else { None };
    let Some(mut terminal) = terminal else {
        say.plain(&table::table(items, say));
        say.note(&format!(
            "{} proposed, none accepted: there is no terminal to ask on",
            count(proposed, "candidate")
        ));
        say.hint(
            "accept with --accept ID,…, --auto, --reviewed FILE, or jq -c '.triage.verdict = \"accepted\"'",
        );
        return Ok(Decision::Done);
    };
    let decision = terminal::ask(&mut terminal, items, inputs, say)?;
    reorder(items);
    Ok(decision)
}

fn reorder(items: &mut [Item]) {
    items.sort_by(|a, b| a.place().cmp(&b.place()).then_with(|| a.order(b)));
}

/// Records a verdict with who gave it and why.
fn set(item: &mut Item, verdict: Verdict, by: DecidedBy, why: Option<&str>) {
    item.triage.verdict = verdict;
    item.triage.decided_by = by;
    if let Some(why) = why {
        item.triage.reasons.push(il_core::member::Reason { rule: "human".into(), detail: why.into() });
    }
}

fn accept_ids(args: &Args, items: &mut [Item]) -> Result<(), Stop> {
    for id in &args.accept {
        let Some(item) = items.iter_mut().find(|item| {
            item.candidate.id == *id && item.triage.reasons.iter().all(|reason| reason.rule != "duplicate")
        }) else {
            let known: Vec<_> = items.iter().map(|item| item.candidate.id.as_str()).collect();
            let stop = Stop::new(format!("--accept: no line has the id `{id}`"));
            return Err(match il_core::nearest::nearest(id.as_str(), known) {
                Some(word) => stop.hint(format!("did you mean `{word}`?")),
                None => stop,
            });
        };
        // A rule's exclusion is not undone by a list of ids: the line says what is in the way.
        if matches!(item.triage.verdict, Verdict::Discarded | Verdict::Held) {
            let why = item.triage.reasons.first().map_or("", |reason| &reason.detail);
            return Err(Stop::new(format!("--accept: `{id}` is {}: {why}", item.triage.verdict.word())));
        }
        set(item, Verdict::Accepted, DecidedBy::Human, None);
    }
    Ok(())
}

/// Takes over the verdicts of lines that a person has looked at, by id and repo.
fn apply_review(path: &std::path::Path, items: &mut [Item], say: &mut Say) -> anyhow::Result<()> {
    let file = std::fs::File::open(path)
        .map_err(|error| Stop::new(format!("--reviewed `{}`: {error}", path.display())))?;
    let mut rejects = Rejects::default();
    let lines = Reader::new(std::io::BufReader::new(file)).all(&mut rejects, say)?;
    let mut verdicts = HashMap::new();
    for numbered in &lines {
        let place =
            |error| Stop::new(format!("--reviewed `{}` line {}: {error}", path.display(), numbered.number));
        let id: String = numbered.line.require("id", "a text").map_err(place)?;
        let repo: String = numbered.line.require("target_repo", "a text").map_err(place)?;
        let triage: Triage = numbered.line.require("triage", "an object with a verdict").map_err(place)?;
        verdicts.insert((repo, id), triage.verdict);
    }
    if rejects.count() > 0 {
        anyhow::bail!(Stop::new(format!(
            "--reviewed `{}`: {} cannot be read",
            path.display(),
            count(rejects.count(), "line")
        )));
    }
    for item in
        items.iter_mut().filter(|item| matches!(item.triage.verdict, Verdict::Proposed | Verdict::BelowCut))
    {
        let name = (item.candidate.target_repo.to_string(), item.candidate.id.to_string());
        match verdicts.get(&name) {
            // Unchanged is undecided.
            Some(verdict) if *verdict != Verdict::Proposed && *verdict != item.triage.verdict => {
                set(item, *verdict, DecidedBy::Human, None);
            }
            _ => {}
        }
    }
    Ok(())
}
