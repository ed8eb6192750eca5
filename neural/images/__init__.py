"""Images: variational autoencoders, sets of images and metrics."""
