"""One HTML page about a fitted estimator and the documents it was tried on."""
