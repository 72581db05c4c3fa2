"""Pictures with matplotlib, as scikit-learn's Display classes."""
