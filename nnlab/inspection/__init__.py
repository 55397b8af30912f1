"""Looking inside an experiment: gradients, graphs, time."""
