//! The score: risk × reversibility × weight / effort hours.

use il_core::candidate::{Candidate, Reversibility, Risk};
use il_core::config::ScoreTables;
use il_core::member::Score;

/// Scores a candidate. The weight is the line's own, else the configured one of its kind,
/// else of its source, else 1.
pub fn score(candidate: &Candidate, kind: Option<&str>, tables: &ScoreTables) -> Score {
    let risk = match candidate.risk {
        Risk::Low => tables.risk.low,
        Risk::Medium => tables.risk.medium,
        Risk::High => tables.risk.high,
    };
    let reversibility = match candidate.reversibility {
        Reversibility::Instant => tables.reversibility.instant,
        Reversibility::Hours => tables.reversibility.hours,
        Reversibility::Days => tables.reversibility.days,
        Reversibility::Irreversible => tables.reversibility.irreversible,
    };
    let configured = |name: &str| tables.weights.get(name).copied();
    let weight = candidate
        .value_weight
        .or_else(|| configured(kind?))
        .or_else(|| configured(&candidate.source))
        .unwrap_or(1.0);
    let effort_hours = candidate.effort_estimate_hours;
    Score { value: risk * reversibility * weight / effort_hours, risk, reversibility, weight, effort_hours }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;

    #[test]
    fn the_formula_is_the_product_over_the_effort() {
        let mut candidate = item("a", 2.0).candidate;
        candidate.risk = Risk::Medium;
        candidate.reversibility = Reversibility::Hours;
        candidate.value_weight = Some(3.0);
        let score = score(&candidate, None, &ScoreTables::default());
        assert!((score.value - 0.6 * 0.7 * 3.0 / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_lines_own_weight_wins_over_its_kind_and_that_over_its_source() {
        let mut tables = ScoreTables::default();
        tables.weights.insert("ci".into(), 2.0);
        let mut candidate = item("a", 1.0).candidate;
        assert_eq!(score(&candidate, Some("k"), &tables).weight, 2.0);
        tables.weights.insert("k".into(), 3.0);
        assert_eq!(score(&candidate, Some("k"), &tables).weight, 3.0);
        candidate.value_weight = Some(4.0);
        assert_eq!(score(&candidate, Some("k"), &tables).weight, 4.0);
    }
}
