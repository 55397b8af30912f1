"""What each command prints of what the API does."""
