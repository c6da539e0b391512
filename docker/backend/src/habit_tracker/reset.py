"""A new password for somebody who has lost theirs: `python -m habit_tracker.reset EMAIL`.

For the operator: there is no mail server that could send a link. Ends all sessions of the account.
"""

import asyncio
import os
import secrets
import sys

from habit_tracker import accounts
from habit_tracker.core.config import SettingsError, load_settings
from habit_tracker.core.db import UNAVAILABLE, make_engine
from habit_tracker.core.security import Passwords

RANDOM_BYTES = 12
"""16 characters that nobody guesses."""


def main(arguments: list[str]) -> int:
    """Set and print the password. Returns the exit status: 64 and 78 as sysexits.h has them."""
    if len(arguments) != 1:
        print("usage: python -m habit_tracker.reset EMAIL", file=sys.stderr)
        return os.EX_USAGE
    try:
        engine = make_engine(load_settings())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return os.EX_CONFIG
    password = secrets.token_urlsafe(RANDOM_BYTES)
    passwords = Passwords()
    try:
        hashed = asyncio.run(passwords.hash(password))
        user = accounts.find(engine, arguments[0].strip().lower())
        if user is None:
            print(f"There is no account with the address {arguments[0]}.", file=sys.stderr)
            return 1
        if accounts.change_password(engine, user, hashed) is None:
            print("The password was changed at this very moment. Try again.", file=sys.stderr)
            return 1
    except UNAVAILABLE:
        print("The database does not answer. Nothing was changed.", file=sys.stderr)
        return 1
    finally:
        passwords.close()
        engine.dispose()
    print(f"New password of {user.email}: {password}")
    print("All sessions have ended. A password of one's own is set in Settings, after logging in.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
