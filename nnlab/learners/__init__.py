"""What computes a step: one learner for each way to train R replicas."""
