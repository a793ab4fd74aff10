"""MiniStack shares one copy of a layer among all processes of all functions."""

import zipfile
from pathlib import Path

import pytest

from local import layers


def written(folder: Path, name: str, **files: str) -> str:
    """An archive as MiniStack writes it, beside the empty folder where it wants what is in it."""
    folder.mkdir(exist_ok=True)
    (folder / "layer_0").mkdir()
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, text in files.items():
            archive.writestr(f"python/{path}.py", text)
    return str(folder / name)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def unpacked(path: str) -> Path:
    folder = Path(path).with_name("layer_0")
    with layers._opened(path) as archive:
        assert archive.namelist() == []
        archive.extractall(str(folder))
    return folder


def test_two_processes_share_a_layer(tmp_path):
    first = unpacked(written(tmp_path / "one", "layer_0.zip", shared="A = 1"))
    second = unpacked(written(tmp_path / "two", "layer_0.zip", shared="A = 1"))

    assert first.resolve() == second.resolve()
    assert (second / "python" / "shared.py").read_text() == "A = 1"
    assert list((tmp_path / "two").iterdir()) == [second]  # the archive is gone as well


def test_another_layer_is_another_folder(tmp_path):
    first = unpacked(written(tmp_path / "one", "layer_0.zip", shared="A = 1"))
    second = unpacked(written(tmp_path / "two", "layer_0.zip", shared="A = 2"))

    assert first.resolve() != second.resolve()
    assert (second / "python" / "shared.py").read_text() == "A = 2"


def test_the_code_of_a_function_is_unpacked_as_before(tmp_path):
    with layers._opened(written(tmp_path / "one", "code.zip", app="A = 1")) as archive:
        assert isinstance(archive, zipfile.ZipFile)
        assert archive.namelist() == ["python/app.py"]
