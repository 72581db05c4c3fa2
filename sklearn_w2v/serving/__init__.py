"""A model file answers over HTTP.

- `limits`: how much a request may ask for
- `answers`: texts become labels, probabilities and highlighted words, as JSON knows them
- `app`: the addresses, which check what comes and answer
- `reading`: requests that are too large or too slow are refused while they come
- `server`: one process, or many that share the model's pages
- `page/`: what a browser shows
"""
