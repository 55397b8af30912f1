"""The experiment file: schema, parsing and validation. Torch-free."""
