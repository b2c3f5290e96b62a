//! il-gate on real commits.

use il_tests::{Repo, World};

fn world() -> (World, Repo) {
    let world = World::new();
    let repo = world.repo("web");
    repo.write("src/a", "x\n").commit("first");
    (world, repo)
}

fn gate(world: &World, args: &[&str]) -> il_tests::Done {
    world.il("gate").args(["diff", "--repo", "web", "--base", "HEAD~1", "--head", "HEAD"]).args(args).run()
}

fn rules(done: &il_tests::Done) -> Vec<String> {
    done.lines().iter().map(|line| line["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_change_inside_passes_and_one_outside_is_blocked() {
    let (world, repo) = world();
    repo.write("src/a", "y\n").commit("inside");
    gate(&world, &["--target-path", "src/"]).expect(0);
    repo.write("src/a", "z\n").write("srcs", "outside\n").commit("outside");
    let done = gate(&world, &["--target-path", "src/"]).expect(3);
    assert_eq!(rules(&done), ["scope.outside"]);
    assert_eq!(done.lines()[0]["path"], "srcs");
    gate(&world, &[]).expect(0);
}

#[test]
fn both_sides_of_a_rename_count() {
    let (world, repo) = world();
    repo.git(&["mv", "src/a", "b"]);
    repo.commit("renamed");
    assert_eq!(rules(&gate(&world, &["--target-path", "b"]).expect(3)), ["scope.outside"]);
    gate(&world, &["--target-path", "b", "--target-path", "src/a"]).expect(0);
}

#[test]
fn names_that_are_not_text_or_look_like_options_are_seen_as_they_are() {
    use std::os::unix::ffi::OsStrExt as _;
    let (world, repo) = world();
    std::fs::write(repo.folder.join(std::ffi::OsStr::from_bytes(b"src\xff")), "x").unwrap();
    repo.write("--head", "x").write("a b\tc", "x").commit("odd names");
    let done = gate(&world, &["--target-path", "src/"]).expect(3);
    assert_eq!(done.lines().len(), 3, "{}", done.stdout);
}

#[test]
fn links_out_submodules_and_large_files_are_blocked() {
    let (world, repo) = world();
    std::os::unix::fs::symlink("/etc/passwd", repo.folder.join("out")).unwrap();
    std::os::unix::fs::symlink("src/a", repo.folder.join("in")).unwrap();
    repo.write("large", &"x".repeat(1024 * 1024 + 1)).write("small", &"x".repeat(1024 * 1024));
    repo.commit("links");
    let done = gate(&world, &[]).expect(3);
    assert_eq!(rules(&done), ["file.too-large", "file.symlink-escape"]);
}

#[test]
fn what_it_cannot_read_has_not_passed() {
    let (world, repo) = world();
    repo.write("src/a", "y\n").commit("second");
    let done =
        world.il("gate").args(["diff", "--repo", "web", "--base", "nope", "--head", "HEAD"]).run().expect(2);
    assert!(done.stderr.contains("`nope` is no commit of this repo"), "{}", done.stderr);
    world.il("gate").args(["diff", "--repo", "/nonexistent", "--base", "a", "--head", "b"]).run().expect(2);
    // A blob that is gone.
    let blob = repo.git(&["rev-parse", "HEAD:src/a"]);
    std::fs::remove_file(repo.folder.join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    gate(&world, &[]).expect(2);
}
