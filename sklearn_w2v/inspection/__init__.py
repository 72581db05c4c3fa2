"""A fitted estimator is explained: by word, by picture (displays), by page (report)."""
