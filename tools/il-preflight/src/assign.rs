//! Fan-out: which scouts look at which targets, and what is open already.

use il_core::atomic;
use il_core::domains;
use il_core::exit::Stop;
use il_core::home::{FOLDER, Home, Run};
use il_core::line::Line;
use il_core::member::Assignment;
use il_core::mirror::Source;
use il_forge::{Forge as _, LocalForge, RequestState};

use crate::args::Args;

/// One line per scout and target, at most as many as the intensity allows, each with its share
/// of the discovery money.
pub fn assignments(args: &Args, run: &Run) -> Vec<Line> {
    let wanted = |domain: &&&str| args.domain.is_empty() || args.domain.iter().any(|name| name == **domain);
    let pairs: Vec<_> = domains::BUILT_IN
        .iter()
        .filter(wanted)
        .flat_map(|domain| run.targets.keys().map(move |alias| (*domain, alias)))
        .take(run.numbers.assignments)
        .collect();
    let budget_usd = run.numbers.discovery_usd.share(pairs.len());
    pairs
        .into_iter()
        .map(|(domain, alias)| {
            let mut line = Line::empty();
            line.set(
                "assignment",
                &Assignment {
                    run: run.run.clone(),
                    domain: domain.to_owned(),
                    target_repo: alias.clone(),
                    budget_usd,
                },
            );
            line
        })
        .collect()
}

/// Writes the run's `open-requests.ndjson`, so that nothing is proposed a second time.
///
/// # Errors
/// When the requests cannot be read or the file cannot be written.
pub fn open_requests(home: &Home, run: &Run) -> Result<(), Stop> {
    let mut text = String::new();
    for (alias, target) in &run.targets {
        let source =
            Source::open(alias.as_str(), &target.path).map_err(|error| Stop::new(error.to_string()))?;
        let folder = home.folder.join(FOLDER).join("requests").join(alias.as_str());
        let forge = LocalForge::new(folder, source.git().clone());
        let requests =
            forge.list().map_err(|error| Stop::new(format!("open requests of `{alias}`: {error}")))?;
        for request in requests.iter().filter(|request| request.state == RequestState::Open) {
            let mut line = Line::empty();
            line.set("target_repo", alias);
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
