"""Data sets of Hugging Face that were saved to disk: folders of Arrow or Parquet files."""
