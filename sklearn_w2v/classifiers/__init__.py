"""Ids and labels become a fitted classifier.

A classifier has a network and, with ``bow``, a linear branch beside it.
"""
