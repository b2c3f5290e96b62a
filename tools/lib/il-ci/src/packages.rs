//! Package managers: how an install looks, what it locks, where it caches.

use std::sync::LazyLock;

use regex::Regex;

use crate::files::Files;

/// One package manager.
pub struct Manager {
    /// Its name, also on the line: `npm`, `pip`, …
    pub name: &'static str,
    /// Files that say what is installed, best first.
    pub locks: &'static [&'static str],
    /// Where GitLab can keep its downloads, if that is well known.
    pub gitlab: Option<GitlabCache>,
    /// How GitHub's own set-up action caches it.
    pub github: Option<GithubCache>,
    install: LazyLock<Regex>,
}

/// A variable that moves the cache into the project folder, where GitLab can keep it.
pub struct GitlabCache {
    /// The variable.
    pub variable: &'static str,
    /// Its value.
    pub value: &'static str,
    /// The folder to keep.
    pub path: &'static str,
}

/// The `cache` input of a set-up action.
pub struct GithubCache {
    /// The action.
    pub action: &'static str,
    /// First major version with this input.
    pub since: u32,
    /// First major version that may cache without being told.
    pub automatic_since: Option<u32>,
}

/// A command's start: of the line, or after `;`, `&&`, `||`, `|`, `(`, `then`, `do`, `sudo`.
macro_rules! command {
    ($text:literal) => {
        LazyLock::new(|| {
            Regex::new(concat!(
                r"(?m)(?:^|[;&|(]|\bthen|\bdo|\bsudo)\s*(?:[A-Za-z_]+=\S*\s+)*(?:python3?\s+-m\s+)?",
                $text
            ))
            .expect("a tested pattern")
        })
    };
}

/// All managers that are known.
pub static MANAGERS: [Manager; 7] = [
    Manager {
        name: "npm",
        locks: &["package-lock.json", "npm-shrinkwrap.json"],
        // docs.npmjs.com: config `cache`; every setting can be given as `npm_config_<name>`.
        gitlab: Some(GitlabCache {
            variable: "npm_config_cache",
            value: "$CI_PROJECT_DIR/.npm",
            path: ".npm/",
        }),
        // actions/setup-node: `cache` since v2.2; v5 caches by itself when package.json names a packageManager.
        github: Some(GithubCache { action: "actions/setup-node", since: 2, automatic_since: Some(5) }),
        install: command!(r"npm\s+(?:ci|install|i)(?P<rest>[^;&|\n]*)"),
    },
    Manager {
        name: "yarn",
        locks: &["yarn.lock"],
        // classic.yarnpkg.com: `yarn cache`, variable YARN_CACHE_FOLDER; Yarn 4 ignores it (see `find`).
        gitlab: Some(GitlabCache {
            variable: "YARN_CACHE_FOLDER",
            value: "$CI_PROJECT_DIR/.yarn-cache",
            path: ".yarn-cache/",
        }),
        github: Some(GithubCache { action: "actions/setup-node", since: 2, automatic_since: Some(5) }),
        install: command!(r"yarn(?:\s+install)?(?P<rest>(?:\s+--?[^;&|\n]*)?)(?:$|[;&|\n])"),
    },
    Manager {
        name: "pip",
        locks: &["requirements.txt"],
        // pip.pypa.io: `cache-dir`, variable PIP_CACHE_DIR.
        gitlab: Some(GitlabCache {
            variable: "PIP_CACHE_DIR",
            value: "$CI_PROJECT_DIR/.cache/pip",
            path: ".cache/pip/",
        }),
        // actions/setup-python: `cache` since v2.3.
        github: Some(GithubCache { action: "actions/setup-python", since: 3, automatic_since: None }),
        install: command!(r"pip[0-9.]*\s+install(?P<rest>[^;&|\n]*)"),
    },
    Manager {
        name: "poetry",
        locks: &["poetry.lock"],
        // python-poetry.org: `cache-dir`, variable POETRY_CACHE_DIR.
        gitlab: Some(GitlabCache {
            variable: "POETRY_CACHE_DIR",
            value: "$CI_PROJECT_DIR/.cache/pypoetry",
            path: ".cache/pypoetry/",
        }),
        github: None,
        install: command!(r"poetry\s+(?:install|sync)(?P<rest>[^;&|\n]*)"),
    },
    Manager {
        name: "composer",
        locks: &["composer.lock"],
        // getcomposer.org: variable COMPOSER_CACHE_DIR.
        gitlab: Some(GitlabCache {
            variable: "COMPOSER_CACHE_DIR",
            value: "$CI_PROJECT_DIR/.composer-cache",
            path: ".composer-cache/",
        }),
        github: None,
        install: command!(r"composer\s+(?:install|i)(?P<rest>[^;&|\n]*)"),
    },
    Manager {
        name: "maven",
        locks: &["pom.xml"],
        // maven.apache.org: `maven.repo.local`; GitLab's own Maven template does the same.
        gitlab: Some(GitlabCache {
            variable: "MAVEN_OPTS",
            value: "-Dmaven.repo.local=$CI_PROJECT_DIR/.m2/repository",
            path: ".m2/repository/",
        }),
        // actions/setup-java: `cache` since v2.3.
        github: Some(GithubCache { action: "actions/setup-java", since: 3, automatic_since: None }),
        install: command!(r"(?:mvn|\./mvnw)\s(?P<rest>[^;&|\n]*)"),
    },
    Manager {
        name: "gradle",
        locks: &["gradle/wrapper/gradle-wrapper.properties"],
        gitlab: None,
        github: Some(GithubCache { action: "actions/setup-java", since: 3, automatic_since: None }),
        install: command!(r"(?:gradle|\./gradlew)\s(?P<rest>[^;&|\n]*)"),
    },
];

/// The manager with this name.
#[must_use]
pub fn manager(name: &str) -> Option<&'static Manager> {
    MANAGERS.iter().find(|manager| manager.name == name)
}

impl Manager {
    /// True where `script` installs what the repo's own lock file names: not a single tool,
    /// nothing global, nothing that forbids the cache or that only Yarn 2 and newer know.
    #[must_use]
    pub fn installs(&self, script: &str) -> bool {
        self.install_end(script).is_some()
    }

    /// Where the first such install ends, in bytes.
    #[must_use]
    pub fn install_end(&self, script: &str) -> Option<usize> {
        let mut found = self.install.captures_iter(script).filter(|found| {
            let rest = found.name("rest").map_or("", |rest| rest.as_str());
            let mut words = rest.split_whitespace();
            match self.name {
                "pip" => {
                    rest.contains("-r") && rest.contains("requirements") && !rest.contains("no-cache-dir")
                }
                "maven" | "gradle" => !rest.trim().starts_with("--version"),
                _ => words.all(|word| {
                    word.starts_with('-')
                        && !matches!(word, "-g" | "--global" | "--no-cache" | "--cache" | "--immutable")
                        && !word.starts_with("--cache=")
                }),
            }
        });
        found.next().and_then(|found| found.get(0)).map(|found| found.end())
    }

    /// The file that names what this install installs: in the folder where it runs, or the file
    /// that a pip command names. `script` is everything up to and including the install.
    #[must_use]
    pub fn lock(&self, files: &dyn Files, script: &str, folder: Option<&str>) -> Option<String> {
        let folder = folder.map_or_else(|| changed_folder(script), |folder| Some(folder.to_owned()))?;
        let within = |name: &str| match folder.trim_start_matches("./").trim_end_matches('/') {
            "" | "." => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        if self.name == "yarn" && files.has(&within(".yarnrc.yml")) {
            // Yarn 2 and newer keep their cache elsewhere.
            return None;
        }
        if self.name == "pip" {
            return script
                .split_whitespace()
                .map(|word| word.trim_start_matches("-r").trim_matches(['"', '\'']))
                .filter(|word| word.contains("requirements"))
                .map(within)
                .find(|path| files.has(path));
        }
        self.locks.iter().map(|lock| within(lock)).find(|path| files.has(path))
    }
}

/// The folder that a script is in at its end: the root, or what its only `cd` names. `None`
/// where that cannot be told.
fn changed_folder(script: &str) -> Option<String> {
    let words: Vec<_> =
        script.split([' ', '\t', '\n', ';', '&', '|', '(', ')']).filter(|word| !word.is_empty()).collect();
    if words
        .iter()
        .any(|word| matches!(*word, "pushd" | "popd") || word.starts_with("--prefix") || *word == "-C")
    {
        return None;
    }
    let mut moves = words.iter().enumerate().filter(|(_, word)| **word == "cd");
    let Some((at, _)) = moves.next() else { return Some(String::new()) };
    let to = words.get(at + 1)?.trim_matches(['"', '\'']);
    let plain = !to.starts_with(['/', '-', '~']) && !to.contains(['$', '`']) && !to.contains("..");
    (plain && moves.next().is_none()).then(|| to.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<&'static str> {
        MANAGERS.iter().filter(|m| m.installs(script)).map(|m| m.name).collect()
    }

    #[test]
    fn installs_of_the_repos_own_dependencies_are_seen() {
        for (script, name) in [
            ("npm ci", "npm"),
            ("cd web && npm install --no-audit", "npm"),
            ("yarn", "yarn"),
            ("yarn install --frozen-lockfile && yarn build", "yarn"),
            ("python -m pip install -r requirements.txt", "pip"),
            ("pip3 install --upgrade -r dev-requirements.txt", "pip"),
            ("poetry install --no-root", "poetry"),
            ("CI=1 composer install", "composer"),
            ("./mvnw verify", "maven"),
        ] {
            assert_eq!(found(script), [name], "{script}");
        }
    }

    #[test]
    fn installs_of_single_tools_and_mentions_are_not() {
        for script in [
            "npm install -g yarn",
            "npm install typescript",
            "yarn build",
            "yarn add x",
            "pip install ruff",
            "pip install --no-cache-dir -r requirements.txt",
            "echo 'npm ci'",
            "npm ci --cache .npm",
            "yarn install --immutable",
            "apt-get install npm",
        ] {
            assert_eq!(found(script), [""; 0], "{script}");
        }
    }

    #[test]
    fn the_lock_file_is_that_of_the_folder_where_the_install_runs() {
        let files: std::collections::BTreeMap<String, String> =
            ["package-lock.json", "web/package-lock.json", "api/x"]
                .map(|path| (path.to_owned(), String::new()))
                .into();
        let lock = |script: &str, folder: Option<&str>| manager("npm").unwrap().lock(&files, script, folder);
        assert_eq!(lock("npm ci", None).as_deref(), Some("package-lock.json"));
        assert_eq!(lock("cd web && npm ci", None).as_deref(), Some("web/package-lock.json"));
        assert_eq!(lock("npm ci", Some("./web")).as_deref(), Some("web/package-lock.json"));
        for script in ["cd api && npm ci", "cd $X && npm ci", "cd web; cd ..; npm ci", "npm ci --prefix web"]
        {
            assert_eq!(lock(script, None), None, "{script}");
        }
    }
}
