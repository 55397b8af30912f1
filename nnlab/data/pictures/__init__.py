"""Pictures of people: read as a person sees them, prepared as the training data were."""
