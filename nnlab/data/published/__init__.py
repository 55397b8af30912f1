"""Published sets of images that torchvision knows by name, read without its classes."""
