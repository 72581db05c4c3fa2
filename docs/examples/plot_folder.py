"""
A folder for each class
=======================

Many corpora, livedoor news among them, are folders of text files: the folder's name is the label.
scikit-learn reads them, and the pipeline takes the texts as they are.
"""

# %%
# A small folder of that kind: songs of two artists, a file for each.
import tempfile
from pathlib import Path

from sklearn.datasets import load_files
from sklearn.model_selection import train_test_split

from sklearn_w2v import make_w2v_pipeline
from sklearn_w2v.datasets import load_lyrics

songs = load_lyrics()
folder = Path(tempfile.mkdtemp())
for number, (text, artist) in enumerate(zip(songs.data, songs.target, strict=True)):
    if artist < 2:
        file = folder / f"artist_{artist}" / f"{number:03}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
print(*sorted(path.name for path in folder.iterdir()))

# %%
# ``load_files`` gives the texts, the labels as numbers and the folders' names.
corpus = load_files(folder, encoding="utf-8")
print(len(corpus.data), corpus.target_names)
train, test, y_train, y_test = train_test_split(
    corpus.data, corpus.target, test_size=1 / 3, stratify=corpus.target, random_state=0
)
pipeline = make_w2v_pipeline(random_state=0, epochs=5, units=32).fit(train, y_train)
print(f"accuracy: {pipeline.score(test, y_test):.3f}")

# %%
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

figure, ax = plt.subplots(figsize=(4, 3.5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    pipeline, test, y_test, display_labels=corpus.target_names, colorbar=False, ax=ax
)

# %%
# For the corpora themselves there are readers that know their headings and licences' files:
# :func:`sklearn_w2v.datasets.load_livedoor`, :func:`~sklearn_w2v.datasets.load_poets`,
# :func:`~sklearn_w2v.datasets.load_chabsa`. What the linear branch and the network are worth,
# found on held-out texts, is an attribute of the classifier:
branch, network = pipeline["clf"].bow_weights_
print(f"linear branch {branch:.2f}, network {network:.2f}")
