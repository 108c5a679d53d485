"""The compiled module on disk is what is run: whom it is taken from."""

import os
import stat

import pytest

from edgetoken import _module

NAME, CODE = "name", b"machine code" * 1000


@pytest.fixture
def directory(tmp_path):
    tmp_path.chmod(0o700)
    return tmp_path / "cache"


def test_kept(directory):
    assert _module._read(directory, NAME) is None
    _module._write(directory, NAME, CODE)
    assert _module._read(directory, NAME) == CODE
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o600
    assert os.listdir(directory) == [NAME]


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:-1], lambda b: b + b"x", lambda b: b[:99] + b"X" + b[100:]]
)
def test_damaged(directory, damage):
    _module._write(directory, NAME, CODE)
    (directory / NAME).write_bytes(damage((directory / NAME).read_bytes()))
    assert _module._read(directory, NAME) is None
    _module._write(directory, NAME, CODE)
    assert _module._read(directory, NAME) == CODE


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_file_of_others(directory, mode):
    _module._write(directory, NAME, CODE)
    (directory / NAME).chmod(mode)
    assert _module._read(directory, NAME) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_directory_of_others(directory, mode):
    _module._write(directory, NAME, CODE)
    directory.chmod(mode)
    assert _module._read(directory, NAME) is None
    _module._write(directory, "other", CODE)
    assert not (directory / "other").exists()


def test_directory_in_one_of_others(directory):
    _module._write(directory, NAME, CODE)
    directory.parent.chmod(0o777)
    assert _module._read(directory, NAME) is None
    directory.parent.chmod(0o1777)  # sticky, as /tmp: nobody else can rename what is ours
    assert _module._read(directory, NAME) == CODE


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_other_owner(directory):
    _module._write(directory, NAME, CODE)
    os.chown(directory / NAME, 65534, 65534)
    assert _module._read(directory, NAME) is None
    os.chown(directory / NAME, 0, 0)
    os.chown(directory, 65534, 65534)
    assert _module._read(directory, NAME) is None


def test_no_regular_file(directory):
    _module._write(directory, "target", CODE)
    (directory / NAME).symlink_to(directory / "target")
    assert _module._read(directory, NAME) is None
    os.unlink(directory / NAME)
    os.mkfifo(directory / NAME, 0o600)
    assert _module._read(directory, NAME) is None


def test_where(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGETOKEN_CACHE_DIR", str(tmp_path))
    assert _module.cache_directory() == tmp_path
    monkeypatch.setenv("EDGETOKEN_CACHE_DIR", "")
    assert _module.cache_directory() is None
    monkeypatch.delenv("EDGETOKEN_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _module.cache_directory() == tmp_path / "edgetoken-python"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _module.cache_directory() == tmp_path / ".cache" / "edgetoken-python"


def test_compiled_once(directory, monkeypatch):
    """What was kept is run the next time, and what cannot be run is compiled anew."""
    monkeypatch.setenv("EDGETOKEN_CACHE_DIR", str(directory))
    _, module = _module._load(directory)
    (name,) = os.listdir(directory)
    made = (directory / name).stat().st_ino
    _module._load(directory)
    assert (directory / name).stat().st_ino == made
    _module._write(directory, name, b"no machine code")
    _, again = _module._load(directory)
    assert [e.name for e in again.exports] == [e.name for e in module.exports]
    assert (directory / name).stat().st_size > 1 << 20
