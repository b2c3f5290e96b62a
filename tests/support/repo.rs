//! Small git repos.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repo with a work tree.
pub struct Repo {
    pub folder: PathBuf,
}

impl Repo {
    pub fn init(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let repo = Self { folder: folder.canonicalize().unwrap() };
        repo.git(&["init", "--quiet", "--initial-branch=main", "--template="]);
        repo
    }

    /// Runs git as a person would, without their settings.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_raw(args).trim().to_owned()
    }

    pub fn git_raw(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=dev",
                "-c",
                "user.email=dev@example.com",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Wasteful CI files for both forges, committed.
    pub fn with_waste(&self) -> &Self {
        self.write(".gitlab-ci.yml", GITLAB)
            .write(".github/workflows/test.yml", GITHUB)
            .write("package-lock.json", "{}\n")
            .write("README.md", "# web\n")
            .commit("first");
        self
    }

    /// Everything that belongs to the owner: work tree, index, configuration, branches but ours.
    pub fn owners_view(&self) -> String {
        let git = self.folder.join(".git");
        let mut view = String::new();
        for file in ["HEAD", "config", "index"] {
            view.push_str(&format!("{file} {:?}\n", fs::read(git.join(file)).ok()));
        }
        let hooks = fs::read_dir(git.join("hooks")).map(Iterator::count).unwrap_or(0);
        view.push_str(&format!("{hooks} hooks\n"));
        let refs = self.git(&["for-each-ref"]);
        view.extend(refs.lines().filter(|line| !line.contains("refs/heads/improve-loop/")));
        view.push_str(&self.git(&["status", "--porcelain", "--ignored"]));
        view
    }

    /// Our branches.
    pub fn our_branches(&self) -> Vec<String> {
        let text = self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/improve-loop"]);
        text.lines().map(str::to_owned).collect()
    }
}

pub const GITLAB: &str = "\
# pipeline of web
stages: [test, deploy]

test:
  stage: test   # quick
  script:
    - npm ci
    - npm test

deploy:
  stage: deploy
  script: ./deploy.sh
  only:
    - main # nothing else
";

pub const GITHUB: &str = "\
name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-node@v4 # lts
      - run: npm ci
";
