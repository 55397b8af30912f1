"""Where units are trained: in this process, in others, on a Ray cluster, by Slurm."""
