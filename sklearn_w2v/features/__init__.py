"""Words become ids of vectors; ids become dense vectors, or counts of n-grams."""
