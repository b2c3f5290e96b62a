//! What triage knows besides the lines: numbers, tables, targets, what is open.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use il_core::cli::Context;
use il_core::config::{Mode, ScoreTables, Target};
use il_core::exit::Stop;
use il_core::home::{Home, Run, which_run};
use il_core::id::Alias;
use il_core::line::LineError;
use il_core::lines::{Numbered, Rejects};
use il_core::money::MicroDollars;
use serde::Deserialize;

use crate::args::Args;

/// What one line may cost at most (design: a worker's cap is $5).
pub const LINE_BUDGET: MicroDollars = MicroDollars::dollars(5);

/// Everything but the lines.
#[derive(Debug)]
pub struct Inputs {
    /// Candidates at most.
    pub top: usize,
    /// Dollars left for implementation.
    pub budget: MicroDollars,
    /// Who would implement what no recipe knows.
    pub mode: Mode,
    /// Points and weights.
    pub tables: ScoreTables,
    /// The known targets; `None` where none are configured.
    pub targets: Option<BTreeMap<Alias, Target>>,
    /// Keys of open merge requests, with where they are.
    pub open: HashMap<String, String>,
}

#[derive(Deserialize)]
struct OpenRequest {
    key: String,
    url: String,
}

impl Inputs {
    /// Gathers them from flags, run folder and configuration.
    ///
    /// # Errors
    /// When something that was named cannot be read.
    pub fn gather(
        args: &Args,
        lines: &[Numbered],
        context: &Context,
        rejects: &mut Rejects,
    ) -> anyhow::Result<Self> {
        let home = Home::find(&args.common, context)?;
        let run_id = which_run(&args.common, lines)?;
        let run = run_id.as_ref().map(|run| Run::load(&home, run)).transpose()?;
        let folder = run_id.as_ref().map(|run| Run::folder(&home, run)).transpose()?;
        if let Some(folder) = folder.as_ref().filter(|_| args.stream.rejects.is_none()) {
            rejects.to(folder.join("rejects.ndjson"));
        }
        let config = &home.config;
        let numbers = match (args.intensity, &run) {
            (None, Some(run)) => &run.numbers,
            (wanted, _) => config.numbers(wanted.unwrap_or(config.intensity)),
        };
        let open = match (&args.open_requests, folder) {
            (Some(path), _) => open_requests(&context.folder.join(path))?,
            (None, Some(folder)) => {
                let path = folder.join("open-requests.ndjson");
                if path.exists() { open_requests(&path)? } else { HashMap::new() }
            }
            (None, None) => HashMap::new(),
        };
        let configured = (!config.targets.is_empty()).then(|| home.targets());
        Ok(Self {
            top: args.top.unwrap_or(numbers.candidates),
            budget: args.budget_usd.unwrap_or(numbers.implementation_usd),
            mode: run.as_ref().map_or(config.mode, |run| run.mode),
            tables: config.score.clone(),
            targets: run.as_ref().map(|run| run.targets.clone()).or(configured),
            open,
        })
    }

    /// Is this repo one that may be improved?
    ///
    /// # Errors
    /// When targets are configured and this is none of them.
    pub fn check_target(&self, alias: &Alias) -> Result<(), LineError> {
        match &self.targets {
            Some(targets) if !targets.contains_key(alias) => {
                let known: Vec<_> = targets.keys().map(Alias::as_str).collect();
                let expected = format!("a configured target ({})", il_core::text::list(&known));
                Err(LineError::new("target_repo", expected, format!("`{alias}`")))
            }
            _ => Ok(()),
        }
    }

    /// Inputs without a configuration.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        Self {
            top: 6,
            budget: MicroDollars::ZERO,
            mode: Mode::None,
            tables: ScoreTables::default(),
            targets: None,
            open: HashMap::new(),
        }
    }
}

fn open_requests(path: &Path) -> Result<HashMap<String, String>, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::new(format!("open requests `{}`: {error}", path.display())))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let request: OpenRequest = serde_json::from_str(line).map_err(|error| {
                Stop::new(format!("open requests `{}` line {}: {error}", path.display(), index + 1))
            })?;
            Ok((request.key, request.url))
        })
        .collect()
}
