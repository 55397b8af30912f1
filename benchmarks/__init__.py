"""nnlab beside its peers: the same job, measured in turns on one machine."""
