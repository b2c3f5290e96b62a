//! Fan-out: which scouts look at which targets, and what is open already.

use il_core::atomic;
use il_core::domains;
use il_core::exit::Stop;
use il_core::home::{Home, Run};
use il_core::id::Alias;
use il_core::line::Line;
use il_core::member::Assignment;
use il_core::mirror::Source;
use il_core::say::Say;
use il_forge::{Forge as _, LocalForge, RequestState};

use crate::args::Args;

/// One line per scout and target, at most as many as the intensity allows, each with its share
/// of the discovery money.
pub fn assignments(args: &Args, run: &Run, say: &mut Say) -> Vec<Line> {
    let wanted = |domain: &&&str| args.domain.is_empty() || args.domain.iter().any(|name| name == **domain);
    let mut pairs: Vec<_> = domains::BUILT_IN
        .iter()
        .filter(wanted)
        .flat_map(|domain| run.targets.keys().map(move |alias| (*domain, alias)))
        .collect();
    let room = run.numbers.assignments.min(pairs.len());
    let left_out: Vec<_> =
        pairs.drain(room..).map(|(domain, alias)| format!("{domain} in `{alias}`")).collect();
    if !left_out.is_empty() {
        say.warn(&format!("not in this run: {}", il_core::text::list(&left_out)));
        say.hint("a higher --intensity looks at more, --target at others");
    }
    let budget_usd = run.numbers.discovery_usd.share(pairs.len());
    let line = |(domain, alias): (&str, &Alias)| {
        let (run, domain, target_repo) = (run.run.clone(), domain.to_owned(), alias.clone());
        let mut line = Line::empty();
        line.set("assignment", &Assignment { run, domain, target_repo, budget_usd });
        line
    };
    pairs.into_iter().map(line).collect()
}

/// Writes the run's `open-requests.ndjson`: what is open or was turned down is not proposed again.
///
/// # Errors
/// When the requests cannot be read or the file cannot be written.
pub fn open_requests(home: &Home, run: &Run) -> Result<(), Stop> {
    let mut text = String::new();
    for (alias, target) in &run.targets {
        let source =
            Source::open(alias.as_str(), &target.path).map_err(|error| Stop::new(error.to_string()))?;
        let forge = LocalForge::of(home, alias, &source);
        let requests =
            forge.list().map_err(|error| Stop::new(format!("open requests of `{alias}`: {error}")))?;
        for request in requests.iter().filter(|request| request.state != RequestState::Merged) {
            let mut line = Line::empty();
            line.set("target_repo", alias);
            line.set("state", &request.state);
            line.set("iid", &request.iid);
            line.set("key", &request.key);
            line.set("branch", &request.branch);
            line.set("url", &request.url);
            text.push_str(&format!("{line}\n"));
        }
    }
    let path = Run::folder(home, &run.run)?.join("open-requests.ndjson");
    atomic::write(&path, text.as_bytes()).map_err(|error| Stop::new(error.to_string()))
}
