#!/bin/sh
# The repo's own check: the program's tests, and tidy text files.
set -eu
cd "$(dirname "$0")"
for input in tests/*.txt; do
    ./tally <"$input" | cmp - "${input%.txt}.expected" || { echo "failed: $input"; exit 1; }
done
if grep -rnE --include='*.yml' "$(printf '[ \t]$|\t')" . ; then
    echo "failed: tabs or trailing blanks in YAML"
    exit 1
fi
echo "all checks passed"
