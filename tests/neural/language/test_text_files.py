"""A user's own texts, as files come: tables, compressed, marked, damaged, and named as what they are not."""

import bz2
import gzip
import io
import json
import lzma
import re
from dataclasses import replace

import pyarrow
import pyarrow.parquet
import pytest

from neural.language import text
from neural.language.configuration import PRESETS, LanguageConfiguration
from neural.language.text_files import read_texts
from tests.helpers import command, refused

TEXTS = ["A cat,\n\nand “her” kitten.", 'He said "no".', "Plain"]


def parquet(columns, **options):
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file, **options)
    return file.getvalue()


CSV = 'id,text\n1,"A cat,\n\nand “her” kitten."\n2,"He said ""no""."\n3,Plain\n'
TSV = 'text\tid\n"A cat,\n\nand “her” kitten."\t1\n"He said ""no""."\t2\nPlain\t3\n'
JSON = json.dumps([{"text": one, "n": 1} for one in TEXTS])
LINES = "\n".join(json.dumps({"text": one}, ensure_ascii=False) for one in TEXTS)
STORIES = "<|endoftext|>\n".join(TEXTS)
CHUNKS = pyarrow.chunked_array([TEXTS[:1], TEXTS[1:]])

READ = {
    "a.txt": STORIES,
    "a.TXT": STORIES,
    "a.text": STORIES,
    "no_suffix": STORIES,
    "a.csv": CSV,
    "A.CSV": CSV,
    "crlf.csv": CSV.replace("\n", "\r\n"),
    "mac.csv": CSV.replace("\n", "\r"),
    "mark.csv": "\ufeff" + CSV,
    "blank lines.csv": CSV + "\n\n",
    "one column.csv": 'text\n"A cat,\n\nand “her” kitten."\n"He said ""no""."\nPlain',
    "a.tsv": TSV,
    "a.json": JSON,
    "strings.json": json.dumps(TEXTS),
    "indented.json": json.dumps([{"text": one} for one in TEXTS], indent=2),
    "a.jsonl": LINES,
    "a.ndjson": LINES + "\n\n",
    "strings.jsonl": "\n".join(map(json.dumps, TEXTS)),
    "A.JsonL": LINES.replace("\n", "\r\n"),
    "mark.jsonl": "\ufeff" + LINES,
    "mark.txt": "\ufeff" + STORIES,
    "joined.txt": STORIES.replace("<|endoftext|>\n", "<|endoftext|>\ufeff"),
    "16.txt": STORIES.encode("utf-16"),
    "16be.csv": b"\xfe\xff" + CSV.encode("utf-16-be"),
    "32.jsonl": LINES.encode("utf-32"),
    "a.txt.gz": gzip.compress(STORIES.encode(), mtime=0),
    "A.CSV.GZ": gzip.compress(CSV.encode(), mtime=0),
    "a.jsonl.bz2": bz2.compress(LINES.encode()),
    "a.json.xz": lzma.compress(JSON.encode()),
    "two members.txt.gz": gzip.compress(STORIES[:20].encode(), mtime=0) + gzip.compress(STORIES[20:].encode(), mtime=0),
    "a.parquet": parquet({"id": [1, 2, 3], "text": TEXTS}),
    "a.PARQUET": parquet({"text": TEXTS}),
    "groups.parquet": parquet({"text": TEXTS}, row_group_size=1),
    "chunks.parquet": parquet({"text": CHUNKS}),
    "large.parquet": parquet({"text": pyarrow.array(TEXTS, pyarrow.large_string())}),
    "dictionary.parquet": parquet({"text": pyarrow.array(TEXTS).dictionary_encode()}),
    "compressed.parquet": parquet({"text": TEXTS}, compression="zstd"),
    "a.parquet.gz": gzip.compress(parquet({"text": TEXTS}), mtime=0),
}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", READ)
def test_every_form_holds_the_same_texts(name, tmp_path, capsys):
    assert read_texts(write(tmp_path / name, READ[name])) == TEXTS
    assert capsys.readouterr().err == ""


def test_a_letter_that_ends_lines_elsewhere_stays_in_its_text(tmp_path):
    odd = ["a\u2028b", "c\x85d", "e\x0cf", "g\x0bh", "i\x1ej"]
    lines = "\n".join(json.dumps({"text": one}, ensure_ascii=False) for one in odd)
    assert read_texts(write(tmp_path / "a.jsonl", lines)) == odd
    assert read_texts(write(tmp_path / "a.csv", "text\n" + "\n".join(odd[:2]))) == odd[:2]
    assert read_texts(write(tmp_path / "a.txt", "\n\n".join(odd))) == odd


def test_one_huge_line_is_one_text(tmp_path):
    huge = "word " * 300_000 + "end"
    contents = {"a.csv": f"text\n{huge}\n", "a.txt": huge, "a.jsonl": json.dumps(huge), "a.tsv": f"text\tn\n{huge}\t1"}
    for name, content in contents.items():
        assert read_texts(write(tmp_path / name, content)) == [huge]


def test_a_column_is_named(tmp_path):
    rows = [{"text": "no", "story": "yes"}, {"text": "never", "story": "always"}]
    contents = {
        "a.csv": "text,story\nno,yes\nnever,always\n",
        "spaces.csv": "text, story \nno,yes\nnever,always\n",
        "a.tsv": "story\ttext\nyes\tno\nalways\tnever",
        "a.json": json.dumps(rows),
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.parquet": parquet({"text": ["no", "never"], "story": ["yes", "always"]}),
    }
    for name, content in contents.items():
        assert read_texts(write(tmp_path / name, content), column="story") == ["yes", "always"]


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.parquet", parquet({"text": ["one", None, "", "two", "  "]}), "row 2, row 3, row 5"),
        ("a.csv", 'id,text\n1,one\n2,\n3," "\n4,two\n5,\ufeff\n', "line 3, line 4, line 6"),
        ("a.json", '["one", null, "", "two", "\\n"]', "item 2, item 3, item 5"),
        ("a.jsonl", '{"text": "one"}\n{"text": null}\n""\n{"text": "two"}\n" "', "line 2, line 3, line 5"),
    ],
)
def test_rows_without_a_text_are_counted_and_named(name, content, places, tmp_path, capsys):
    path = write(tmp_path / name, content)
    assert read_texts(path) == ["one", "two"]
    assert capsys.readouterr().err == f"{path}: 3 left out, without a text ({places})\n"


def test_a_folder_and_a_pattern_are_several_files(tmp_path, capsys):
    for number, one in enumerate(TEXTS):
        write(tmp_path / "data" / f"train-{number:05d}-of-00003.parquet", parquet({"text": [one]}))
    for name in ("._train-00000.parquet", ".DS_Store", "__MACOSX/x.parquet", ".cache/y.parquet"):
        write(tmp_path / "data" / name, b"\0\5\x16\7")
    assert read_texts(tmp_path / "data" / "train-*.parquet") == TEXTS
    assert read_texts(tmp_path / "data") == TEXTS
    assert capsys.readouterr().err == ""
    write(tmp_path / "data" / "README.md", "# data")
    assert read_texts(tmp_path / "data") == TEXTS
    assert "1 left out, not known by their suffix (README.md)" in capsys.readouterr().err
    write(tmp_path / "data" / "infos.json", "{}")
    with pytest.raises(ValueError, match=r"files of several kinds \(\.json, \.parquet\); choose one by a pattern"):
        read_texts(tmp_path / "data")
    with pytest.raises(ValueError, match=r"--test-file .*test-\*\.txt holds no file of texts"):
        read_texts(tmp_path / "data" / "test-*.txt", option="--test-file")
    write(tmp_path / "twice" / "a.txt", "one")
    write(tmp_path / "twice" / "a.txt.gz", gzip.compress(b"one", mtime=0))
    with pytest.raises(ValueError, match=r"holds a file compressed and as it is \(.*a\.txt\); keep one"):
        read_texts(tmp_path / "twice")
    write(tmp_path / "odd [name]*.txt", "a file whose name is a pattern")
    assert read_texts(tmp_path / "odd [name]*.txt") == ["a file whose name is a pattern"]


REFUSED = {
    "no text at all": ("a.txt", b"", "holds no text"),
    "half a mark of UTF-16": ("a.txt", b"\xff\xfe", "byte 0 is not UTF-8"),
    "joined JSON": ("a.jsonl", '{"text": "a"}{"text": "b"}', "line 1: is not JSON: Extra data"),
    "lines with commas": ("a.jsonl", '{"text": "a"},\n{"text": "b"}', "line 1: is not JSON: Extra data"),
    "a word of JSON": ("a.json", '"word"', "is JSON, but no list"),
    "true": ("a.jsonl", '{"text": true}', "line 1: True is not a text"),
    "an object in a list": ("a.json", '[{"text": {"a": 1}}]', "item 1: {'a': 1} is not a text"),
    "a remark before the header": ("a.csv", "# remark\ntext\na\n", "has no column 'text', but # remark"),
    "another quote": ("a.csv", "text\n'a, b'\n", "line 2: has 2 fields, and the first line 1"),
    "commas named TSV": ("a.tsv", "text,id\na,1", "has no column 'text', but text,id"),
    "capitals": ("a.csv", "TEXT\na", "has no column 'text', but TEXT"),
    "a document": ("a.pdf", b"%PDF-1.7", "by its content it is a PDF document"),
    "an archive compressed": ("a.tar.gz", gzip.compress(b"name" + bytes(600), mtime=0), "holds zero bytes"),
    "a mark alone": ("a.txt", b"\xef\xbb\xbf \r\n", "holds no text"),
    "a header alone": ("a.csv", "id,text\n", "holds no text"),
    "an empty table": ("a.csv", "", "holds no text"),
    "an empty list": ("a.json", "[]", "holds no text"),
    "an empty file compressed": ("a.jsonl.gz", gzip.compress(b"", mtime=0), "holds no text"),
    "no rows": ("a.parquet", parquet({"text": pyarrow.array([], pyarrow.string())}), "holds no text"),
    "nulls alone": ("a.parquet", parquet({"text": [None, None]}), "holds no text"),
    "another code": ("a.csv", "text\ncaf\xe9".encode("latin-1"), "byte 8 is not UTF-8; give a text file, in UTF-8"),
    "half of UTF-16": ("a.txt", "abc".encode("utf-16")[:-1], "is not UTF-16"),
    "UTF-16 unmarked": ("a.txt", "abc".encode("utf-16-le"), "holds zero bytes"),
    "zero bytes": ("a.csv", b"text\na\0b\n", "holds zero bytes"),
    "a zero byte escaped": ("a.jsonl", '{"text": "a"}\n{"text": "b\\u0000"}', "line 2: the text holds zero bytes"),
    "a zero byte in parquet": ("a.parquet", parquet({"text": ["a\0"]}), "row 1: the text holds zero bytes"),
    "half a pair": ("a.json", '["\\ud83d"]', "item 1: the text holds half of a surrogate pair"),
    "lines named text": ("a.txt", LINES, "looks like JSON lines inside; name it with .jsonl"),
    "a line named text": ("a.txt", '{"text": "a"}', "looks like JSON inside; name it with .json"),
    "JSON named text": ("a.txt", JSON, "looks like JSON inside; name it with .json"),
    "indented JSON named text": ("a", json.dumps([{"text": "a"}], indent=1), "looks like JSON inside"),
    "a list named text": ("a.txt.gz", gzip.compress(json.dumps(TEXTS).encode(), mtime=0), "looks like JSON inside"),
    "CSV named text": ("a.txt", CSV, "looks like a table inside; name it with .csv"),
    "CSV of other columns": ("a.txt", "id,story\n1,one\n\n2,two", "looks like a table inside"),
    "CSV of one column": ("a", 'text\n"a\n\nb"\n', "looks like a table inside; name it with .csv"),
    "TSV named text": ("a.txt", TSV, "looks like a table inside; name it with .tsv"),
    "parquet named text": ("a.txt", parquet({"text": ["a"]}), "by its content it is parquet"),
    "parquet named CSV": ("a.csv", parquet({"text": ["a"]}), "by its content it is parquet"),
    "gzip named text": ("a.txt", gzip.compress(b"a", mtime=0), r"by its content it is compressed \(.gz\)"),
    "a zip archive": ("a.json", b"PK\3\4abc", "by its content it is a zip archive"),
    "text named gzip": ("a.txt.gz", b"abc", "is not compressed as its name says; take .gz off"),
    "gzip cut off": ("a.txt.gz", gzip.compress(b"abc" * 99, mtime=0)[:-9], "is compressed and damaged"),
    "gzip flipped": ("a.txt.gz", gzip.compress(b"abc" * 99, mtime=0)[:-8] + bytes(8), "is compressed and damaged"),
    "xz cut off": ("a.txt.xz", lzma.compress(b"abc" * 99)[:-9], "is compressed and damaged"),
    "bz2 damaged": ("a.txt.bz2", b"BZh91AY&SYabc", "is compressed and damaged"),
    "text named CSV": (
        "a.csv",
        "Once there was a cat.\n\nIt slept.",
        "has no column 'text', but Once there was a cat.",
    ),
    "JSON named CSV": ("a.csv", LINES, "has no column 'text', but"),
    "semicolons": ("a.csv", "id;text\n1;a", "has no column 'text', but id;text; name one with texts by --column"),
    "two columns of one name": ("a.csv", "text,text\na,b", "has several columns 'text'"),
    "a comma unquoted": ("a.csv", "id,text\n1,a cat, a dog\n", "line 2: has 3 fields, and the first line 2"),
    "a row cut off": ("a.csv", "text,id\na,1\nb", "line 3: has 1 fields"),
    "a quote left open": ("a.csv", 'text\n"a\nb\n', "line 3: is not a table as its name says: unexpected end"),
    "a quote inside": ("a.csv", 'text\n"a" b\n', "line 2: is not a table as its name says"),
    "lines named JSON": ("a.json", LINES, r"Extra data.*\(a file with a JSON value a line is named .jsonl\)"),
    "JSON named lines": ("a.jsonl", json.dumps(TEXTS), "line 1: holds a list; a file that is one JSON list"),
    "indented JSON named lines": ("a.jsonl", json.dumps([1], indent=1), r"line 1: is not JSON.*named .json\)"),
    "JSON cut off": ("a.json", JSON[:-9], "is not JSON"),
    "a line cut off": ("a.jsonl", LINES[:-4], "line 3: is not JSON"),
    "an object": ("a.json", '{"text": ["a"]}', "is JSON, but no list"),
    "deep JSON": ("a.json", "[" * 200_000, "is not JSON"),
    "a deep line": ("a.jsonl", '{"text":' * 200_000, "line 1: is not JSON"),
    "no key": ("a.jsonl", '{"text": "a"}\n{"story": "b"}', "line 2: has no 'text', but 'story'; name one by --column"),
    "a number": ("a.json", '["a", 5]', "item 2: 5 is not a text"),
    "a list": ("a.jsonl", '{"text": ["a", "b"]}', r"line 1: \['a', 'b'\] is not a text"),
    "integers": ("a.parquet", parquet({"text": [1, 2]}), "its column 'text' holds int64, no texts, but it has text"),
    "lists": ("a.parquet", parquet({"text": [["a"]]}), "its column 'text' holds list<"),
    "bytes": ("a.parquet", parquet({"text": [b"a"]}), "its column 'text' holds binary"),
    "another column": ("a.parquet", parquet({"id": [1], "story": ["a"]}), "has no column 'text', but id, story"),
    "parquet cut off": ("a.parquet", parquet({"text": ["a"]})[:-5], "is not parquet with a column named text"),
    "text named parquet": ("a.parquet", b"Once there was", "is not parquet with a column named text"),
    "an empty file named parquet": ("a.parquet", b"", "is not parquet with a column named text"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_unclear_is_refused_in_one_line(case, tmp_path):
    name, content, message = REFUSED[case]
    path = write(tmp_path / name, content)
    with pytest.raises(ValueError, match=message) as caught:
        read_texts(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_prose_is_no_table_and_no_json(tmp_path):
    for one in (
        "[Verse 1]\nLa la",
        "{sic}",
        "text",
        "Dear text, hello",
        "One,two\nthree",
        "[1]\nA note",
        '["one", 2]',
        '"Yes," said',
    ):
        assert read_texts(write(tmp_path / "a.txt", one)) == [one]
    with pytest.raises(ValueError, match="plain text by its name and has no --column story"):
        read_texts(write(tmp_path / "a.txt", "Once"), column="story")


def test_a_file_that_cannot_be_read_is_named_with_its_option(capsys, tmp_path):
    good = write(tmp_path / "good.txt", "\n\n".join(f"text {n}" for n in range(30)))
    missing, folder = tmp_path / "missing.txt", tmp_path / "folder"
    folder.mkdir()
    for option, path, message in (
        ("--file", missing, f"--file {missing}: No such file or directory; give a file that can be read"),
        ("--test-file", missing, f"--test-file {missing}: No such file or directory"),
        ("--file", good / "below", f"--file {good / 'below'}: Not a directory"),
        ("--test-file", folder, f"--test-file {folder} holds no file of texts"),
    ):
        line = f"transformer replace --preset smoke --data text --file {good} --run-dir {tmp_path / 'run'}"
        refused(command(capsys, "neural", f"{line} {option} {path}"), "python -m neural", message)


def test_texts_for_training_and_test_are_counted(capsys, tmp_path):
    two = write(tmp_path / "two.txt", "one\n\ntwo")
    line = f"transformer replace --preset smoke --data text --file {two} --run-dir {tmp_path / 'run'}"
    message = "two.txt holds 2 texts; more than the 20 held out (--test-stories) are needed"
    refused(command(capsys, "neural", line), "python -m neural", message)


def test_fewer_held_out_texts_than_asked_for_are_refused(capsys, tmp_path):
    many = write(tmp_path / "many.txt", "\n\n".join(f"text {n}" for n in range(40)))
    few = write(tmp_path / "few.txt", "\n\n".join(f"text {n}" for n in range(19)))
    line = (
        f"transformer replace --preset smoke --data text --file {many} --test-file {few} --run-dir {tmp_path / 'run'}"
    )
    message = f"--test-file {few} holds 19 texts, and 20 are to be held out; use --test-stories 19 or fewer"
    refused(command(capsys, "neural", line), "python -m neural", message)
    held_out = replace(PRESETS["smoke"], data="text", file=str(many), test_file=str(few), test_stories=19)._texts()[1]
    assert len(held_out) == 19


def test_a_vocabulary_beyond_sixteen_bits_is_refused_before_any_work(capsys, tmp_path):
    line = f"transformer replace --preset smoke --run-dir {tmp_path / 'run'} --vocabulary"
    message = "--vocabulary is 65536 at most, since a token takes 16 bits; got 65537"
    refused(command(capsys, "neural", f"{line} 65537"), "python -m neural", message)
    assert not (tmp_path / "run").exists()
    assert LanguageConfiguration(**{**vars(PRESETS["smoke"]), "vocabulary": 65536}).vocabulary == 65536


def test_a_text_too_long_for_the_vocabulary_is_said(monkeypatch, capsys):
    monkeypatch.setattr(text, "LONGEST_SHOWN", 30)
    told = [f"a story of cat {n}" for n in range(30)]
    made = text.train_vocabulary(["é" * 15, *told, "é" * 16], 40, seed=0)
    told_of = capsys.readouterr().err
    assert re.match(r"the vocabulary: 1 left out, longer than the 30 bytes .*cut .* \(text 32\)\n$", told_of)
    assert made == text.train_vocabulary(["é" * 15, *told], 40, seed=0)
    with pytest.raises(ValueError, match="all texts are longer than the 30 bytes"):
        text.train_vocabulary(["a" * 31], 40, seed=0)


def test_the_hubs_validation_split_is_held_out(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "neural.language.configuration.from_hub",
        lambda split: asked.append(split) or [f"{split} {n}" for n in range(9)],
    )
    smoke = replace(PRESETS["smoke"], data="tinystories", test_stories=2)
    assert smoke._texts() == ([f"train {n}" for n in range(9)], ["validation 0", "validation 1"])
    assert asked == ["train", "validation"]


def test_a_column_without_a_table_is_refused(capsys, tmp_path):
    line = f"transformer replace --preset smoke --column story --run-dir {tmp_path / 'run'}"
    refused(command(capsys, "neural", line), "python -m neural", "the grammar tells its own stories")
    line += " --data tinystories"
    refused(command(capsys, "neural", line), "python -m neural", "--column is of a table that --file gives")


def test_fields_that_came_later_change_no_recorded_configuration():
    smoke = PRESETS["smoke"]
    assert "column" not in smoke.recorded()
    changed = LanguageConfiguration(**{**vars(smoke), "column": "story"})
    assert changed.recorded() == {**smoke.recorded(), "column": "story"}
    assert smoke.recorded()["file"] is None


def test_a_table_may_begin_with_blank_lines(tmp_path):
    assert read_texts(write(tmp_path / "a.csv", "\n\ntext\nA cat\n")) == ["A cat"]
    for content in ("", "\n\n"):
        with pytest.raises(ValueError, match="a.csv holds no text"):
            read_texts(write(tmp_path / "a.csv", content))


def test_parquet_that_is_damaged_anywhere_is_refused_by_name_or_gives_its_texts(tmp_path):
    texts = [f"a story of cat {n}" for n in range(200)]
    content, said = parquet({"text": texts}, compression="gzip"), []
    for place in range(0, len(content), 41):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        try:
            assert len(read_texts(write(tmp_path / "a.parquet", bytes(damaged)))) == len(texts)
        except ValueError as error:
            said.append(str(error))
    assert len(said) > 5
    for line in said:
        assert re.match(rf"{tmp_path}/a.parquet[ ,:]", line)
        assert "\n" not in line
