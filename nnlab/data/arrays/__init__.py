"""The user's own arrays: an .npz archive, or .npy files that belong together."""
