//! CI files that waste time: GitLab pipelines and GitHub workflows.
//!
//! Rules, one file each, in order of what maintainers accept: figures in the
//! comments are "repos that made at least one such change within two years, of
//! repos that could have", measured over 180 public repos.

mod rules;

use il_ci::edit::Refusal;
use il_ci::files::Files;
use il_ci::fixes;
use il_ci::github::{Workflow, workflow_paths};
use il_ci::gitlab::{Pipeline, ROOT};
use il_core::candidate::{Candidate, Reversibility, Risk};
use il_core::id::{Alias, fnv1a, slug};
use il_core::member::{Claim, Discover, Evidence, Recipe};
use il_core::money::MicroDollars;
use il_core::paths::{RepoPath, TargetPath};
use serde_json::{Map, Value};

use crate::scouts::{Finding, Report, Scout};

/// This scout.
pub const SCOUT: Scout = Scout { name: "ci", look };

/// Why a file was not read that is no broken YAML.
const NOT_TEXT: &str = "it is not a text file of ordinary size";

/// The CI files of one target.
pub struct CiFiles<'f> {
    /// All files.
    pub files: &'f dyn Files,
    /// The GitLab pipeline, if there is one.
    pub pipeline: Option<Pipeline>,
    /// The GitHub workflows that can be parsed.
    pub workflows: Vec<Workflow>,
}

/// What a rule found in one file.
pub struct Waste {
    /// The rule's kind: `ci-no-cache`, …
    pub kind: &'static str,
    /// What exactly, canonical within the repo: a file, or a file with a name.
    pub subject: String,
    /// The same in a word or two, for the id.
    pub short: String,
    /// The file.
    pub path: String,
    /// What would change, on one line.
    pub summary: String,
    /// Why it matters.
    pub value: String,
    /// What will be better.
    pub claim: Claim,
    /// Lines (from 1) with their text.
    pub lines: Vec<(usize, String)>,
    /// Hours a person would need.
    pub effort_hours: f64,
    /// How much damage a bad change could do.
    pub risk: Risk,
    /// Weight of the kind: four times the share of repos that made the change.
    pub weight: f64,
    /// The recipe that may fix it.
    pub recipe: Recipe,
}

/// A recipe with its arguments.
pub fn recipe<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Recipe {
    let arguments: Map<String, Value> =
        arguments.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Recipe { name: name.to_owned(), arguments }
}

fn look(files: &dyn Files, alias: &Alias) -> Report {
    let mut report = Report::default();
    let ci = read(files, &mut report);
    for rule in rules::ALL {
        for waste in (rule.find)(&ci) {
            if let Some(finding) = finding(waste, files, alias) {
                report.findings.push(finding);
            }
        }
    }
    tell_apart(&mut report.findings);
    report
}

/// Two ideas with one short name get a hash of their key behind it.
fn tell_apart(findings: &mut [Finding]) {
    let ids: Vec<_> = findings.iter().map(|finding| finding.candidate.id.clone()).collect();
    for finding in findings {
        let id = &mut finding.candidate.id;
        if ids.iter().filter(|other| *other == id).count() > 1 {
            let hash = format!("{:06x}", fnv1a(&finding.discover.key) & 0xff_ffff);
            *id = slug(&[id.as_str(), &hash]);
        }
    }
}

/// `.github/workflows/test.yml` as `test`, `.gitlab-ci.yml` as `gitlab-ci`.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path).trim_start_matches('.');
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn read<'f>(files: &'f dyn Files, report: &mut Report) -> CiFiles<'f> {
    let paths = workflow_paths(files);
    files.prefetch(&paths);
    let pipeline = Pipeline::load(files, ROOT);
    if pipeline.is_none() && files.has(ROOT) {
        report.looked_at += 1;
        report.unread.push((ROOT.into(), NOT_TEXT.into()));
    }
    if let Some(pipeline) = &pipeline {
        report.looked_at += pipeline.files.len() + pipeline.broken.len();
        let broken = pipeline.broken.iter();
        report.unread.extend(broken.map(|(path, error)| (path.clone(), error.to_string())));
    }
    let mut workflows = Vec::new();
    for path in paths {
        report.looked_at += 1;
        match Workflow::load(files, &path) {
            Some(Ok(workflow)) => workflows.push(workflow),
            Some(Err(error)) => report.unread.push((path, error.to_string())),
            None => report.unread.push((path, NOT_TEXT.into())),
        }
    }
    CiFiles { files, pipeline, workflows }
}

/// A candidate, unless the fix shows that there is nothing to do after all. Where the fix has
/// a reason against it, the candidate stays, for a worker.
fn finding(waste: Waste, files: &dyn Files, alias: &Alias) -> Option<Finding> {
    let planned = fixes::plan(&waste.recipe.name, files, &waste.recipe.arguments);
    let (recipe, why_not) = match planned {
        Some(Ok(_)) => (Some(waste.recipe), None),
        Some(Err(Refusal::AlreadyDone(_) | Refusal::NotWanted(_))) => return None,
        Some(Err(refusal)) => (None, Some(refusal.to_string())),
        None => (None, None),
    };
    let path: RepoPath = waste.path.parse().ok()?;
    let mut value = waste.value;
    if let Some(why_not) = why_not {
        value.push_str(&format!(" (no safe recipe: {why_not})"));
    }
    let evidence = waste.lines.into_iter().map(|(line, text)| Evidence {
        path: Some(path.clone()),
        line: Some(line),
        text: il_core::text::single_line(&text, 200),
        url: None,
    });
    Some(Finding {
        discover: Discover {
            run: None,
            domain: "ci".into(),
            kind: waste.kind.into(),
            key: format!("{alias}/{}/{}", waste.kind, waste.subject),
            evidence: evidence.collect(),
            claim: Some(waste.claim),
            recipe,
            assessed_by: "rules".into(),
            cost_usd: MicroDollars::ZERO,
        },
        candidate: Candidate {
            id: slug(&[alias.as_str(), waste.kind, &waste.short]),
            source: "ci".into(),
            summary: waste.summary,
            value_for_us: value,
            effort_estimate_hours: waste.effort_hours,
            risk: waste.risk,
            reversibility: Reversibility::Instant,
            target_repo: alias.clone(),
            target_paths: vec![TargetPath::exactly(&path)],
            value_weight: Some(waste.weight),
            safety_story: None,
        },
    })
}
