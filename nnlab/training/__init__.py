"""The loop, what it drives, and what it saves. Knows no YAML and prints nothing."""
