//! The scouts, one file each plus one line in the list.

mod ci;

use il_ci::files::Files;
use il_core::candidate::Candidate;
use il_core::id::Alias;
use il_core::member::Discover;

/// One domain and the code that looks there.
pub struct Scout {
    /// The domain's name.
    pub name: &'static str,
    /// Looks at the files of one target.
    pub look: fn(&dyn Files, &Alias) -> Report,
}

/// All scouts.
pub const ALL: [Scout; 1] = [ci::SCOUT];

/// What a scout saw.
#[derive(Default)]
pub struct Report {
    /// Candidates, best evidence first.
    pub findings: Vec<Finding>,
    /// How many files it read.
    pub looked_at: usize,
    /// Files that it could not read, with the reason.
    pub unread: Vec<(String, String)>,
}

/// A candidate with what it rests on.
pub struct Finding {
    /// The candidate.
    pub candidate: Candidate,
    /// How it was found.
    pub discover: Discover,
}

/// The names of all domains.
pub fn names() -> [&'static str; ALL.len()] {
    ALL.each_ref().map(|scout| scout.name)
}

/// The scout of a domain.
pub fn find(name: &str) -> Option<&'static Scout> {
    ALL.iter().find(|scout| scout.name == name)
}
