"""The command ``sklearn-w2v``: options become calls of the library."""
