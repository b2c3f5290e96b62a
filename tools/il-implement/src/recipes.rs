//! The recipes: deterministic fixes, one file each plus one line in the list.

mod ci;

use il_core::member::{Check, Recipe};
use il_core::snapshot::Snapshot;

/// A kind of recipe.
pub struct RecipeKind {
    /// Plans the change; `None` when it does not know a recipe of this name.
    pub plan: fn(&Recipe, &Snapshot) -> Option<Result<Plan, Refused>>,
}

/// All recipes; the first that knows the name plans.
pub const ALL: &[RecipeKind] = &[ci::RECIPE];

/// A change, ready to be written.
pub struct Plan {
    /// Files with their new content.
    pub files: Vec<(String, String)>,
    /// What it means, one sentence each.
    pub effects: Vec<String>,
    /// What was verified about it.
    pub checks: Vec<Check>,
}

/// Why there is no plan.
pub enum Refused {
    /// The target has it already.
    AlreadyDone(String),
    /// It cannot be done safely.
    No(String),
}

/// Plans the recipe; `None` when no kind knows it.
pub fn plan(recipe: &Recipe, snapshot: &Snapshot) -> Option<Result<Plan, Refused>> {
    ALL.iter().find_map(|kind| (kind.plan)(recipe, snapshot))
}
