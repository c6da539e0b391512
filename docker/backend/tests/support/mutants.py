"""The pytest plugin of runs on mutants: see tests/mutate.py."""

import json
import logging
from pathlib import Path

import hypothesis
import pytest
import structlog
from mutmut.mutation.trampoline import get_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import get_module_from_key

from habit_tracker import chat_tools, figures
from tests.support.postgres import drop_databases

# The same examples every time, or the score would change by chance; no search for the simplest
# failing one, and no hurry: many of these runs are slow.
hypothesis.settings.register_profile(
    "mutate",
    derandomize=True,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("mutate")

# A mutant's exception, pretty on a console with all variables, takes half a minute to print.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

OWN_TESTS = {
    "accounts": {"test_accounts.py", "test_auth.py", "test_sessions.py"},
    "api.routes.habits": {"test_habits.py"},
    "api.sessions": {"test_accounts.py", "test_auth.py", "test_guessing.py"},
    "chat_history": {"test_chat.py"},
    "chat_limits": {"test_chat.py"},
    "chat_tools": {"test_chat.py"},
    "chat_undo": {"test_chat.py"},
    "core.clients": {"test_guessing.py"},
    "core.clock": {"test_insight.py"},
    "core.insight": {"test_insight.py"},
    "figures": {"test_habits.py", "test_history.py"},
    "trash": {"test_trash.py"},
    "core.limits": {"test_limits.py"},
    "core.password_limits": {"test_guessing.py"},
    "core.schedule": {"test_insight.py"},
    "core.security": {"test_accounts.py", "test_auth.py"},
    "habits": {"test_habits.py", "test_history.py"},
    "schemas": {"test_accounts.py", "test_auth.py", "test_habits.py", "test_transfer.py"},
    "transfer": {"test_transfer.py"},
}
"""A module answers to the tests that are about it, not to whatever happens to pass through it."""

_at_import: set[str] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mutant's own tests, the quickest first: the first to fail ends the run."""
    module = get_module_from_key(get_mutant_under_test()).removeprefix("habit_tracker.")
    if module in OWN_TESTS:
        items[:] = [item for item in items if item.path.name in OWN_TESTS[module]]
    found = Path("mutmut-stats.json")
    if found.exists():
        seconds = json.loads(found.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0))


def pytest_collection_finish() -> None:
    """Make again, as the mutant does, what is made at import: that happened once for them all."""
    state()._stats.clear()
    figures._QUERY = figures._query()
    tools = [tool.declaration() for tool in chat_tools.TOOLS.values()]
    chat_tools.DECLARATIONS[0].function_declarations = tools
    _at_import.update(state()._stats)


def pytest_runtest_setup() -> None:
    """While mutmut looks which test calls what: every test stands on what was made at import."""
    state()._stats.update(_at_import)
    figures._remembered.cache_clear()  # another test's answer would hide that this one asks as well


def pytest_unconfigure() -> None:
    drop_databases()
