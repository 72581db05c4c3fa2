"""The lyrics that ship with the package, and the readers of corpora that users have."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.datasets import load_chabsa, load_livedoor, load_lyrics, load_poets

ARTISTS = [
    "朝霧ナツメ",
    "クロカワ重工",
    "月見坂アパート",
    "ハマナス楽団",
    "琥珀ラジオ",
    "みずうみ通信",
]


# lyrics


def test_lyrics_are_180_songs_of_six_artists_on_three_albums_each(lyrics):
    assert lyrics.target_names == ARTISTS
    assert len(lyrics.data) == 180
    assert lyrics.target.dtype == np.int64
    assert np.bincount(lyrics.target).tolist() == [30] * 6
    albums = Counter(zip(lyrics.target, lyrics.album, strict=True))
    assert len(set(lyrics.album)) == len(albums) == 18
    assert set(albums.values()) == {10}
    assert lyrics.album.shape == lyrics.title.shape == (180,)
    assert lyrics.frame is None


def test_each_song_has_eight_to_twenty_lines(lyrics):
    for title, text in zip(lyrics.title, lyrics.data, strict=True):
        assert text == text.strip()
        assert 8 <= len([line for line in text.split("\n") if line]) <= 20, title


def test_titles_and_albums_are_names_and_texts_hold_no_marks(lyrics):
    names = [*lyrics.title, *lyrics.album]
    assert all(name == name.strip() != "" for name in names)
    assert not any("#" in text for text in [*names, *lyrics.data])
    assert len(set(zip(lyrics.target, lyrics.title, strict=True))) == 180


def test_no_two_songs_share_a_line(lyrics):
    songs_of = {}
    for song, text in enumerate(lyrics.data):
        for line in filter(None, text.split("\n")):
            songs_of.setdefault(" ".join(line.split()), set()).add(song)
    shared = {line: songs for line, songs in songs_of.items() if len(songs) > 1}
    assert len(set(lyrics.data)) == 180
    assert not shared


def test_lyrics_are_text_that_needs_no_repair(lyrics):
    for text in lyrics.data:
        assert "\ufffd" not in text
        assert "\r" not in text
        assert "\t" not in text


def test_lyrics_are_loaded_anew_each_time(lyrics):
    first = load_lyrics()
    first.data[0] = "changed"
    first.target[0] = 5
    assert load_lyrics().data == lyrics.data
    assert load_lyrics().target[0] == 0


def test_lyrics_as_frame(lyrics):
    framed = load_lyrics(as_frame=True)
    assert list(framed.frame.columns) == ["data", "target", "album", "title"]
    assert framed.frame.shape == (180, 4)
    for name in framed.frame.columns:
        assert isinstance(framed[name], pd.Series)
        assert framed[name].tolist() == list(lyrics[name])
    assert framed.target_names == ARTISTS


@pytest.mark.parametrize(("as_frame", "kinds"), [(False, (list, np.ndarray)), (True, (pd.Series,))])
def test_lyrics_as_pair(lyrics, as_frame, kinds):
    X, y = load_lyrics(return_X_y=True, as_frame=as_frame)
    assert isinstance(X, kinds)
    assert isinstance(y, kinds)
    assert list(X) == lyrics.data
    assert y.tolist() == lyrics.target.tolist()


def test_frame_without_pandas_is_an_error_with_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert len(load_lyrics().data) == 180
    with pytest.raises(ImportError, match="pip install pandas"):
        load_lyrics(as_frame=True)


def test_parameters_are_named_only():
    with pytest.raises(TypeError):
        load_lyrics(True)


def test_description_tells_what_is_in_it(lyrics):
    for word in ("180", "CC0", "`album` as", *ARTISTS):
        assert word in lyrics.DESCR


def test_licence_ships_with_the_lyrics():
    import sklearn_w2v.datasets

    folder = Path(sklearn_w2v.datasets.__file__).parent / "data" / "lyrics"
    assert "CC0" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert len(list(folder.glob("*.txt"))) == 6


def test_artists_can_be_told_apart_but_not_with_ease(lyrics):
    tokens = JapaneseTokenizer().transform(lyrics.data)
    model = make_pipeline(TfidfVectorizer(analyzer=list, sublinear_tf=True), LinearSVC())
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    score = cross_val_score(model, tokens, lyrics.target, cv=folds).mean()
    assert 0.5 < score < 0.85


# livedoor news


def article(number, body="本文一行目\n二行目\n"):
    return f"http://example.com/{number}\n2013-01-0{number}T00:00:00+0900\n題{number}\n{body}"


FILES = {
    "text/smax/smax-10.txt": article(1),
    "text/smax/smax-02.txt": article(2),
    "text/it-life-hack/it-life-hack-7.txt": article(3),
    "text/smax/LICENSE.txt": "no article",
    "text/CHANGES.txt": "no article",
    "text/smax/peachy-3.txt": article(4),  # not in its own category
    "text/smax/._smax-5.txt": "a Macintosh's notes",
    "text/smax/smax-6.txt.bak": article(6),
}


def write_archive(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_folder(path, files):
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def write_plain_archive(path, files):
    return write_archive(path, files, "w")


@pytest.mark.parametrize("write", [write_archive, write_plain_archive, write_folder])
@pytest.mark.parametrize("kind", [str, Path])
def test_livedoor_reads_articles_in_order(tmp_path, write, kind):
    corpus = load_livedoor(kind(write(tmp_path / "corpus", FILES)))
    assert corpus.data == ["本文一行目\n二行目"] * 3
    assert corpus.target_names == ["it-life-hack", "smax"]
    assert corpus.target.tolist() == [0, 1, 1]
    assert corpus.target.dtype == np.int64
    assert corpus.name.tolist() == ["it-life-hack-7.txt", "smax-02.txt", "smax-10.txt"]
    assert corpus.title.tolist() == ["題3", "題2", "題1"]
    assert corpus.url.tolist() == [f"http://example.com/{number}" for number in (3, 2, 1)]
    assert corpus.date.tolist() == [f"2013-01-0{number}T00:00:00+0900" for number in (3, 2, 1)]
    assert "CC BY-ND 2.1 JP" in corpus.DESCR


def test_livedoor_reads_a_folder_below_the_top(tmp_path):
    write_folder(tmp_path, FILES)
    assert load_livedoor(tmp_path / "text").name.tolist() == load_livedoor(tmp_path).name.tolist()
    assert load_livedoor(tmp_path / "text" / "smax").target_names == ["smax"]


@pytest.mark.parametrize("write", [write_archive, write_folder])
def test_livedoor_reads_byte_order_marks_and_windows_line_ends(tmp_path, write):
    text = "\ufeff" + article(1).replace("\n", "\r\n")
    corpus = load_livedoor(write(tmp_path / "corpus", {"text/smax/smax-1.txt": text}))
    assert corpus.url.tolist() == ["http://example.com/1"]
    assert corpus.title.tolist() == ["題1"]
    assert corpus.data == ["本文一行目\n二行目"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("", "", "", "")),
        ("url", ("url", "", "", "")),
        ("url\ndate\ntitle", ("url", "date", "title", "")),
        ("url\ndate\ntitle\n\n\n body \n\n", ("url", "date", "title", "body")),
    ],
)
def test_livedoor_reads_short_articles(tmp_path, text, expected):
    corpus = load_livedoor(write_folder(tmp_path, {"smax/smax-1.txt": text}))
    found = (corpus.url[0], corpus.date[0], corpus.title[0], corpus.data[0])
    assert found == expected


def test_livedoor_wants_a_path_that_exists(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.* is neither a file nor a folder"):
        load_livedoor(tmp_path / "nowhere")


@pytest.mark.parametrize("write", [write_archive, write_folder])
@pytest.mark.parametrize(
    "files", [{}, {"text/CHANGES.txt": "x"}, {"smax/notes.txt": "x", "smax/peachy-1.txt": "x"}]
)
def test_livedoor_wants_articles(tmp_path, write, files):
    path = tmp_path / "corpus"
    if write is write_folder:
        path.mkdir()
    with pytest.raises(ValueError, match="corpus', which contains no livedoor articles"):
        load_livedoor(write(path, files))


def test_livedoor_wants_a_whole_archive(tmp_path):
    noise = np.random.default_rng(0).integers(0x3041, 0x9FA0, 60_000).tolist()
    body = "".join(map(chr, noise))
    files = {f"text/smax/smax-{n}.txt": article(1, body[n * 9_000 :]) for n in range(5)}
    path = write_archive(tmp_path / "corpus.tar.gz", files)
    whole = path.read_bytes()
    assert len(load_livedoor(path).data) == 5
    for content in (b"", b"no archive" * 99, whole[:5], whole[:1_000], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a complete tar archive"):
            load_livedoor(path)


def test_livedoor_of_the_real_world(corpora):
    corpus = load_livedoor(next((corpora / "livedoor").glob("*.tar.gz")))
    assert len(corpus.data) == 7_367
    assert len(corpus.target_names) == 9
    sizes = dict(zip(corpus.target_names, np.bincount(corpus.target), strict=True))
    assert sizes["smax"] == 870
    assert sizes["livedoor-homme"] == 511
    assert all(url.startswith("http") for url in corpus.url)
    assert all(len(date) == 24 for date in corpus.date)
    assert not any(title == "" for title in corpus.title)
    keys = [
        f"{corpus.target_names[t]}/{n}" for t, n in zip(corpus.target, corpus.name, strict=True)
    ]
    assert keys == sorted(keys)
    assert len(set(keys)) == 7_367


# sentences of annual reports


def annotation(document, *sentences):
    """One document: sentences, each with the categories of its opinions."""
    rows = [
        {
            "sentence_id": number,
            "sentence": text,
            "opinions": [
                {"target": "利益", "category": one, "polarity": "positive", "from": 0, "to": 2}
                for one in categories
            ],
        }
        for number, (text, *categories) in enumerate(sentences)
    ]
    header = {"document_id": document, "document_name": "雨傘株式会社"}
    return json.dumps({"header": header, "sentences": rows}, ensure_ascii=False, indent=1)


REPORTS = {
    "chABSA/e00002_ann.json": annotation(
        "E00002", ("売上も利益も伸びました", "NULL#sales", "NULL#profit"), ("（その他）",)
    ),
    "chABSA/e00001_ann.json": annotation(
        "E00001", ("傘はよく売れました", "product#sales", "product#sales", "NULL#sales")
    ),
    "chABSA/._e00003_ann.json": "a Macintosh's notes",
    "chABSA/README.json": "no annotation",
    "chABSA/e00004_ann.json.bak": annotation("E00004", ("古い文", "NULL#cost")),
}


@pytest.mark.parametrize("write", [write_archive, write_plain_archive, write_folder])
@pytest.mark.parametrize("kind", [str, Path])
def test_chabsa_reads_sentences_and_their_categories(tmp_path, write, kind):
    corpus = load_chabsa(kind(write(tmp_path / "corpus", REPORTS)))
    assert corpus.data == ["傘はよく売れました", "売上も利益も伸びました", "（その他）"]
    assert corpus.target_names == ["NULL#profit", "NULL#sales", "product#sales"]
    assert corpus.target.tolist() == [[0, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert corpus.target.dtype == np.int64
    assert corpus.groups.tolist() == ["E00001", "E00002", "E00002"]
    assert "CC BY 4.0" in corpus.DESCR


def test_chabsa_orders_by_file_names_wherever_they_lie(tmp_path):
    names = {"z/e1_ann.json": ("E1", ("一",)), "a/e2_ann.json": ("E2", ("二",))}
    files = {name: annotation(*content) for name, content in names.items()}
    corpus = load_chabsa(write_folder(tmp_path, files))
    assert corpus.data == ["一", "二"]
    assert corpus.target.shape == (2, 0)
    assert corpus.target_names == []


def test_chabsa_wants_a_path_that_exists(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.* is neither a file nor a folder"):
        load_chabsa(tmp_path / "nowhere")


@pytest.mark.parametrize("write", [write_archive, write_folder])
@pytest.mark.parametrize(
    "files", [{"chABSA/README.json": "x"}, {"chABSA/e1_ann.json": annotation("E1")}]
)
def test_chabsa_wants_sentences(tmp_path, write, files):
    with pytest.raises(ValueError, match="corpus', which contains no sentences of chABSA"):
        load_chabsa(write(tmp_path / "corpus", files))


@pytest.mark.parametrize("write", [write_archive, write_folder])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "JSONDecodeError"),
        (REPORTS["chABSA/e00001_ann.json"][:-9], "JSONDecodeError"),
        ("[1, 2]", "TypeError"),
        ('{"sentences": []}', "KeyError: 'header'"),
        (annotation("E1", ("文", "A")).replace("category", "kind"), "KeyError: 'category'"),
        (annotation("E1", ("文", 3)), "TypeError: 3 is not a str"),
        (annotation("E1", (None, "A")), "TypeError: None is not a str"),
        (annotation(17, ("文", "A")), "TypeError: 17 is not a str"),
    ],
)
def test_chabsa_names_a_broken_annotation(tmp_path, write, text, reason):
    files = {**REPORTS, "chABSA/e00009_ann.json": text}
    with pytest.raises(
        ValueError, match=r"e00009_ann\.json', which is not an annotation"
    ) as caught:
        load_chabsa(write(tmp_path / "corpus", files))
    assert reason in str(caught.value)


@pytest.mark.parametrize("write", [write_archive, write_folder])
@pytest.mark.parametrize(
    ("load", "name"), [(load_chabsa, "e1_ann.json"), (load_livedoor, "smax/smax-1.txt")]
)
def test_a_file_in_another_encoding_is_named(tmp_path, write, load, name):
    path = write(tmp_path / "corpus", {name: "雨が降る".encode("shift_jis")})
    with pytest.raises(ValueError, match=rf"{name}', which is not UTF-8"):
        load(path)


def test_chabsa_wants_a_whole_archive(tmp_path):
    path = write_archive(tmp_path / "corpus.tar.gz", REPORTS)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="is not a complete tar archive"):
        load_chabsa(path)


def test_chabsa_of_the_real_world(corpora):
    corpus = load_chabsa(corpora / "chabsa" / "chABSA.tar.gz")
    labels = corpus.target.sum(axis=1)
    assert len(corpus.data) == 6_119
    assert len(set(corpus.groups)) == 230
    assert corpus.target.shape == (6_119, 24)
    assert len(corpus.target_names) == 24
    assert (labels > 1).sum() == 1_582
    assert (labels == 0).sum() == 2_904
    assert corpus.target.sum(axis=0).min() == 4
    assert set(np.unique(corpus.target)) == {0, 1}
    assert all("#" in name for name in corpus.target_names)
    assert corpus.groups.tolist() == sorted(corpus.groups)
    assert all(corpus.data)


# poems

COLUMNS = ["id", "author", "work", "title", "text"]
POEMS = [
    ["0", "中原", "山羊の歌", "サーカス", "幾時代かがありまして\n茶色い戦争ありました"],
    ["1", "萩原", "月に吠える", "竹", '光る地面に竹が生え、"青竹"が生え'],
    ["2", "中原", "在りし日の歌", "骨", "ホラホラ、これが僕の骨だ"],
]


def write_poems(path, rows=POEMS, columns=COLUMNS, encoding="utf-8"):
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("kind", [str, Path])
def test_poets_reads_a_file_with_or_without_byte_order_mark(tmp_path, encoding, kind):
    columns = [*COLUMNS[1:], COLUMNS[0]]  # the mark stands ahead of a column that is needed
    rows = [[*row[1:], row[0]] for row in POEMS]
    corpus = load_poets(kind(write_poems(tmp_path / "x.csv", rows, columns, encoding)))
    assert corpus.data == [row[4] for row in POEMS]
    assert corpus.target_names == ["中原", "萩原"]
    assert corpus.target.tolist() == [0, 1, 0]
    assert corpus.target.dtype == np.int64
    assert corpus.title.tolist() == ["サーカス", "竹", "骨"]
    assert corpus.work.tolist() == ["山羊の歌", "月に吠える", "在りし日の歌"]
    assert corpus.groups.tolist() == ["中原: 山羊の歌", "萩原: 月に吠える", "中原: 在りし日の歌"]
    assert "public domain" in corpus.DESCR


def test_poets_reads_the_folder_that_holds_the_file(tmp_path):
    write_poems(tmp_path / "ja_poets.csv")
    assert load_poets(tmp_path).data == [row[4] for row in POEMS]


@pytest.mark.parametrize("name", ["", "nowhere.csv"])
def test_poets_wants_a_file_that_exists(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=name or r"ja_poets\.csv"):
        load_poets(tmp_path / name)


@pytest.mark.parametrize("missing", list(itertools.combinations(COLUMNS[1:], 2)))
def test_poets_names_the_missing_columns(tmp_path, missing):
    kept = [index for index, name in enumerate(COLUMNS) if name not in missing]
    rows = [[row[index] for index in kept] for row in POEMS]
    path = write_poems(tmp_path / "x.csv", rows, [COLUMNS[index] for index in kept])
    with pytest.raises(ValueError, match="lacks the columns") as caught:
        load_poets(path)
    assert str(sorted(missing)) in str(caught.value)


def test_poets_refuses_an_empty_file(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="lacks the columns"):
        load_poets(tmp_path / "x.csv")


def test_poets_refuses_a_file_without_poems(tmp_path):
    with pytest.raises(ValueError, match="contains no poems"):
        load_poets(write_poems(tmp_path / "x.csv", []))


@pytest.mark.parametrize("row", [["3", "中原", "骨"], ["3", "a", "b", "c", "d", "e"]])
def test_poets_names_the_line_of_a_row_that_is_too_short_or_too_long(tmp_path, row):
    path = write_poems(tmp_path / "x.csv", [*POEMS, row])  # the first poem has two lines
    with pytest.raises(ValueError, match="line 6 has more or fewer cells"):
        load_poets(path)


def test_poets_of_the_real_world(corpora):
    corpus = load_poets(corpora / "poets")
    assert len(corpus.data) == 716
    assert len(corpus.target_names) == 8
    assert np.bincount(corpus.target).min() > 0
    assert all(text.strip() for text in corpus.data)
    # a collection belongs to one author
    assert len(set(corpus.groups)) == len(set(zip(corpus.target, corpus.groups, strict=True)))
    assert len(set(corpus.groups)) > 8


def test_poems_of_another_kind_of_file_are_named(tmp_path):
    path = tmp_path / "poems.tar.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00\xff")
    with pytest.raises(ValueError, match=r"poems\.tar\.gz', which is not CSV in UTF-8"):
        load_poets(path)
