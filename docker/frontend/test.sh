#!/bin/sh
# Everything that can be said about the frontend without a cluster: lint, types, a real build, tests.
set -eu
cd "$(dirname "$0")"
export NEXT_TELEMETRY_DISABLED=1

# npm ci replaces node_modules whole, so it runs only when the lock is newer than what was installed from it.
install() (
  cd "$1"
  if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then npm ci --no-audit --no-fund; fi
)

install .
install tests/node-versions
npm run --silent lint
npm run --silent typecheck
# An address that must not end up in the build: the tests look for it, and reach other backends with the same build.
NEXT_PUBLIC_API_URL=http://baked-in.invalid npm run --silent build
npm run --silent test
