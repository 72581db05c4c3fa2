"""A fitted estimator becomes one file, and back, without running code from the file."""
