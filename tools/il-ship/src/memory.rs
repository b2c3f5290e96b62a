//! What is remembered: the state file, and the run's summary.

use il_core::atomic;
use il_core::exit::Stop;
use il_core::home::Run;
use il_core::member::{ShipVerdict, Status};
use il_core::state::{Entry, RunSummary, State};

use crate::shipyard::Shipyard;
use crate::task::Task;

/// Writes the state file and, inside a run, `summary.md`. Zero judged lines leave no trace.
///
/// # Errors
/// When the state file cannot be understood or written.
pub fn remember(shipyard: &Shipyard, tasks: &[Task]) -> Result<(), Stop> {
    if !tasks.iter().any(|task| task.touched) {
        return Ok(());
    }
    let path = shipyard.home.state_file();
    let mut state = State::load(&path)?;
    for task in tasks.iter().filter(|task| task.touched) {
        let Some(ship) = &task.ship else { continue };
        let entry = Entry {
            id: task.candidate.id.clone(),
            key: task.key.clone(),
            target_repo: task.candidate.target_repo.clone(),
            request: task.request().cloned(),
            verdict: ship.verdict.word().to_owned(),
            note: il_core::text::single_line(&ship.note, 200),
            at: shipyard.now.to_string(),
        };
        match ship.verdict {
            ShipVerdict::AutoMergeable | ShipVerdict::NeedsReview | ShipVerdict::TakenOver => {
                State::remember(&mut state.shipped, entry);
            }
            ShipVerdict::Failed => State::remember(&mut state.failed, entry),
            ShipVerdict::Blocked | ShipVerdict::Superseded | ShipVerdict::Pending => {}
        }
    }
    let summary = summary(shipyard, tasks);
    // The same run told twice is one run.
    state.runs.retain(|old| old.run.is_none() || old.run != summary.run);
    let text = page(&summary, tasks);
    state.runs.push(summary);
    state.save(&path)?;
    if let Some(run) = &shipyard.run {
        let path = Run::folder(&shipyard.home, run)?.join("summary.md");
        atomic::write(&path, text.as_bytes()).map_err(|error| Stop::new(error.to_string()))?;
    }
    Ok(())
}

fn is_green(task: &Task) -> bool {
    matches!(
        task.ship.as_ref().map(|ship| ship.pipeline.status),
        Some(il_core::member::PipelineStatus::Success)
    )
}

fn summary(shipyard: &Shipyard, tasks: &[Task]) -> RunSummary {
    let done = || tasks.iter().filter_map(|task| task.implement.as_ref());
    RunSummary {
        run: shipyard.run.clone(),
        at: shipyard.now.to_string(),
        candidates: tasks.len(),
        opened: done().filter(|done| done.status == Status::Opened).count(),
        green: tasks.iter().filter(|task| is_green(task)).count(),
        cost_usd: done().map(|done| done.cost_usd).sum(),
    }
}

fn page(summary: &RunSummary, tasks: &[Task]) -> String {
    let mut page = format!(
        "# Run {}\n\n{}, {} opened, {} green, {}\n\n",
        summary.run.as_ref().map_or("without a folder", |run| run.as_str()),
        il_core::text::count(summary.candidates, "candidate"),
        summary.opened,
        summary.green,
        summary.cost_usd
    );
    for task in tasks.iter().filter(|task| task.touched) {
        let Some(ship) = &task.ship else { continue };
        page.push_str(&format!("- `{}` {}: {}\n", task.candidate.id, ship.verdict.word(), ship.note));
    }
    page
}
