"""One program per contender: ``python -m benchmarks.contenders.NAME JOB EPOCHS``.

Each prints one JSON object: seconds of each epoch of training, seconds of each evaluation, and
the test accuracy.
"""
