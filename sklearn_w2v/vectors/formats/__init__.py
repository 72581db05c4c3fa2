"""One file for each format of word vectors, and one for lists of aliases."""
