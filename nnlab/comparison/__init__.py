"""Which of several experiments is better, on the same seeds and the same examples."""
