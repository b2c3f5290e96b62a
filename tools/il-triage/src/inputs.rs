//! What triage knows besides the lines: numbers, tables, targets, what is open.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use il_core::cli::Context;
use il_core::config::{Mode, ScoreTables, Target};
use il_core::exit::Stop;
use il_core::id::Alias;
use il_core::line::LineError;
use il_core::lines::{Numbered, Rejects};
use il_core::money::MicroDollars;
use il_core::session::Session;
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
    /// Keys of merge requests that are open or were turned down, with their state and place.
    pub open: HashMap<String, OpenRequest>,
}

/// One merge request of ours that speaks against another for the same idea.
#[derive(Clone, Debug, Deserialize)]
pub struct OpenRequest {
    /// The canonical name of the idea.
    key: String,
    /// `open` or `closed`.
    pub state: String,
    /// Where a person reads it.
    pub url: String,
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
        let session = Session::open(&args.common, &[], lines, context)?;
        session.keep_rejects(rejects, &args.stream)?;
        let config = &session.home.config;
        let numbers = match args.intensity {
            Some(wanted) => config.numbers(wanted),
            None => session.numbers(),
        };
        let of_run =
            session.folder()?.map(|folder| folder.join("open-requests.ndjson")).filter(|path| path.exists());
        let named = args.open_requests.as_ref().map(|path| context.folder.join(path));
        let open = named.or(of_run).map_or_else(|| Ok(HashMap::new()), |path| open_requests(&path))?;
        let is_configured = session.run.is_some() || !config.targets.is_empty();
        Ok(Self {
            top: args.top.unwrap_or(numbers.candidates),
            budget: args.budget_usd.unwrap_or(numbers.implementation_usd),
            mode: session.mode(),
            tables: config.score.clone(),
            targets: is_configured.then_some(session.targets),
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

fn open_requests(path: &Path) -> Result<HashMap<String, OpenRequest>, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::new(format!("open requests `{}`: {error}", path.display())))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let request: OpenRequest = serde_json::from_str(line).map_err(|error| {
                Stop::new(format!("open requests `{}` line {}: {error}", path.display(), index + 1))
            })?;
            Ok((request.key.clone(), request))
        })
        .collect()
}
