"""What knows nothing of words: files, progress, and compatibility with other libraries."""
