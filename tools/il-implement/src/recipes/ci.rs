//! Edits of CI files by splicing bytes, proven by parsing the result again.

use il_ci::edit::Refusal;
use il_ci::fixes;
use il_ci::yaml::Yaml;
use il_core::member::{Check, CheckStatus, Recipe};
use il_core::snapshot::Snapshot;
use il_core::text::count;

use super::{Plan, RecipeKind, Refused};

/// This kind.
pub const RECIPE: RecipeKind = RecipeKind { plan };

fn plan(recipe: &Recipe, snapshot: &Snapshot) -> Option<Result<Plan, Refused>> {
    let planned = fixes::plan(&recipe.name, snapshot, &recipe.arguments)?;
    Some(match planned {
        Ok(fix) => {
            let comments = Yaml::parse(fix.after.clone()).map_or(0, |yaml| yaml.comments().len());
            let check = Check {
                name: format!("recipe {}", recipe.name),
                status: CheckStatus::Passed,
                detail: format!(
                    "{} was parsed again: it differs from before only as described, and {} kept",
                    fix.path,
                    if comments == 1 {
                        "its comment is".into()
                    } else {
                        format!("all {} are", count(comments, "comment"))
                    },
                ),
            };
            Ok(Plan { files: vec![(fix.path, fix.after)], effects: fix.effects, checks: vec![check] })
        }
        Err(Refusal::AlreadyDone(why)) => Err(Refused::AlreadyDone(why)),
        Err(refusal) => Err(Refused::No(refusal.to_string())),
    })
}
