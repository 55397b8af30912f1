"""The user's own sets of IDX files: KMNIST, EMNIST, QMNIST and others of the kind."""
