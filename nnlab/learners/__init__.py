"""The learners that compute training steps: one for each way to train R replicas."""
