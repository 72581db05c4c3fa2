"""Helpers that know nothing of words: files, progress, and what is private of other libraries."""
