//! Which jobs change something outside the pipeline: such a job must not be cut off, and must
//! not run what another job cached.

use crate::gitlab::{Job, Lookup, Pipeline};
use crate::yaml::At;

/// Keys that only such jobs have.
const KEYS: [&str; 5] = ["environment", "release", "trigger", "resource_group", "pages"];

/// Parts of the names of such jobs and stages.
const WORDS: &str = "deploy release publish pages upload apply provision rollout prod promote migrat push stop \
    destroy cleanup notify sync tag install- rollback backup bump mirror sign delivery";

/// Commands of such jobs, separated by `|`.
const COMMANDS: &str = "docker push|docker buildx build --push|podman push|skopeo copy|crane copy|executor --|\
    kubectl |helm |terraform |tofu |ansible|aws |gcloud |az |twine |npm publish|yarn publish|cargo publish|rsync |\
    scp |ssh |gh release|glab release|release-cli|git push|git tag|semantic-release|goreleaser|curl -x post|\
    curl --request|--upload-file|firebase |netlify |vercel |wrangler |flyctl |serverless |pulumi |cdk |lftp |sftp ";

/// Commands that only name others: installing rsync is not using it.
const INSTALLERS: &str = "apt-get |apt |apk |dnf |yum |pip |pip3 |brew |pacman |zypper |echo ";

/// Does this job change something outside the pipeline?
#[must_use]
pub fn is_deploy_like(pipeline: &Pipeline, job: &Job<'_>) -> bool {
    if has_word(job.name) || KEYS.iter().any(|key| !pipeline.lookup(job, key).is_absent()) {
        return true;
    }
    let stage = pipeline.lookup(job, "stage").found().and_then(At::scalar);
    let when = pipeline.lookup(job, "when").found().and_then(At::scalar);
    if stage.is_some_and(has_word) || when == Some("manual") {
        return true;
    }
    ["before_script", "script", "after_script", "run"].iter().any(|key| match pipeline.lookup(job, key) {
        Lookup::Found(script) => script.texts().iter().any(|(_, text)| runs_command(text)),
        Lookup::Absent => false,
        Lookup::Unknown => true,
    })
}

fn has_word(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    WORDS.split_whitespace().any(|word| text.contains(word))
}

fn runs_command(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split(['\n', ';', '&', '|']).map(str::trim).any(|part| {
        !INSTALLERS.split('|').any(|installer| part.starts_with(installer))
            && COMMANDS.split('|').any(|command| part.contains(command))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::ROOT;
    use std::collections::BTreeMap;

    #[test]
    fn jobs_that_change_the_world_are_recognised_and_tests_are_not() {
        let text = "deploy-web:\n  script: make\ntest:\n  script: cargo test\nbuild:\n  script: docker push x\n\
                    qa:\n  environment: qa\n  script: y\nlint:\n  script: apt-get install rsync ssh\n\
                    copy:\n  script: apt-get update && rsync a b\n";
        let files = BTreeMap::from([(ROOT.to_owned(), text.to_owned())]);
        let pipeline = Pipeline::load(&files, ROOT).unwrap();
        let found: Vec<_> = pipeline
            .jobs()
            .iter()
            .filter(|job| is_deploy_like(&pipeline, job))
            .map(|job| job.name.to_owned())
            .collect();
        assert_eq!(found, ["deploy-web", "build", "qa", "copy"]);
    }
}
