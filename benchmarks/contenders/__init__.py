"""One program per contender: ``python -m benchmarks.contenders.NAME JOB EPOCHS``.

Each prints one JSON object: the seconds of each training epoch and of each evaluation, and the
test accuracy.
"""
