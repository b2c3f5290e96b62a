//! Everything there is to know about one candidate.

use il_core::text::single_line;

use crate::item::Item;

/// The whole story, for `s N`.
pub fn story(item: &Item) -> String {
    let candidate = &item.candidate;
    let mut out = format!("{}\n  {}\n", candidate.id, single_line(&candidate.summary, 200));
    let mut line = |name: &str, text: String| out.push_str(&format!("  {name:<9} {text}\n"));
    line("why", single_line(&candidate.value_for_us, 300));
    line("repo", candidate.target_repo.to_string());
    let paths: Vec<_> = candidate.target_paths.iter().map(ToString::to_string).collect();
    line("touches", paths.join(", "));
    for evidence in &item.evidence {
        let place = match (&evidence.path, evidence.line, &evidence.url) {
            (Some(path), Some(number), _) => format!("{path}:{number}"),
            (Some(path), None, _) => path.to_string(),
            (None, _, Some(url)) => single_line(url, 200),
            (None, _, None) => String::new(),
        };
        line("evidence", format!("{place}  {}", single_line(&evidence.text, 120)));
    }
    if let Some(claim) = &item.claim {
        line("claim", format!("{} ({})", single_line(&claim.what, 200), single_line(&claim.unit, 40)));
    }
    line(
        "fix",
        item.recipe
            .as_ref()
            .map_or("a worker".into(), |recipe| format!("recipe {}", single_line(&recipe.name, 60))),
    );
    if let Some(score) = &item.triage.score {
        line(
            "score",
            format!(
                "{:.3} = risk {} {} × reversibility {} {} × weight {} / {} h",
                score.value,
                candidate.risk.word(),
                score.risk,
                candidate.reversibility.word(),
                score.reversibility,
                score.weight,
                score.effort_hours
            ),
        );
    }
    if !item.triage.merged_evidence.is_empty() {
        line("also", item.triage.merged_evidence.join(", "));
    }
    out
}
