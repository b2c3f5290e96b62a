# Each recipe calls a script: nothing here that a shell could not do without just.

# Find improvements, choose, get merge requests.
improve *ARGS:
    ./scripts/improve-loop {{ARGS}}

# The whole way on a small repo made for it.
demo:
    ./scripts/improve-loop --demo

# All tests, or those whose name has NAME in it.
test *NAME:
    ./scripts/test {{NAME}}

# The tests against programs that we did not write.
test-real:
    ./scripts/test-real

# The measurements.
bench *ARGS:
    ./scripts/bench {{ARGS}}
