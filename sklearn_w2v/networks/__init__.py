"""Rows of a table become logits: the Keras graphs, and how they are trained."""
