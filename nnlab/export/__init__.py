"""Taking a run away: into the files of other programs, each checked with numbers."""
