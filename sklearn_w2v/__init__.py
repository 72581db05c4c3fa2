"""Transfer learning from word2vec into Keras text classifiers, for scikit-learn."""

import lazy_loader

from .version import __version__ as __version__

# what is public stands in __init__.pyi, with where it comes from; names are imported when
# they are first used, as tokenizing needs neither Keras nor gensim
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
