"""Settings are refused all at once, by name, without their values."""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url

from habit_tracker.core.config import Settings, SettingsError, load_settings
from tests.support.server import ServerProcess

GOOD = {
    "DATABASE_URL": "postgresql://user:canary-password@db:5432/habits",
    "JWT_SECRET": "canary-secret-0123456789abcdef-0123456789",
}


def load(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return load_settings()


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GEMINI_API_KEY="", JWT_ALGORITHM="")
    assert settings.gemini_api_key is None
    assert settings.gemini_model == "gemini-2.5-flash"
    assert settings.jwt_algorithm == "HS256"
    assert settings.drain_seconds == 8
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)
    assert settings.log_level == "INFO"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_addresses_are_taken_whole(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    rest = "user:p%40ss@db:6543/habits?sslmode=require"
    settings = load(monkeypatch, DATABASE_URL=f"{scheme}://{rest}")
    assert settings.sqlalchemy_url == make_url(f"postgresql+psycopg://{rest}")
    assert settings.sqlalchemy_url.password == "p@ss"


def test_no_secret_in_the_text_form(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GEMINI_API_KEY="canary-gemini")
    assert "canary" not in f"{settings!r} {settings} {settings.sqlalchemy_url!r}"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_URL", None, "is not set"),
        ("DATABASE_URL", "", "is not set"),
        ("DATABASE_URL", "canary", "it is not a URL"),
        ("DATABASE_URL", "postgresql://u:canary@db:port/x", "it is not a URL"),
        ("DATABASE_URL", "mysql://u:canary@db/x", "only PostgreSQL"),
        ("DATABASE_URL", "postgresql:///canary", "names no host"),
        ("DATABASE_URL", "postgresql://u:canary@db", "names no database"),
        ("JWT_SECRET", None, "is not set"),
        ("JWT_SECRET", "canary-0123456789abcdef01234567", "HS256 needs a secret of at least 32"),
        ("JWT_SECRET", "changeme" * 8, "repeats a few characters"),
        ("JWT_ALGORITHM", "none", "HS256, HS384 or HS512"),
        ("JWT_ALGORITHM", "RS256", "HS256, HS384 or HS512"),
        ("JWT_SECRET_PREVIOUS", "canary-short", "HS256 needs a secret of at least 32"),
        ("JWT_SECRET_PREVIOUS", "changeme" * 8, "repeats a few characters"),
        ("CHAT_MESSAGES_PER_MINUTE", "0", "greater than or equal to 1"),
        ("GEMINI_BASE_URL", "canary", "http(s) address"),
        ("DRAIN_SECONDS", "-1", "greater than or equal to 0"),
        ("DRAIN_SECONDS", "canary", "valid number"),
        ("LOG_LEVEL", "canary", "DEBUG, INFO, WARNING or ERROR"),
        ("PORT", "70000", "less than or equal to 65535"),
    ],
)
def test_refusals(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **{name: value})
    [problem] = caught.value.problems
    assert problem.startswith(f"{name} is not ")
    assert reason in problem
    assert "Set it to" in problem
    assert "canary" not in problem
    assert "changeme" not in problem


@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_longer_hashes_need_longer_secrets(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, size: int
) -> None:
    secret = ("0123456789abcdef" * 4)[:size]
    assert load(monkeypatch, JWT_ALGORITHM=algorithm, JWT_SECRET=secret)
    with pytest.raises(SettingsError, match=f"{algorithm} needs a secret of at least {size} bytes"):
        load(monkeypatch, JWT_ALGORITHM=algorithm, JWT_SECRET=secret[1:])


def test_the_process_names_every_problem_and_stops(tmp_path: Path) -> None:
    wrong = {"JWT_SECRET": "canary-short", "LOG_LEVEL": "canary", "PORT": "canary"}
    log = tmp_path / "log"
    with ServerProcess(make_url("mysql://u:canary@db/x"), log, **wrong) as server:
        assert server.wait_exit() == os.EX_CONFIG
    lines = server.output().splitlines()
    assert [line.split()[0] for line in lines] == [
        "DATABASE_URL",
        "JWT_SECRET",
        "LOG_LEVEL",
        "PORT",
    ]
    assert "canary" not in server.output()
