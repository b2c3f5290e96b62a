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
    buildah push|nuget push|gem push|alembic |flyway |liquibase |docker compose up|docker-compose |docker image push|wget --post|rclone |oc apply|heroku |s3cmd |mc cp|dput |\
    cf push|cf p|psql |mysql |kubectl |helm |terraform |tofu |ansible|aws |gcloud |az |twine |npm publish|yarn publish|cargo publish|rsync |\
    scp |ssh |gh release|glab release|release-cli|git push|git tag|semantic-release|goreleaser|--upload-file|firebase |netlify |vercel |wrangler |flyctl |serverless |pulumi |cdk |lftp |sftp ";

/// Parts of commands that give such a job away: `./deploy.sh`, `mvn deploy`, `make image-publish`.
const COMMAND_WORDS: &str = "deploy release publish upload promote rollout migrat provision";

/// What looks like one of those words and is not.
const NOT_WORDS: [&str; 4] = ["--release", "target/release", "releases/", "/release/"];

/// Commands that only name others: installing rsync is not using it.
const INSTALLERS: &str = "apt-get |apt |apk |dnf |yum |pip |pip3 |brew |pacman |zypper |echo ";

/// Does this job change something outside the pipeline?
#[must_use]
pub fn is_deploy_like(pipeline: &Pipeline, job: &Job<'_>) -> bool {
    if has_word(job.name) || KEYS.iter().any(|key| !pipeline.lookup(job, key).is_absent()) {
        return true;
    }
    let by_rule = match pipeline.lookup(job, "rules") {
        Lookup::Found(rules) => {
            has_reference(rules)
                || rules.items().iter().any(|rule| rule.get("when").and_then(At::scalar) == Some("manual"))
        }
        Lookup::Absent => false,
        Lookup::Unknown => true,
    };
    if by_rule {
        return true;
    }
    let stage = pipeline.lookup(job, "stage").found().and_then(At::scalar);
    let when = pipeline.lookup(job, "when").found().and_then(At::scalar);
    if stage.is_some_and(has_word) || when == Some("manual") {
        return true;
    }
    ["before_script", "script", "after_script", "run"].iter().any(|key| match pipeline.lookup(job, key) {
        Lookup::Found(script) => {
            has_reference(script) || script.texts().iter().any(|(_, text)| runs_command(text))
        }
        Lookup::Absent => false,
        Lookup::Unknown => true,
    })
}

fn has_word(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    WORDS.split_whitespace().any(|word| text.contains(word))
}

/// `!reference` takes lines from elsewhere: what they do is not seen here.
fn has_reference(value: At<'_>) -> bool {
    let is = |at: At<'_>| at.resolved().is_some_and(|at| at.node().tag.as_deref() == Some("!reference"));
    is(value) || value.items().into_iter().any(is)
}

/// Does a line of script change something outside?
#[must_use]
pub fn runs_command(text: &str) -> bool {
    text.split(['\n', ';', '&', '|']).map(str::trim).any(|part| {
        let lower = NOT_WORDS.iter().fold(part.to_ascii_lowercase(), |text, not| text.replace(not, ""));
        !INSTALLERS.split('|').any(|installer| lower.starts_with(installer))
            && (sends(part)
                || COMMANDS.split('|').any(|command| lower.contains(command))
                || COMMAND_WORDS.split(' ').any(|word| lower.contains(word)))
    })
}

/// `curl` with a method, data, a form or an upload (curl(1): -X, -d, -F, -T and their long names).
fn sends(command: &str) -> bool {
    let mut words = command.split_whitespace().skip_while(|word| *word != "curl");
    words.any(|word| match word.strip_prefix("--") {
        Some(long) => {
            ["request", "data", "form", "upload-file", "json"].iter().any(|name| long.starts_with(name))
        }
        None => word.starts_with('-') && word.contains(['X', 'd', 'F', 'T']),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::ROOT;
    use std::collections::BTreeMap;

    fn found(text: &str) -> Vec<String> {
        let files = BTreeMap::from([(ROOT.to_owned(), text.to_owned())]);
        let pipeline = Pipeline::load(&files, ROOT).unwrap();
        let jobs = pipeline.jobs();
        jobs.iter().filter(|job| is_deploy_like(&pipeline, job)).map(|job| job.name.to_owned()).collect()
    }

    #[test]
    fn jobs_that_change_the_world_are_recognised() {
        for body in [
            "script: ./deploy.sh production",
            "script: mvn -B deploy",
            "script: alembic upgrade head",
            "script: curl -T dist/x.whl https://nexus.example/x",
            "script: make image-publish",
            "script: [docker push x]",
            "script: buildah push x",
            "script: docker compose up -d",
            "script: docker tag a b && docker image push b",
            "script: 'curl -sX POST https://host.example'",
            "script: 'curl -F file=@x https://host.example'",
            "script: 'curl --data x https://host.example'",
            "script: rclone copy dist remote:x",
            "script: dotnet nuget push x",
            "script: gem push x",
            "script: apt-get update && rsync a b",
            "environment: qa",
            "when: manual",
            "rules: [{if: $X, when: manual}]",
            "script: [!reference [.x, script]]",
            "extends: .far",
        ] {
            assert_eq!(found(&format!("include: {{remote: x}}\na:\n  {body}\n")), ["a"], "{body}");
        }
        assert_eq!(found("go-live-prod:\n  script: x\n"), ["go-live-prod"]);
    }

    #[test]
    fn builds_and_tests_are_not() {
        for body in [
            "script: cargo test",
            "script: cargo build --release && cp target/release/x .",
            "script: apt-get install rsync ssh",
            "script: curl -L https://host.example/releases/x",
            "script: curl -fsSL -o x https://host.example/x",
            "rules: [{if: $X}]\n  script: x",
            "script: echo deploy",
        ] {
            assert_eq!(found(&format!("a:\n  {body}\n")), [""; 0], "{body}");
        }
    }
}
