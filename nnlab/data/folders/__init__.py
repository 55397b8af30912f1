"""The user's own folders of images."""
