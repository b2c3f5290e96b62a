"""Reads fixes as lines of JSON and compares both versions with PyYAML: only what the fix is about may differ."""
import json
import sys

import yaml


class Loader(yaml.SafeLoader):
    """Keeps GitLab's `!reference` as a value."""


Loader.add_constructor("!reference", lambda loader, node: ("!reference", loader.construct_sequence(node)))
# `on` is a key of GitHub workflows, not a truth value.
Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def differences(before, after, path=()):
    """The paths at which two values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in before or key not in after:
                yield (*path, key)
            else:
                yield from differences(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after)):
            yield from differences(old, new, (*path, index))
    elif before != after:
        yield path


def intended(name, arguments, path):
    """Is a difference at this path what the fix is about?"""
    jobs = arguments.get("jobs", [])
    match name:
        case "gitlab-cache":
            return path[1] in ("cache", "variables")  # a template's change shows in all who merge it
        case "gitlab-interruptible":
            return path[0] == "default" or path[-1] == "interruptible"
        case "gitlab-rules":
            return path[1] in ("only", "except", "rules", "when")
        case "github-cache":
            return path[0] == "jobs" and path[1] in jobs and "with" in path
        case "github-concurrency":
            return path == ("concurrency",)
    return False


fixes = surprises = 0
for line in sys.stdin:
    fix = json.loads(line)
    fixes += 1
    before, after = (list(yaml.load_all(fix[side], Loader))[-1] for side in ("before", "after"))
    found = list(differences(before, after))
    wrong = [path for path in found if not intended(fix["name"], fix["arguments"], path)]
    if wrong or not found:
        surprises += 1
        print(fix["name"], fix["arguments"], wrong or "no difference", file=sys.stderr)
print(f"{fixes} fixes, {surprises} surprises")
