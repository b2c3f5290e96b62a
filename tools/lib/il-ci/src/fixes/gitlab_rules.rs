//! `only`/`except` as `rules`, where both mean the same.
//!
//! `only` and `except` are no longer developed (docs: ci/yaml/deprecated_keywords)
//! and cannot be mixed with `rules` in one job. A file is converted whole or not
//! at all, so that nobody is left with two ways of saying the same.
//!
//! What `only: [X]` means is read from GitLab's own policy code
//! (lib/gitlab/ci/build/policy/refs.rb): a keyword, or a branch or tag name or
//! pattern; names never match in merge request pipelines. Conditions on
//! `$CI_COMMIT_BRANCH` and `$CI_COMMIT_TAG` behave the same, because neither is
//! set in a merge request pipeline.
//!
//! Arguments: `file`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::edit::{Edit, New, Refusal};
use crate::files::Files;
use crate::fixes::{Fix, Planner};
use crate::gitlab::{Job, Pipeline};
use crate::yaml::{At, Kind};

/// This fix.
pub const PLANNER: Planner = Planner { name: "gitlab-rules", plan };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    file: String,
}

/// When a job runs, one alternative.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Condition {
    /// Any branch pipeline.
    Branches,
    /// Any tag pipeline.
    Tags,
    /// `$CI_PIPELINE_SOURCE`.
    Source(&'static str),
    /// The branch of this name.
    Branch(String),
    /// Branches or tags that match this pattern.
    Pattern(String),
}

/// Keywords of `only` and the pipeline source that each stands for.
const SOURCES: &[(&str, &str)] = &[
    ("merge_requests", "merge_request_event"),
    ("external_pull_requests", "external_pull_request_event"),
    ("schedules", "schedule"),
    ("pushes", "push"),
    ("web", "web"),
    ("api", "api"),
    ("triggers", "trigger"),
    ("pipelines", "pipeline"),
    ("chat", "chat"),
    ("external", "external"),
];

fn plan(files: &dyn Files, arguments: &Map<String, Value>) -> Result<Fix, Refusal> {
    let Arguments { file } = super::arguments(arguments)?;
    let (pipeline, index) = super::pipeline_with(files, &file)?;
    let yaml = &pipeline.files[index].yaml;
    let jobs = pipeline.jobs();
    let converted: Vec<_> = jobs.iter().filter(|job| job.file == index && uses_only(job)).collect();
    if converted.is_empty() {
        return Err(Refusal::AlreadyDone("no job uses `only` or `except`".to_owned()));
    }
    let mut edit = Edit::new(yaml);
    for job in &converted {
        alone(&pipeline, &jobs, job)?;
        convert(&mut edit, job)?;
    }
    let names: Vec<_> = converted.iter().map(|job| job.name).collect();
    Ok(Fix {
        before: yaml.text().to_owned(),
        after: edit.finish()?,
        effects: vec![
            format!("{} run in the same pipelines as before, said with rules", il_core::text::list(&names)),
            "a plain name matched a branch or a tag of that name; now it matches the branch".to_owned(),
        ],
        path: file,
    })
}

/// True for a job that says `only` or `except` itself.
#[must_use]
pub fn uses_only(job: &Job<'_>) -> bool {
    job.body.get("only").is_some() || job.body.get("except").is_some()
}

/// Nothing that this job takes from others, or others from it, also says when it runs.
fn alone(pipeline: &Pipeline, jobs: &[Job<'_>], job: &Job<'_>) -> Result<(), Refusal> {
    let refuse = |at: At<'_>, why: String| Err(Refusal::Shape { line: at.line(), why });
    const TIMING: [&str; 6] = ["rules", "only", "except", "when", "start_in", "allow_failure"];
    if job.body.get("script").is_none()
        && job.body.get("trigger").is_none()
        && job.body.get("extends").is_none()
        && job.body.get("<<").is_none()
        && !job.is_hidden()
    {
        return refuse(job.key, format!("`{}` only overrides a job from elsewhere", job.name));
    }
    if pipeline.is_spread(job.name) {
        return refuse(job.key, format!("several files define `{}`", job.name));
    }
    let Some(parents) = pipeline.parents(job.body) else {
        return refuse(job.key, format!("`{}` extends something that cannot be read here", job.name));
    };
    for parent in parents {
        let parent = Job { body: parent, ..*job };
        if let Some(key) = TIMING.iter().find(|key| !pipeline.lookup(&parent, key).is_absent()) {
            return refuse(job.key, format!("`{}` inherits `{key}`, or may", job.name));
        }
    }
    for other in pipeline.heirs(jobs, job) {
        if let Some(key) = TIMING.iter().find(|key| other.body.get(key).is_some()) {
            return refuse(
                other.key,
                format!("`{}` inherits from `{}` and says `{key}`", other.name, job.name),
            );
        }
    }
    Ok(())
}

fn convert<'y>(edit: &mut Edit<'y>, job: &Job<'y>) -> Result<(), Refusal> {
    let body = job.body;
    let refuse = |at: At<'_>, why: String| Err(Refusal::Shape { line: at.line(), why });
    if let Some((key, _)) = body.entry("rules") {
        return refuse(key, "the job has `rules` as well".to_owned());
    }
    let only = conditions(body.get("only"))?;
    let except = conditions(body.get("except"))?;
    let rules = rules(only, except).ok_or_else(|| Refusal::Shape {
        line: job.key.line(),
        why: "no rules say the same, or it would never run".to_owned(),
    })?;
    let mut removed: Vec<&str> =
        ["only", "except"].into_iter().filter(|key| body.get(key).is_some()).collect();
    let mut manual = None;
    match body.get("when").and_then(At::scalar) {
        None if body.get("when").is_none() => {}
        Some("on_success") => {}
        Some("manual") => {
            // A manual job of `only` may fail; one of `rules` may not, unless it says so.
            manual = Some(match body.get("allow_failure") {
                None => "true",
                Some(value) => match value.scalar() {
                    Some("true") => "true",
                    Some("false") => "false",
                    _ => return refuse(value, "its `allow_failure` is not a plain truth value".to_owned()),
                },
            });
            removed.push("when");
        }
        _ => return refuse(job.key, "it has a `when` that `rules` would change".to_owned()),
    }
    let value = New::List(
        rules
            .into_iter()
            .map(|(condition, never)| {
                let mut entries = vec![("if".to_owned(), New::Plain(condition))];
                if never {
                    entries.push(("when".to_owned(), New::Plain("never".to_owned())));
                } else if let Some(allow_failure) = manual {
                    entries.push(("when".to_owned(), New::Plain("manual".to_owned())));
                    entries.push(("allow_failure".to_owned(), New::Plain(allow_failure.to_owned())));
                }
                New::Map(entries)
            })
            .collect(),
    );
    edit.replace(body, &removed, "rules", value)
}

/// The conditions of an `only` or `except` that is a plain list of refs.
fn conditions(value: Option<At<'_>>) -> Result<Option<Vec<Condition>>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let refuse = |why: String| Refusal::Shape { line: value.line(), why };
    if matches!(value.node().kind, Kind::Alias(_)) {
        return Err(refuse("its refs come from an alias".to_owned()));
    }
    let refs = if value.is_mapping() {
        let entries = value.entries();
        let [(key, refs)] = entries[..] else {
            return Err(refuse("it has more than refs".to_owned()));
        };
        if key.scalar() != Some("refs") {
            return Err(refuse(format!("`{}` has no equal in plain rules", key.scalar().unwrap_or("?"))));
        }
        refs
    } else {
        value
    };
    let texts = refs.texts();
    if texts.is_empty() || texts.len() != refs.items().len().max(1) {
        return Err(refuse("its refs are not a plain list".to_owned()));
    }
    texts.into_iter().map(|(_, text)| condition(text).map_err(&refuse)).collect::<Result<_, _>>().map(Some)
}

fn condition(text: &str) -> Result<Condition, String> {
    match text {
        "branches" => return Ok(Condition::Branches),
        "tags" => return Ok(Condition::Tags),
        _ => {}
    }
    if let Some((_, source)) = SOURCES.iter().find(|(keyword, _)| *keyword == text) {
        return Ok(Condition::Source(source));
    }
    if text.starts_with('/') {
        return pattern(text);
    }
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'));
    let looks_like_version = text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    if !plain || looks_like_version {
        return Err(format!("`{text}` may be more than a branch name"));
    }
    Ok(Condition::Branch(text.to_owned()))
}

/// `/…/` or `/…/i`; both ends of the conversion read it with the same engine (RE2).
fn pattern(text: &str) -> Result<Condition, String> {
    let wrong = || format!("`{text}` is not a pattern that rules can take over");
    let body = text.strip_prefix('/').ok_or_else(wrong)?;
    let (body, flags) = body.rsplit_once('/').ok_or_else(wrong)?;
    let has_bare_slash = body.replace("\\/", "").contains('/');
    if body.is_empty() || has_bare_slash || !matches!(flags, "" | "i") || text.contains([' ', '#']) {
        return Err(wrong());
    }
    Ok(Condition::Pattern(text.to_owned()))
}

/// The `if` of each rule, and whether it is a `never`. `None` when no pipeline would be left.
fn rules(only: Option<Vec<Condition>>, except: Option<Vec<Condition>>) -> Option<Vec<(String, bool)>> {
    // Without `only` a job runs for branches and tags.
    let mut only = only.unwrap_or_else(|| vec![Condition::Branches, Condition::Tags]);
    let except = except.unwrap_or_default();
    // What is excepted whole is left out; the rest becomes `never` rules first.
    only.retain(|condition| !except.contains(condition));
    let not_branches = except.contains(&Condition::Branches);
    let not_tags = except.contains(&Condition::Tags);
    let mut rules = Vec::new();
    for condition in &except {
        let kept = match condition {
            Condition::Branches | Condition::Tags => false,
            // Names and patterns never match there, so nothing is left to except.
            Condition::Source("merge_request_event") => {
                only.iter().any(|condition| matches!(condition, Condition::Source(_)))
            }
            _ => true,
        };
        if kept {
            rules.extend(ifs(condition, not_branches, not_tags).into_iter().map(|text| (text, true)));
        }
    }
    let allowed: Vec<_> = only.iter().flat_map(|condition| ifs(condition, not_branches, not_tags)).collect();
    if allowed.is_empty() {
        return None;
    }
    // A source says nothing about branch or tag: `except: [tags]` would be lost.
    let by_source = only.iter().any(|condition| matches!(condition, Condition::Source(_)));
    if by_source && (not_branches || not_tags) {
        return None;
    }
    rules.extend(allowed.into_iter().map(|text| (text, false)));
    Some(rules)
}

fn ifs(condition: &Condition, not_branches: bool, not_tags: bool) -> Vec<String> {
    let branch = |text: String| (!not_branches).then_some(text);
    let tag = |text: String| (!not_tags).then_some(text);
    let both = match condition {
        Condition::Branches => [branch("$CI_COMMIT_BRANCH".into()), None],
        Condition::Tags => [tag("$CI_COMMIT_TAG".into()), None],
        Condition::Source(source) => [Some(format!("$CI_PIPELINE_SOURCE == \"{source}\"")), None],
        Condition::Branch(name) => [branch(format!("$CI_COMMIT_BRANCH == \"{name}\"")), None],
        Condition::Pattern(pattern) => {
            [branch(format!("$CI_COMMIT_BRANCH =~ {pattern}")), tag(format!("$CI_COMMIT_TAG =~ {pattern}"))]
        }
    };
    both.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::ROOT;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn fix(text: &str) -> Result<String, Refusal> {
        let files = BTreeMap::from([(ROOT.to_owned(), text.to_owned())]);
        plan(&files, json!({"file": ROOT}).as_object().unwrap()).map(|fix| fix.after)
    }

    fn rules_of(only: &str) -> Vec<String> {
        let after = fix(&format!("a:\n  script: x\n{only}")).unwrap();
        let rules = after.split_once("  rules:\n").unwrap().1;
        rules.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn each_simple_form_has_its_rules() {
        let cases: &[(&str, &[&str])] = &[
            ("  only: [main]\n", &["- if: $CI_COMMIT_BRANCH == \"main\""]),
            ("  only: main\n", &["- if: $CI_COMMIT_BRANCH == \"main\""]),
            ("  only:\n    refs:\n      - tags\n", &["- if: $CI_COMMIT_TAG"]),
            (
                "  only: [branches, merge_requests]\n",
                &["- if: $CI_COMMIT_BRANCH", "- if: $CI_PIPELINE_SOURCE == \"merge_request_event\""],
            ),
            ("  only: [/^v\\d+$/]\n  except: [branches]\n", &["- if: $CI_COMMIT_TAG =~ /^v\\d+$/"]),
            ("  except: [tags]\n", &["- if: $CI_COMMIT_BRANCH"]),
            (
                "  except: [schedules]\n",
                &[
                    "- if: $CI_PIPELINE_SOURCE == \"schedule\"",
                    "when: never",
                    "- if: $CI_COMMIT_BRANCH",
                    "- if: $CI_COMMIT_TAG",
                ],
            ),
            (
                "  when: manual\n  only: [main]\n",
                &["- if: $CI_COMMIT_BRANCH == \"main\"", "when: manual", "allow_failure: true"],
            ),
        ];
        for (only, rules) in cases {
            assert_eq!(rules_of(only), *rules, "{only}");
        }
    }

    #[test]
    fn comments_inside_move_above_and_the_rest_keeps_its_bytes() {
        let after = fix("a:\n  stage: x   # odd   spacing\n  only: # who\n    - main # why\n    # and\n    - tags\n  script: 'y'\n").unwrap();
        assert_eq!(
            after,
            "a:\n  stage: x   # odd   spacing\n  # who\n  # why\n  # and\n  rules:\n    - if: $CI_COMMIT_BRANCH == \"main\"\n    - if: $CI_COMMIT_TAG\n  script: 'y'\n"
        );
    }

    #[test]
    fn what_rules_cannot_say_the_same_way_is_refused() {
        for text in [
            "a:\n  script: x\n  only:\n    changes: [y]\n",
            "a:\n  script: x\n  only:\n    refs: [main]\n    variables: [$X]\n",
            "a:\n  script: x\n  only: [main@group/project]\n",
            "a:\n  script: x\n  only: [$BRANCH]\n",
            "a:\n  script: x\n  only: [1.0]\n",
            "a:\n  script: x\n  only: [main]\n  when: delayed\n  start_in: 5m\n",
            "a:\n  script: x\n  only: [schedules]\n  except: [tags]\n",
            ".b:\n  only: [main]\na:\n  extends: .b\n  script: x\n  except: [tags]\n",
            ".b:\n  rules: [{when: always}]\na:\n  extends: .b\n  script: x\n  only: [main]\n",
            ".b: &b\n  only: [main]\na:\n  <<: *b\n  script: x\n  when: manual\n",
            ".a:\n  only: [main]\n.b:\n  extends: .a\n  image: x\nc:\n  extends: .b\n  script: x\n  when: manual\n",
            "include: {project: x/y, file: z}\na:\n  extends: .far\n  script: x\n  only: [main]\n",
            "a:\n  only: [main]\n",
            "a: {script: x, only: [main]}\n",
        ] {
            assert!(fix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_template_is_converted_when_those_who_use_it_say_nothing_themselves() {
        let after =
            fix(".b: &b\n  only: [main]\na:\n  <<: *b\n  script: x\nc:\n  extends: .b\n  script: y\n")
                .unwrap();
        assert!(
            after.starts_with(".b: &b\n  rules:\n    - if: $CI_COMMIT_BRANCH == \"main\"\na:\n"),
            "{after}"
        );
    }

    #[test]
    fn a_file_without_only_is_already_done() {
        assert!(matches!(fix("a:\n  script: x\n"), Err(Refusal::AlreadyDone(_))));
    }

    #[test]
    fn a_job_that_several_files_define_is_refused() {
        let files = BTreeMap::from([
            (ROOT.to_owned(), "include: /x.yml\ntest:\n  script: x\n  only: [main]\n".to_owned()),
            ("x.yml".to_owned(), "test:\n  rules: [{when: always}]\n".to_owned()),
        ]);
        assert!(plan(&files, json!({"file": ROOT}).as_object().unwrap()).is_err());
    }
}
