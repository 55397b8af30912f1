"""The columns of a table: kinds of cells, encoders, guesses, and new rows."""
