"""``python -m sklearn_w2v`` is the command ``sklearn-w2v``."""

from .cli.app import main

if __name__ == "__main__":
    main()
