"""What is part of a build, and how it travels."""

import tarfile
from pathlib import Path

from roles.image import sources


def make(folder: Path, name: str, mode: int = 0o644) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(name)
    path.chmod(mode)


def test_what_no_image_is_made_of_is_no_input(tmp_path: Path) -> None:
    for name in ("Dockerfile", "docker-compose.yml", ".env.example", "__pycache__/x.pyc"):
        make(tmp_path, name)
    assert [source.path for source in sources.read(tmp_path)] == ["Dockerfile"]


def test_a_copy_has_the_same_files_modes_and_bytes_every_time(tmp_path: Path) -> None:
    make(tmp_path, "scripts/build.sh", 0o700)
    make(tmp_path, "Dockerfile", 0o600)
    read = sources.read(tmp_path)
    assert sources.packed(read).getvalue() == sources.packed(read).getvalue()
    with tarfile.open(fileobj=sources.packed(read)) as archive:
        assert [(entry.name, entry.mode) for entry in archive] == [("Dockerfile", 0o644), ("scripts/build.sh", 0o755)]
