"""What the image is built from, as far as text can tell; the e2e suite builds and runs it."""

import re
from pathlib import Path

import pytest

from habit_tracker import VERSION

FOLDER = Path(__file__).parents[1]
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
INSTRUCTIONS = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]


def test_the_classic_builder_understands_it() -> None:
    assert "syntax=" not in DOCKERFILE
    for line in INSTRUCTIONS:
        assert not re.search(r"--mount|--chmod|--link|<<|--security|--network", line), line


def test_the_base_is_an_argument_with_the_seeds_default() -> None:
    assert INSTRUCTIONS[0] == "ARG BASE_IMAGE=python:3.12-slim"
    assert {line for line in INSTRUCTIONS if line.startswith("FROM")} == {
        "FROM ${BASE_IMAGE} AS build", "FROM ${BASE_IMAGE}",
    }  # fmt: skip


def test_it_runs_as_the_seeds_user_and_stops_cleanly() -> None:
    for line in ("USER 1000:1000", "EXPOSE 8000", "STOPSIGNAL SIGTERM"):
        assert line in INSTRUCTIONS
    assert INSTRUCTIONS[-1] == 'CMD ["python", "-m", "habit_tracker.server"]'


def test_the_label_names_this_version() -> None:
    assert f'org.opencontainers.image.version="{VERSION}"' in DOCKERFILE


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_hashed_and_name_no_host(name: str) -> None:
    text = (FOLDER / name).read_text()
    entries = re.findall(r"^[a-z].*(?:\n +--hash=.*)+", text, flags=re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[a-zA-Z-]", text, flags=re.MULTILINE))
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
