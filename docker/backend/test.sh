#!/usr/bin/env bash
# Checks and tests of the backend: ruff, mypy, and pytest on a real PostgreSQL of its own.
#
#   ./test.sh                  everything, with coverage of lines and branches
#   ./test.sh -k drain -x      the checks, and pytest with these arguments
#   ./test.sh mutate           mutation testing of the domain instead: see tests/mutate.py
#   ./test.sh abuse            hostile accounts, clients and databases only; the table goes into README.md
#   ./test.sh serve            no tests: the backend itself on such a database, until it is stopped
#
# Needs Python 3.11 or later and PostgreSQL's server programs; no running server, no Docker.
# Everything it starts lives in a temporary directory and ends with it, on an interrupt as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

python=${PYTHON:-python3}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/habit-tracker
work=
venv=
child=
postgres_bin=
postgres_running=

fail() {
    printf 'backend tests: %s\n' "$@" >&2
    exit 1
}

note() {
    printf 'backend tests: %s\n' "$1"
}

# --- Python packages, in a virtual environment that is made once per set of requirements

make_venv() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
        || fail "Python 3.11 or later is needed, as \`$python\`." "Install it, or set PYTHON to its path."
    local key
    key=$("$python" -c 'import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read() + sys.version.encode()).hexdigest()[:16])' < requirements-dev.txt)
    venv=$cache/backend-venv-$key
    [[ -e $venv ]] && return
    note "installing Python packages into $venv (once)"
    mkdir -p "$cache"
    "$python" -m venv "$venv.$$" \
        || fail "Python's venv module does not work." "On Debian or Ubuntu: apt-get install python3-venv"
    run "$venv.$$/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r requirements-dev.txt
    # Complete or not there at all. Whoever comes second in a race throws their own away.
    "$python" -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$venv.$$" "$venv" 2> /dev/null \
        || [[ -e $venv ]]
}

# --- PostgreSQL: a private cluster on a Unix socket, so that no port can be taken

find_postgres() {
    local candidate
    for candidate in "$(pg_config --bindir 2> /dev/null || true)" \
        "$(dirname "$(command -v initdb 2> /dev/null || true)")" \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr); do
        if [[ -x $candidate/initdb && -x $candidate/pg_ctl ]]; then
            postgres_bin=$candidate
            return 0
        fi
    done
    return 1
}

install_postgres() {
    if [[ $EUID != 0 ]] || ! command -v apt-get > /dev/null; then
        fail "PostgreSQL's server programs (initdb, pg_ctl) are missing; the tests run on a real database." \
            "On Debian or Ubuntu: sudo apt-get install postgresql" \
            "On macOS: brew install postgresql@17, and put its bin directory on PATH"
    fi
    note "installing the Debian package postgresql: the tests run on a real database of their own"
    # The package would also create and start a server for the whole machine.
    local no_cluster=/etc/postgresql-common/createcluster.d/habit-tracker-tests.conf
    mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' > "$no_cluster"
    local log=$work/apt.log status=0
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
        --no-install-recommends postgresql; } > "$log" 2>&1 || status=$?
    rm -f "$no_cluster"
    ((status == 0)) || fail "apt-get could not install postgresql:" "$(tail -n 5 "$log")"
}

# PostgreSQL refuses to run as root.
as_owner() {
    if [[ $EUID == 0 ]]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

start_postgres() {
    find_postgres || { install_postgres && find_postgres; } \
        || fail "postgresql is installed, but initdb is in none of the usual places." "Put it on PATH."
    local password
    password=$("$python" -c 'import secrets; print(secrets.token_hex(16))')
    mkdir "$work/pg"
    echo "$password" > "$work/pg/password"
    if [[ $EUID == 0 ]]; then
        chown -R postgres "$work/pg"
        chmod 711 "$work"
    fi
    cd "$work/pg" # the owner may not be allowed to stand where we are
    as_owner "$postgres_bin/initdb" --pgdata data --username tests --pwfile password \
        --auth scram-sha-256 --no-sync > init.log 2>&1 || fail "initdb failed:" "$(tail -n 5 init.log)"
    postgres_running=yes
    # No fsync: the data need not survive anything.
    as_owner "$postgres_bin/pg_ctl" --pgdata data --log server.log --wait --silent \
        --options "-c listen_addresses= -c unix_socket_directories='$work/pg' -c fsync=off" start \
        || fail "PostgreSQL did not start:" "$(tail -n 5 server.log)"
    cd - > /dev/null
    export TEST_DATABASE_URL="postgresql://tests:$password@/postgres?host=$work/pg"
}

# --- running and stopping

# In the background, so that a signal is acted upon at once and not after the program.
run() {
    "$@" &
    child=$!
    local status=0
    wait "$child" || status=$?
    child=
    return "$status"
}

clean_up() {
    trap '' INT TERM
    trap - EXIT
    if [[ -n $child ]]; then
        kill -TERM "$child" 2> /dev/null || true
        wait "$child" 2> /dev/null || true
    fi
    if [[ -n $postgres_running ]]; then
        (cd "$work/pg" && as_owner "$postgres_bin/pg_ctl" --pgdata data --mode immediate --silent stop) || true
    fi
    rm -rf "$work" "${venv:-$work}.$$"
}

trap clean_up EXIT
# A second signal must not cut the cleaning short.
trap 'trap "" INT TERM; exit 130' INT
trap 'trap "" INT TERM; exit 143' TERM
work=$(mktemp -d /tmp/habit-tracker-backend.XXXXXX) # short: a socket's path has at most 107 bytes

# Nothing is written next to the sources: they are an image's build context.
export RUFF_CACHE_DIR=$cache/backend-checks/ruff MYPY_CACHE_DIR=$cache/backend-checks/mypy \
    PYTHONPYCACHEPREFIX=$cache/backend-checks/pycache HYPOTHESIS_STORAGE_DIRECTORY=$work/hypothesis \
    COVERAGE_FILE=$work/coverage

make_venv
if [[ ${1:-} == serve ]]; then
    start_postgres
    export DATABASE_URL=$TEST_DATABASE_URL PYTHONPATH=src HOST=${HOST:-127.0.0.1}
    export JWT_SECRET=${JWT_SECRET:-$("$python" -c 'import secrets; print(secrets.token_hex(32))')}
    run "$venv/bin/python" -m habit_tracker.server
    exit
fi
if [[ ${1:-} == mutate ]]; then
    start_postgres
    run "$venv/bin/python" -m tests.mutate --work "$cache/backend-mutants" "${@:2}"
    exit
fi
if [[ ${1:-} == abuse ]]; then
    start_postgres
    export ABUSE_REPORT=1
    run "$venv/bin/python" -m pytest -p no:cacheprovider tests/test_abuse.py "${@:2}"
    exit
fi
# By module: the programs in bin/ name the directory that the environment was made in.
run "$venv/bin/python" -m ruff check --quiet
run "$venv/bin/python" -m ruff format --check --quiet
run "$venv/bin/python" -m mypy
start_postgres
# A part of the tests covers a part of the code.
(($# == 0)) && set -- --cov --cov-report term
run "$venv/bin/python" -m pytest -p no:cacheprovider "$@"
