#!/bin/sh
# Everything that can be said about the frontend without a cluster: lint, types, a real build, tests; at the end the
# browser tests, of the built app in front of the real backend on a PostgreSQL of its own.
#
#   ./test.sh                                     everything
#   BROWSER_TEST_URL=http://… ./test.sh browser   only the browser tests, against a stack without a chatbot key
#   BROWSER_TEST_CHAT_URL=http://… ./test.sh browser assistant   only the assistant's, against one with the stand-in
#   SCREENSHOTS_DIR=screenshots ./test.sh         everything, and new pictures of Today, detail and chat
set -eu
cd "$(dirname "$0")"
export NEXT_TELEMETRY_DISABLED=1

# npm ci replaces node_modules whole, so it runs only when the lock is newer than what was installed from it.
install() (
    cd "$1"
    if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then npm ci --no-audit --no-fund; fi
)

# Debian's, where it is missing and can be had; elsewhere the tests say what they need.
install_chromium() {
    if [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then return; fi
    echo "frontend tests: installing the Debian package chromium"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends chromium > /dev/null
}

install .
install_chromium
if [ "${1:-}" = browser ]; then
    shift
    exec npx vitest run --project browser "$@"
fi
install tests/node-versions
npm run --silent lint
npm run --silent typecheck
# An address that must not end up in the build: the tests look for it, and reach other backends with the same build.
NEXT_PUBLIC_API_URL=http://baked-in.invalid npm run --silent build
# Apart from each other: what a browser measures must not depend on the load that the server tests make.
npx vitest run --project page --project api --project server
npx vitest run --project browser
