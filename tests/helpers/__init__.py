"""Functions and fixtures that tests of several folders share, and ``python -m tests.soak`` too."""
