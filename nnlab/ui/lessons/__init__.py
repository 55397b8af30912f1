"""The lessons: their texts, what they compute, and when a step of theirs is done."""
