//! What is remembered: the state file, and the run's summary.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use il_core::atomic;
use il_core::exit::Stop;
use il_core::home::Run;
use il_core::id::RunId;
use il_core::member::{PipelineStatus, ShipVerdict};
use il_core::state::{Entry, RunSummary, State};

use crate::shipyard::Shipyard;
use crate::task::Task;

/// The state file, read and held until it is written: two tools never lose each other's entries.
pub struct Memory {
    run: RunId,
    path: PathBuf,
    state: State,
    _lock: File,
}

impl Memory {
    /// Reads the state file of the home repo; `None` outside a run, where nothing is written.
    ///
    /// # Errors
    /// When it cannot be understood or locked.
    pub fn open(shipyard: &Shipyard) -> Result<Option<Self>, Stop> {
        let home = &shipyard.session.home;
        let Some(run) = shipyard.session.run_id().cloned() else { return Ok(None) };
        let disk = |error: std::io::Error| Stop::new(error.to_string());
        let lock = atomic::lock(&home.path("state.lock")?).map_err(disk)?;
        lock.lock().map_err(disk)?;
        let path = home.state_file();
        // A link would have us write into somebody else's folder.
        let folders = path.ancestors().skip(1).take_while(|folder| *folder != home.folder);
        for folder in folders {
            if folder.is_symlink() {
                let shown = folder.display();
                return Err(Stop::new(format!(
                    "`{shown}` is a symbolic link: the state file is not written through it"
                )));
            }
        }
        let state = State::load(&path)?;
        Ok(Some(Self { run, path, state, _lock: lock }))
    }

    /// Writes what was judged into the state file and the run's `summary.md`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remember(mut self, shipyard: &Shipyard, tasks: &[Task]) -> Result<(), Stop> {
        let known = |task: &Task| {
            let lists = [&self.state.shipped, &self.state.rejected, &self.state.failed];
            lists
                .into_iter()
                .flatten()
                .any(|entry| entry.request.is_some() && entry.request.as_ref() == task.request())
        };
        // What another il-ship has told meanwhile is not told again.
        let judged: Vec<_> = tasks.iter().filter(|task| task.touched && !known(task)).collect();
        for task in &judged {
            self.add(task, shipyard.now.to_string());
        }
        let summary = summary(&self.run, shipyard.now.to_string(), &judged);
        let text = page(&summary, &judged);
        match self.state.runs.iter_mut().find(|old| old.run == summary.run) {
            // Several il-ship may share a run: each tells its part.
            Some(old) => {
                old.at = summary.at;
                old.judged += summary.judged;
                old.green += summary.green;
                old.cost_usd = old.cost_usd + summary.cost_usd;
            }
            None => self.state.runs.push(summary),
        }
        self.state.save(&self.path)?;
        let path = Run::folder(&shipyard.session.home, &self.run)?.join("summary.md");
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| Stop::new(format!("`{}`: {error}", path.display())))
    }

    fn add(&mut self, task: &Task, at: String) {
        let Some(ship) = &task.ship else { return };
        let entry = Entry {
            id: task.candidate.id.clone(),
            key: task.key.clone(),
            target_repo: task.candidate.target_repo.clone(),
            request: task.request().cloned(),
            verdict: ship.verdict.word().to_owned(),
            note: il_core::text::single_line(&ship.note, 200),
            at,
        };
        let state = &mut self.state;
        let list = match ship.verdict {
            ShipVerdict::AutoMergeable | ShipVerdict::NeedsReview => &mut state.shipped,
            ShipVerdict::TakenOver if ship.note.starts_with("merged") => &mut state.shipped,
            ShipVerdict::TakenOver if ship.note.starts_with("closed") => &mut state.rejected,
            ShipVerdict::Failed => &mut state.failed,
            ShipVerdict::TakenOver
            | ShipVerdict::Blocked
            | ShipVerdict::Superseded
            | ShipVerdict::Pending => return,
        };
        State::remember(list, entry);
    }
}

fn is_green(task: &Task) -> bool {
    task.ship.as_ref().is_some_and(|ship| ship.pipeline.status == PipelineStatus::Success)
}

fn summary(run: &RunId, at: String, judged: &[&Task]) -> RunSummary {
    RunSummary {
        run: run.clone(),
        at,
        judged: judged.len(),
        green: judged.iter().filter(|task| is_green(task)).count(),
        cost_usd: judged.iter().filter_map(|task| Some(task.implement.as_ref()?.cost_usd)).sum(),
    }
}

fn page(summary: &RunSummary, judged: &[&Task]) -> String {
    let count = il_core::text::count(summary.judged, "merge request");
    let mut page =
        format!("# Run {}\n\n{count}, {} green, {}\n\n", summary.run, summary.green, summary.cost_usd);
    for task in judged {
        let Some(ship) = &task.ship else { continue };
        page.push_str(&format!("- `{}` {}: {}\n", task.candidate.id, ship.verdict.word(), ship.note));
    }
    page
}
