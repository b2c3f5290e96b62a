//! The memory between runs: `docs/runtime/improve-loop-state.yaml` in the home repo.
//!
//! Machine-owned, with small diffs; people write in `notes`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::exit::Stop;
use crate::id::{Alias, CandidateId, RunId};
use crate::member::Request;
use crate::money::MicroDollars;

/// What the loop remembers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "state"))]
pub struct State {
    /// Free text of the people who own this repo; never changed by a tool.
    pub notes: String,
    /// Merge requests that passed, wait for a look, or were merged, newest last.
    pub shipped: Vec<Entry>,
    /// Merge requests that a person closed.
    pub rejected: Vec<Entry>,
    /// Merge requests that failed: they need a human plan.
    pub failed: Vec<Entry>,
    /// One summary per run, newest last.
    pub runs: Vec<RunSummary>,
}

/// One merge request in the memory.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// The candidate.
    pub id: CandidateId,
    /// The canonical name of the idea.
    pub key: String,
    /// The repo.
    pub target_repo: Alias,
    /// The merge request.
    pub request: Option<Request>,
    /// What il-ship decided.
    pub verdict: String,
    /// Why, on one line.
    pub note: String,
    /// When (RFC 3339, UTC).
    pub at: String,
}

/// What one run did.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// When it ended (RFC 3339, UTC).
    pub at: String,
    /// Merge requests that were judged.
    pub judged: usize,
    /// Of them, green ones.
    pub green: usize,
    /// What it cost.
    pub cost_usd: MicroDollars,
}

/// The first lines of the file.
const HEADER: &str = "# The memory of improve-loop, written by its tools. Yours to write in: `notes`.\n";

impl State {
    /// Reads the file; an absent file is an empty memory.
    ///
    /// # Errors
    /// When it is there but cannot be understood: it is never overwritten then.
    pub fn load(path: &Path) -> Result<Self, Stop> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Stop::new(format!("state `{}`: {error}", path.display()))),
        };
        serde_saphyr::from_str(&text).map_err(|error| {
            let why = crate::text::single_line(&error.to_string(), 200);
            Stop::new(format!("state `{}`: {why}", path.display()))
                .hint("mend the file or move it away; it is rebuilt from what is shipped next")
        })
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, path: &Path) -> Result<(), Stop> {
        let body = serde_saphyr::to_string(self)
            .map_err(|error| Stop::new(format!("state `{}`: {error}", path.display())))?;
        atomic::write(path, format!("{HEADER}{body}").as_bytes())
            .map_err(|error| Stop::new(format!("state {error}")))
    }

    /// Remembers an entry in place of an older one with the same key and repo.
    pub fn remember(list: &mut Vec<Entry>, entry: Entry) {
        list.retain(|old| (&old.key, &old.target_repo) != (&entry.key, &entry.target_repo));
        list.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_people_survive_and_the_file_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docs/state.yaml");
        let state = State { notes: "keep: 'this' #1\n- and this\n".into(), ..State::default() };
        state.save(&path).unwrap();
        assert_eq!(State::load(&path).unwrap(), state);
    }

    #[test]
    fn a_broken_file_is_an_error_and_an_absent_one_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.yaml");
        assert_eq!(State::load(&path).unwrap(), State::default());
        std::fs::write(&path, "notes: [\n").unwrap();
        assert!(State::load(&path).is_err());
    }
}
