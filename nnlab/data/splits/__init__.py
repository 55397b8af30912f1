"""Which examples train, validate and test: drawn, stratified, by group, or as the data say."""
