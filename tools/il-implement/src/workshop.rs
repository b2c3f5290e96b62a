//! What all attempts share: the home, the targets, the run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use il_core::cli::Context;
use il_core::config::{GateLimits, Target};
use il_core::exit::Stop;
use il_core::home::{Home, Run, select_targets, which_run};
use il_core::id::{Alias, CandidateId, RunId};
use il_core::lines::{Numbered, Rejects};
use il_core::mirror::{Base, Mirror, Source, TargetError};
use il_forge::{Forge, LocalForge};
use jiff::Timestamp;

use crate::args::Args;

/// Everything an attempt needs besides its line.
pub struct Workshop {
    home: Home,
    targets: BTreeMap<Alias, Target>,
    /// The run, inside one.
    pub run: Option<RunId>,
    /// Attempts at the same time.
    pub parallel: usize,
    /// What a change may look like.
    pub limits: GateLimits,
    /// When this tool was started.
    pub now: Timestamp,
}

/// One target, opened.
pub struct Opened {
    /// The owner's repo.
    pub source: Source,
    /// Where work starts from.
    pub base: Base,
    /// Our mirror.
    pub mirror: Mirror,
}

impl Workshop {
    /// Finds home, run and targets.
    ///
    /// # Errors
    /// On wrong configuration or flags.
    pub fn open(
        args: &Args,
        lines: &[Numbered],
        context: &Context,
        rejects: &mut Rejects,
    ) -> Result<Self, Stop> {
        let home = Home::find(&args.common, context)?;
        let run = which_run(&args.common, lines)?;
        let loaded = run.as_ref().map(|run| Run::load(&home, run)).transpose()?;
        if let Some(run) = run.as_ref().filter(|_| args.stream.rejects.is_none()) {
            rejects.to(Run::folder(&home, run)?.join("rejects.ndjson"));
        }
        let known = loaded.as_ref().map_or_else(|| home.targets(), |run| run.targets.clone());
        let mut targets = known.clone();
        if !args.target.is_empty() {
            targets.extend(select_targets(&args.target, &known, context)?);
        }
        let numbers =
            loaded.as_ref().map_or_else(|| home.config.numbers(home.config.intensity), |run| &run.numbers);
        Ok(Self {
            parallel: numbers.parallel.max(1),
            limits: home.config.gates.clone(),
            now: context.now,
            targets,
            run,
            home,
        })
    }

    /// Opens a target and brings our mirror up to date.
    ///
    /// # Errors
    /// Says what is wrong with the target, for the line.
    pub fn target(&self, alias: &Alias) -> Result<Opened, String> {
        let target = self
            .targets
            .get(alias)
            .ok_or_else(|| format!("target `{alias}` is not known; name it with --target {alias}=FOLDER"))?;
        let say = |error: TargetError| error.to_string();
        let source = Source::open(alias.as_str(), &target.path).map_err(say)?;
        let base = source.base(target.branch.as_deref()).map_err(say)?;
        let git_dir = self.path(&format!("repos/{alias}.git"))?;
        let mirror = Mirror::refresh(&git_dir, &source, &base).map_err(say)?;
        Ok(Opened { source, base, mirror })
    }

    /// The forge of a target.
    ///
    /// # Errors
    /// When the home folder cannot be written.
    pub fn forge(&self, alias: &Alias, source: &Source) -> Result<Box<dyn Forge>, String> {
        let folder = self.path(&format!("requests/{alias}"))?;
        Ok(Box::new(LocalForge::new(folder, source.git().clone())))
    }

    /// The worktree of a candidate.
    ///
    /// # Errors
    /// When the home folder cannot be written.
    pub fn worktree(&self, alias: &Alias, id: &CandidateId) -> Result<PathBuf, String> {
        self.path(&format!("worktrees/{alias}/{id}"))
    }

    /// The folder for what is left of an attempt; `None` outside a run.
    pub fn record(&self, alias: &Alias, id: &CandidateId) -> Option<PathBuf> {
        let run = self.run.as_ref()?;
        Some(Run::folder(&self.home, run).ok()?.join("workers").join(alias.as_str()).join(id.as_str()))
    }

    fn path(&self, below: &str) -> Result<PathBuf, String> {
        self.home.path(below).map_err(|stop| stop.message)
    }
}
