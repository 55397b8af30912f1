"""What is wrong with a run, said in sentences."""
