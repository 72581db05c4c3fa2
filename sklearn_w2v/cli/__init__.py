"""The command ``sklearn-w2v``, which turns options into calls of the library."""
