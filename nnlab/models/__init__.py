"""The networks: ordinary modules with flat keyword arguments."""
