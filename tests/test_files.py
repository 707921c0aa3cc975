"""Finding the files of exports: folders and archives, whole, broken and hostile."""

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, find_files, load_json, split_lines


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def found(*paths: Path) -> dict[str, bytes]:
    items = list(find_files(paths))
    assert all(isinstance(item, ExportFile) for item in items), items
    return {item.path: item.read() for item in items if isinstance(item, ExportFile)}


def problem(path: Path) -> str:
    """The one problem of a path, and nothing read from it."""
    (item,) = find_files([path])
    assert isinstance(item, ExportError)
    return str(item)


def test_folders_and_archives_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "chat.txt").write_bytes(b"hi")
    write_zip(tmp_path / "a.zip", {"inbox\\zoe\\message_1.json": b"{}", "x/": b""})

    root = tmp_path.as_posix()
    assert found(tmp_path) == {
        f"{root}/a.zip/inbox/zoe/message_1.json": b"{}",
        f"{root}/b/chat.txt": b"hi",
    }


def test_what_systems_leave_behind_is_no_export(tmp_path: Path) -> None:
    for name in (".DS_Store", "._chat.txt", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    write_zip(tmp_path / "a.zip", {"__MACOSX/._chat.txt": b"x", "chat.txt": b"hi"})

    assert list(found(tmp_path).values()) == [b"hi"]


def test_a_missing_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="nowhere: no such file or folder"):
        list(find_files([tmp_path / "nowhere"]))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert problem(tmp_path).endswith("the folder is empty.")


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "C:\\evil.txt"]
)
def test_an_archive_that_reaches_outside_is_refused_whole(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", {"chat.txt": b"hi", name: b"evil"})
    assert "points outside the archive" in problem(path)


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"chat.txt": b"0" * 50_000_000})
    assert "like a zip bomb" in problem(path)


def test_a_chat_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    chat = b"".join(
        b"01/02/2024, 10:%02d - Zo: ok number %d\n" % (i % 60, i) for i in range(60_000)
    )
    path = write_zip(tmp_path / "chat.zip", {"chat.txt": chat})
    assert list(found(path).values()) == [chat]


def test_a_truncated_archive_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"chat.txt": b"hi" * 1000})
    path.write_bytes(path.read_bytes()[:60])
    assert "not a whole archive. Download it again" in problem(path)


def test_a_damaged_member_is_told_when_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"chat.txt": bytes(range(256)) * 100})
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(data)
    (file,) = find_files([path])
    assert isinstance(file, ExportFile)
    with pytest.raises(ExportError, match=r"a\.zip/chat\.txt: damaged inside its archive"):
        file.read()


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_every_kind_of_archive_is_looked_into(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"chat.txt": b"deep"}).read_bytes()
    tar = write_tar(tmp_path / "part.tar", {"./a/one.txt": b"tar"}, "w").read_bytes()
    (tmp_path / "inner.zip").unlink()
    (tmp_path / "part.tar").unlink()
    write_tar(tmp_path / "takeout.tgz", {"Takeout/two.txt": b"two", "Takeout/in.zip": inner})
    write_zip(tmp_path / "outer.zip", {"in.zip": inner, "part.tar": tar})
    (tmp_path / "result.json.gz").write_bytes(gzip.compress(b"{}"))

    root = tmp_path.as_posix()
    assert found(tmp_path) == {
        f"{root}/outer.zip/in.zip/chat.txt": b"deep",
        f"{root}/outer.zip/part.tar/a/one.txt": b"tar",
        f"{root}/result.json.gz/result.json": b"{}",
        f"{root}/takeout.tgz/Takeout/in.zip/chat.txt": b"deep",
        f"{root}/takeout.tgz/Takeout/two.txt": b"two",
    }


def test_a_file_in_an_archive_travels_to_another_process(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"chat.txt": b"deep"}).read_bytes()
    (file,) = find_files([write_zip(tmp_path / "outer.zip", {"in.zip": inner})])
    assert isinstance(file, ExportFile)
    assert pickle.loads(pickle.dumps(file)).read() == b"deep"


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_bytes(b"hi")
    (tmp_path / "link.txt").symlink_to(tmp_path / "chat.txt")
    assert len(found(tmp_path, tmp_path / "chat.txt")) == 1


def test_archives_without_end_and_bombs_in_gzip_are_refused(tmp_path: Path) -> None:
    data = b"hi"
    for depth in range(6):
        data = write_zip(
            tmp_path / "x.zip", {f"{depth}.zip" if depth else "chat.txt": data}
        ).read_bytes()
    assert "archives inside each other" in problem(tmp_path / "x.zip")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b"0" * 50_000_000))
    assert "like a zip bomb" in problem(tmp_path / "b.json.gz")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chat.txt")
    assert "not a regular file" in problem(tmp_path / "chat.txt")


def test_links_in_a_tar_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("passwords.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "the archive is empty" in problem(path)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é\n".encode("utf-8-sig"), "é\n"),
        ("é\n".encode("utf-16"), "é\n"),
        ("hey you\n".encode("utf-16-le"), "hey you\n"),
        ("hey you\n".encode("utf-16-be"), "hey you\n"),
        ("schöne Grüße aus Köln 😂\n".encode("utf-16-le"), "schöne Grüße aus Köln 😂\n"),
        (b"", ""),
    ],
)
def test_text_is_decoded_whatever_wrote_it(data: bytes, text: str) -> None:
    assert decode_text(data) == (text, False)


def test_windows_text_is_guessed_and_said_so() -> None:
    assert decode_text("caf\u00e9".encode("cp1252")) == ("café", True)


def test_lines_end_only_where_files_end_them() -> None:
    assert split_lines("a\u2028b\x0bc\r\nd\n") == ["a\u2028b\x0bc", "d", ""]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b'{"a": 1,\n "b": }', r"f\.json:2: not valid JSON"),
        (b"\xff{}", r"f\.json: not UTF-8 text"),
        (b"[" * 100_000, r"f\.json.*(nested too deeply|not valid JSON)"),
    ],
)
def test_broken_json_is_told_with_its_place(data: bytes, complaint: str) -> None:
    file = ExportFile("f.json", len(data), lambda: io.BytesIO(data))
    with pytest.raises(ExportError, match=complaint):
        load_json(file)
