"""The parts of .ci/release-check that are Python, one for each name."""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata, resources
from pathlib import Path

MODEL, EXPECTED, LINES = Path("singers.w2v"), Path("expected.npy"), Path("lines.txt")
FILES = (
    "py.typed",
    "__init__.pyi",
    "datasets/data/lyrics/LICENSE",
    "inspection/report/template/report.html",
    "serving/page/page.html",
)


def content(folder: str) -> dict[str, bytes]:
    """Return the files in the wheel of a folder."""
    (wheel,) = Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def same(*folders: str) -> None:
    """Compare two wheels."""
    one, other = map(content, folders)
    different = sorted(name for name in one | other if one.get(name) != other.get(name))
    if different:
        sys.exit(f"The wheels of the sdist and of the checkout differ in {different}.")


def installed(folder: str) -> None:
    """Look at what was installed."""
    import sklearn_w2v
    from sklearn_w2v.datasets import load_lyrics

    (wheel,) = Path(folder).glob("*.whl")
    assert Path(sklearn_w2v.__file__).is_relative_to(sys.prefix), sklearn_w2v.__file__
    assert metadata.version("sklearn-w2v") == sklearn_w2v.__version__ == wheel.name.split("-")[1]
    for name in FILES:
        assert resources.files("sklearn_w2v").joinpath(name).is_file(), name
    assert len(load_lyrics().data) == 180


def save() -> None:
    """Fit and save."""
    import numpy as np

    from sklearn_w2v import make_w2v_pipeline, save
    from sklearn_w2v.datasets import load_lyrics

    songs = load_lyrics()
    names = np.array(songs.target_names)[songs.target]
    model = make_w2v_pipeline(random_state=0, epochs=1).fit(songs.data[::2], names[::2])
    save(model, MODEL)
    np.save(EXPECTED, model.predict_proba(songs.data))
    LINES.write_text("夜行列車の窓に雨が光った\n", encoding="utf-8")


def load() -> None:
    """Load and compare, without what trains."""
    import numpy as np

    from sklearn_w2v import load
    from sklearn_w2v.datasets import load_lyrics

    assert np.array_equal(load(MODEL).predict_proba(load_lyrics().data), np.load(EXPECTED))
    assert "tensorflow" not in sys.modules


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
