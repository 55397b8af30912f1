"""Reading the user's tables: bytes, text, rows, columns of cells, numbers."""
