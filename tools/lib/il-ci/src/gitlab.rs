//! A GitLab pipeline with places: the root file, its local includes, jobs and what they inherit.
//!
//! What comes from remote, project, template or component includes is unknown,
//! never assumed absent.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::files::Files;
use crate::yaml::{At, NodeId, Yaml, YamlError};

/// The file that GitLab reads first.
pub const ROOT: &str = ".gitlab-ci.yml";

/// Most files of one pipeline: GitLab's own default limit (`max_includes`, docs: ci/yaml/includes).
const INCLUDE_LIMIT: usize = 150;
/// Most jobs that are visited to answer one question: a real chain has a few.
const VISIT_LIMIT: usize = 1_000;
/// Deepest chain of `extends`: GitLab allows 11 levels (docs: ci/yaml#extends).
const EXTENDS_DEPTH: usize = 11;

/// Top-level keys that are not jobs (docs: ci/yaml, "Global keywords" and `default`'s old spellings).
const NOT_JOBS: &[&str] = &[
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

/// One file of a pipeline.
pub struct PipelineFile {
    /// Its path.
    pub path: String,
    /// Its tree.
    pub yaml: Yaml,
}

/// A root file with everything local that it includes.
pub struct Pipeline {
    /// The files; the root comes first.
    pub files: Vec<PipelineFile>,
    /// Files that cannot be parsed.
    pub broken: Vec<(String, YamlError)>,
    /// True where something is included that cannot be read here.
    pub has_unknown: bool,
    /// Where each top-level name is defined: file and node, the first file first.
    names: HashMap<String, Vec<(usize, NodeId)>>,
    /// Every name that some job extends.
    extended: HashSet<String>,
}

/// A job, or a hidden one that others extend.
#[derive(Clone, Copy)]
pub struct Job<'p> {
    /// Index of its file.
    pub file: usize,
    /// Its name.
    pub name: &'p str,
    /// The key.
    pub key: At<'p>,
    /// Its own entries.
    pub body: At<'p>,
}

/// What a job has under a key, inherited or not.
#[derive(Clone, Copy)]
pub enum Lookup<'p> {
    /// This value.
    Found(At<'p>),
    /// Nothing.
    Absent,
    /// It depends on something that cannot be read here.
    Unknown,
}

impl<'p> Lookup<'p> {
    /// True only where it is certain that there is nothing.
    #[must_use]
    pub fn is_absent(self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if it is known.
    #[must_use]
    pub fn found(self) -> Option<At<'p>> {
        match self {
            Self::Found(at) => Some(at),
            Self::Absent | Self::Unknown => None,
        }
    }

    fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Absent => next(),
            known => known,
        }
    }
}

impl Job<'_> {
    /// True for `.name`: never runs itself.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('.')
    }
}

impl Pipeline {
    /// Reads the pipeline that starts at `root`; `None` when there is no such file.
    #[must_use]
    pub fn load(files: &dyn Files, root: &str) -> Option<Self> {
        let mut pipeline = Self {
            files: Vec::new(),
            broken: Vec::new(),
            has_unknown: false,
            names: HashMap::new(),
            extended: HashSet::new(),
        };
        let mut queue = vec![root.to_owned()];
        let mut seen = BTreeSet::new();
        let mut any = false;
        while let Some(path) = queue.pop() {
            if !seen.insert(path.clone()) || seen.len() > INCLUDE_LIMIT {
                continue;
            }
            let Some(text) = files.read(&path) else {
                // A missing root is no pipeline; a missing include is one we cannot judge.
                pipeline.has_unknown |= path != root;
                continue;
            };
            any = true;
            match Yaml::parse(text) {
                Ok(yaml) => {
                    pipeline.includes(&yaml, files, &mut queue);
                    pipeline.files.push(PipelineFile { path, yaml });
                }
                Err(error) => {
                    pipeline.has_unknown = true;
                    pipeline.broken.push((path, error));
                }
            }
        }
        pipeline.index();
        any.then_some(pipeline)
    }

    fn includes(&mut self, yaml: &Yaml, files: &dyn Files, queue: &mut Vec<String>) {
        let Some(include) = yaml.root().and_then(|root| root.get("include")) else {
            return;
        };
        let entries = if include.is_sequence() { include.items() } else { vec![include] };
        for entry in entries {
            let local = match entry.scalar() {
                Some(text) if !text.contains("://") => Some(text),
                Some(_) => None,
                None => entry.get("local").and_then(At::scalar),
            };
            match local {
                Some(path) if !path.contains('$') => self.local(path, files, queue),
                _ => self.has_unknown = true,
            }
        }
    }

    fn local(&mut self, path: &str, files: &dyn Files, queue: &mut Vec<String>) {
        let path = path.trim_start_matches('/');
        if !path.contains('*') {
            queue.push(path.to_owned());
            return;
        }
        let matching = files.paths().into_iter().filter(|file| glob_matches(path, file)).map(str::to_owned);
        queue.extend(matching);
    }

    /// All jobs, hidden ones included, in order.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job<'_>> {
        let mut jobs = Vec::new();
        for (file, PipelineFile { yaml, .. }) in self.files.iter().enumerate() {
            for (key, body) in yaml.root().map(At::entries).unwrap_or_default() {
                let Some(name) = key.scalar() else { continue };
                if !NOT_JOBS.contains(&name) && body.is_mapping() {
                    jobs.push(Job { file, name, key, body });
                }
            }
        }
        jobs
    }

    /// What a job has under `key`: its own, merged, or extended; without the defaults.
    #[must_use]
    pub fn lookup<'p>(&'p self, job: &Job<'p>, key: &str) -> Lookup<'p> {
        self.lookup_at(job.body, key, 0, &Cell::new(VISIT_LIMIT))
    }

    /// As [`Pipeline::lookup`], then `default:` and the file's top level.
    #[must_use]
    pub fn lookup_with_defaults<'p>(&'p self, job: &Job<'p>, key: &str) -> Lookup<'p> {
        self.lookup(job, key).or_else(|| {
            if !self.lookup(job, "inherit").is_absent() {
                return Lookup::Unknown;
            }
            self.default(key)
        })
    }

    /// What every job inherits under `key`.
    #[must_use]
    pub fn default(&self, key: &str) -> Lookup<'_> {
        for (file, PipelineFile { yaml, .. }) in self.files.iter().enumerate() {
            let own = |name: &str| {
                let (_, node) = self.names.get(name)?.iter().find(|(index, _)| *index == file)?;
                Some(yaml.at(*node))
            };
            if let Some(at) = own("default").and_then(|default| default.get(key)).or_else(|| own(key)) {
                return Lookup::Found(at);
            }
        }
        if self.has_unknown { Lookup::Unknown } else { Lookup::Absent }
    }

    fn lookup_at<'p>(&'p self, body: At<'p>, key: &str, depth: usize, budget: &Cell<usize>) -> Lookup<'p> {
        budget.set(budget.get().saturating_sub(1));
        if depth > EXTENDS_DEPTH || budget.get() == 0 {
            return Lookup::Unknown;
        }
        if let Some(value) = body.get(key) {
            return Lookup::Found(value);
        }
        merged(body)
            .into_iter()
            .fold(Lookup::Absent, |found, parent| {
                found.or_else(|| self.lookup_at(parent, key, depth + 1, budget))
            })
            .or_else(|| {
                let Some(extends) = body.get("extends") else {
                    return Lookup::Absent;
                };
                // The last parent wins.
                extends.texts().into_iter().rev().fold(Lookup::Absent, |found, (_, name)| {
                    found.or_else(|| match self.body_of(name) {
                        Some(parent) => self.lookup_at(parent, key, depth + 1, budget),
                        None => Lookup::Unknown,
                    })
                })
            })
    }

    /// The bodies that a job takes its missing keys from, directly; `None` where one of them
    /// cannot be read here.
    #[must_use]
    pub fn parents<'p>(&'p self, body: At<'p>) -> Option<Vec<At<'p>>> {
        let extends = body.get("extends").map(At::texts).unwrap_or_default();
        let extended = extends.into_iter().map(|(_, name)| self.body_of(name));
        merged(body).into_iter().map(Some).chain(extended).collect()
    }

    /// True when `body` takes missing keys from `parent`, directly.
    #[must_use]
    pub fn inherits(&self, body: At<'_>, parent: At<'_>) -> bool {
        let extends = body.get("extends").map(At::texts).unwrap_or_default();
        let extended = extends.into_iter().filter_map(|(_, name)| self.body_of(name));
        merged(body).into_iter().any(|at| at.is(parent)) || extended.into_iter().any(|at| at.is(parent))
    }

    /// The jobs among `jobs` that take missing keys from `ancestor`, directly or through others.
    #[must_use]
    pub fn heirs<'p>(&self, jobs: &[Job<'p>], ancestor: &Job<'_>) -> Vec<Job<'p>> {
        // Most jobs are nobody's template: then there is nothing to search.
        if !self.extended.contains(ancestor.name) && !ancestor.body.node().anchored {
            return Vec::new();
        }
        jobs.iter().filter(|job| self.descends(job.body, ancestor.body)).copied().collect()
    }

    /// True when `body` takes missing keys from `ancestor`, directly or through others.
    fn descends(&self, body: At<'_>, ancestor: At<'_>) -> bool {
        let mut queue = vec![body];
        let mut visited = 0;
        while let Some(at) = queue.pop() {
            visited += 1;
            if visited > VISIT_LIMIT {
                return true;
            }
            if self.inherits(at, ancestor) {
                return true;
            }
            let extends = at.get("extends").map(At::texts).unwrap_or_default();
            queue.extend(extends.into_iter().filter_map(|(_, name)| self.body_of(name)));
            queue.extend(merged(at));
        }
        false
    }

    /// True when several files define the name: GitLab merges them, which is not modelled here.
    #[must_use]
    pub fn is_spread(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|places| places.len() > 1)
    }

    fn index(&mut self) {
        let mut names: HashMap<String, Vec<(usize, NodeId)>> = HashMap::new();
        let mut extended = HashSet::new();
        for (file, PipelineFile { yaml, .. }) in self.files.iter().enumerate() {
            for (key, body) in yaml.root().map(At::entries).unwrap_or_default() {
                if let Some(name) = key.scalar() {
                    names.entry(name.to_owned()).or_default().push((file, body.id));
                }
                let extends = body.get("extends").map(At::texts).unwrap_or_default();
                extended.extend(extends.into_iter().map(|(_, name)| name.to_owned()));
            }
        }
        self.names = names;
        self.extended = extended;
    }

    fn body_of(&self, name: &str) -> Option<At<'_>> {
        let (file, node) = *self.names.get(name)?.first()?;
        self.files[file].yaml.at(node).resolved()
    }
}

/// What `<<` merges into a mapping.
fn merged(body: At<'_>) -> Vec<At<'_>> {
    let Some(merge) = body.get("<<") else {
        return Vec::new();
    };
    if merge.is_sequence() {
        merge.items().into_iter().filter_map(At::resolved).collect()
    } else {
        merge.resolved().into_iter().collect()
    }
}

/// `*` within a folder, `**` across folders (docs: ci/yaml/includes, wildcards).
fn glob_matches(glob: &str, path: &str) -> bool {
    globset::GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn pipeline(files: &[(&str, &str)]) -> Pipeline {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Pipeline::load(&files, ROOT).unwrap()
    }

    fn job<'p>(pipeline: &'p Pipeline, name: &str) -> Job<'p> {
        pipeline.jobs().into_iter().find(|job| job.name == name).unwrap()
    }

    #[test]
    fn a_key_is_found_through_merges_extends_and_local_includes() {
        let p = pipeline(&[
            (ROOT, "include: /ci/*.yml\n.m: &m\n  image: x\na:\n  <<: *m\n  extends: .base\n  script: y\n"),
            ("ci/base.yml", ".base:\n  extends: .root\n.root:\n  cache: {paths: [z]}\n"),
        ]);
        let a = job(&p, "a");
        for key in ["image", "cache", "script"] {
            assert!(p.lookup(&a, key).found().is_some(), "{key}");
        }
        assert!(p.lookup_with_defaults(&a, "rules").is_absent());
    }

    #[test]
    fn what_a_remote_include_could_define_is_unknown_not_absent() {
        let p = pipeline(&[(
            ROOT,
            "include:\n  - project: a/b\n    file: c.yml\na:\n  extends: .far\n  script: x\n",
        )]);
        let a = job(&p, "a");
        assert!(matches!(p.lookup(&a, "cache"), Lookup::Unknown));
        assert!(matches!(p.default("cache"), Lookup::Unknown));
    }
}
