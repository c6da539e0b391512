"""What the image is built from, as far as text tells; `npm run conformance` looks at it built."""

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
