"""Texts come in, lists of words go out.

MeCab lives here. Nothing in this room knows word vectors.
"""
