"""Files of any format, or texts to learn from, become `WordVectors`.

`WordVectors` is a handle: words and a matrix that is mapped from a file.
"""
