//! Where merge requests live. One trait, one file per forge.
//!
//! There is no way to merge, approve or push to anything but our own branches:
//! what must never happen has no function.

mod local;

pub use local::LocalForge;

use il_core::git::{Git, GitError};
use serde::{Deserialize, Serialize};

/// The prefix of every branch that is ours.
pub const BRANCH_PREFIX: &str = "improve-loop/";
/// Green and clean.
pub const LABEL_AUTO_MERGEABLE: &str = "improve-loop/auto-mergeable";
/// Somebody should look.
pub const LABEL_NEEDS_REVIEW: &str = "improve-loop/needs-review";

/// Why the forge could not do it.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The branch exists and is not ours to overwrite.
    #[error("branch `{branch}` exists in the target and is not ours")]
    BranchTaken {
        /// The branch.
        branch: String,
    },
    /// The request for this branch holds something else, or is no longer open.
    #[error("merge request {iid} for `{branch}` is there and {why}")]
    RequestTaken {
        /// Its number.
        iid: u64,
        /// The branch.
        branch: String,
        /// What differs.
        why: &'static str,
    },
    /// There is no such request.
    #[error("merge request {iid} is not there")]
    NotFound {
        /// Its number.
        iid: u64,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error("`{path}`: {why}")]
    Disk {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
}

/// A merge request to be opened.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The candidate's id.
    pub id: String,
    /// The canonical name of the idea.
    pub key: String,
    /// Our branch, with [`BRANCH_PREFIX`].
    pub branch: String,
    /// Our commit.
    pub head_sha: String,
    /// The commit it starts from.
    pub base_sha: String,
    /// The branch it should be merged into, if there is one.
    pub base_branch: Option<String>,
    /// One line.
    pub title: String,
    /// Markdown, with everything from outside escaped.
    pub description: String,
    /// The unified diff, for a person.
    pub diff: String,
    /// Who made it: `recipe`, `claude`, …
    pub worker: String,
    /// When (RFC 3339, UTC).
    pub at: String,
}

/// What became of a merge request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Waiting.
    Open,
    /// Its commit is in the base branch.
    Merged,
    /// Closed without being merged.
    Closed,
}

/// A merge request as the forge has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RequestView {
    /// Its number.
    pub iid: u64,
    /// Where a person reads it.
    pub url: String,
    /// What became of it.
    pub state: RequestState,
    /// The candidate's id.
    pub id: String,
    /// The canonical name of the idea.
    pub key: String,
    /// Our branch.
    pub branch: String,
    /// The commit that we pushed.
    pub head_sha: String,
    /// The commit that the branch has; `None` when it is gone.
    pub branch_sha: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// Who made it: `recipe`, `claude`, …
    pub worker: String,
}

/// Where merge requests live.
pub trait Forge {
    /// The forge's name on the line.
    fn name(&self) -> &'static str;

    /// Pushes our commit and opens a request, or finds the one that is there already.
    ///
    /// # Errors
    /// When the branch is somebody else's, or git or the disk fail.
    fn open(&self, mirror: &Git, request: &NewRequest) -> Result<RequestView, ForgeError>;

    /// All requests of ours in this repo, whatever became of them.
    ///
    /// # Errors
    /// When they cannot be read.
    fn list(&self) -> Result<Vec<RequestView>, ForgeError>;

    /// One request.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    fn get(&self, iid: u64) -> Result<RequestView, ForgeError> {
        let found = self.list()?.into_iter().find(|request| request.iid == iid);
        found.ok_or(ForgeError::NotFound { iid })
    }

    /// Sets the labels and leaves one note.
    ///
    /// # Errors
    /// When the request is not there or cannot be written.
    fn judge(&self, iid: u64, labels: &[&str], note: &str) -> Result<(), ForgeError>;

    /// Closes a request with an explanation. The branch stays.
    ///
    /// # Errors
    /// When the request is not there or cannot be written.
    fn close(&self, iid: u64, note: &str) -> Result<(), ForgeError>;
}
