"""nnlab and its peers: the same job, in alternating turns on one machine."""
