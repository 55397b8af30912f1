"""From a config to the objects that train it."""
