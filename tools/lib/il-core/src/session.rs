//! What a tool works on: the home, the run, the targets. Found once, the same way for all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::{Common, Context, Io, Stream};
use crate::config::{Mode, Numbers, Target};
use crate::exit::{Exit, Stop};
use crate::home::{FOLDER, Home, Run, TargetFlag, select_targets, which_run};
use crate::id::{Alias, RunId};
use crate::line::{Line, LineError};
use crate::lines::{Numbered, Rejects};
use crate::mirror::{Source, TargetError};

/// The home, the run and the targets of one tool.
#[derive(Clone, Debug)]
pub struct Session {
    /// The home repo.
    pub home: Home,
    /// The run, inside one.
    pub run: Option<Run>,
    /// Every known target: of the run, of the configuration, of the flags.
    pub targets: BTreeMap<Alias, Target>,
    /// The targets that flags name; all without flags.
    pub selected: BTreeMap<Alias, Target>,
}

impl Session {
    /// Finds them.
    ///
    /// # Errors
    /// On wrong configuration or flags, and when the run is not there.
    pub fn open(
        common: &Common,
        flags: &[TargetFlag],
        lines: &[Numbered],
        context: &Context,
    ) -> Result<Self, Stop> {
        let home = Home::find(common, context)?;
        let run = which_run(common, lines)?.map(|run| Run::load(&home, &run)).transpose()?;
        let mut targets = run.as_ref().map_or_else(|| home.targets(), |run| run.targets.clone());
        let selected = select_targets(flags, &targets, context)?;
        targets.extend(selected.clone());
        Ok(Self { home, run, targets, selected })
    }

    /// Reads all lines, opens their session, and parses each; what cannot be parsed is refused.
    ///
    /// # Errors
    /// On wrong use or configuration, and when stdin or the rejects fail.
    pub fn read<T>(
        io: &mut Io,
        common: &Common,
        stream: &Stream,
        flags: &[TargetFlag],
        context: &Context,
        parse: fn(Line) -> Result<T, LineError>,
    ) -> anyhow::Result<(Self, Vec<T>, Exit)> {
        let mut rejects = Rejects::new(stream.rejects.clone());
        let lines = io.read_all(&mut rejects)?;
        let session = Self::open(common, flags, &lines, context)?;
        session.keep_rejects(&mut rejects, stream)?;
        let mut parsed = Vec::new();
        for numbered in lines {
            match parse(numbered.line.clone()) {
                Ok(item) => parsed.push(item),
                Err(error) => rejects.refuse(&mut io.say, &numbered, &error)?,
            }
        }
        Ok((session, parsed, rejects.finish(&mut io.say)?))
    }

    /// The run's id, inside one.
    #[must_use]
    pub fn run_id(&self) -> Option<&RunId> {
        self.run.as_ref().map(|run| &run.run)
    }

    /// The run's folder, inside one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn folder(&self) -> Result<Option<PathBuf>, Stop> {
        self.run_id().map(|run| Run::folder(&self.home, run)).transpose()
    }

    /// Says where rejects belong: where the flag says, else into the run's folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_rejects(&self, rejects: &mut Rejects, stream: &Stream) -> Result<(), Stop> {
        let of_run = self.folder()?.map(|folder| folder.join("rejects.ndjson"));
        rejects.to(stream.rejects.clone().or(of_run));
        Ok(())
    }

    /// The numbers in force.
    #[must_use]
    pub fn numbers(&self) -> &Numbers {
        let config = &self.home.config;
        self.run.as_ref().map_or_else(|| config.numbers(config.intensity), |run| &run.numbers)
    }

    /// Who thinks and edits.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.run.as_ref().map_or(self.home.config.mode, |run| run.mode)
    }

    /// A target's settings.
    ///
    /// # Errors
    /// When nobody knows it.
    pub fn target(&self, alias: &Alias) -> Result<&Target, Stop> {
        self.targets.get(alias).ok_or_else(|| {
            Stop::new(format!("target `{alias}` is not known")).hint(format!("--target {alias}=FOLDER"))
        })
    }

    /// A target's repo.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn source(&self, alias: &Alias) -> Result<Source, Stop> {
        let target = self.target(alias)?;
        Source::open(alias.as_str(), &target.path).map_err(TargetError::into_stop)
    }

    /// Where our mirror of a target is.
    #[must_use]
    pub fn mirror(&self, alias: &Alias) -> PathBuf {
        self.home.folder.join(FOLDER).join("repos").join(format!("{alias}.git"))
    }
}
