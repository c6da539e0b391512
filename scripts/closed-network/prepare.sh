#!/bin/bash
# All of it in one go: the engine, then the tools beside those images that need none of them, then the node image.
# The same as engine.sh, tools.sh and images.sh one after the other, some minutes sooner.
# usage: prepare.sh DIR
. "$(dirname "$0")/lib.sh" "$@"
"$here/engine.sh" "$dir"
set -m # each is a process group, which ends as one
"$here/tools.sh" "$dir" & parts=($!)
"$here/images.sh" "$dir" early & parts+=($!)
stop() { for pid in "${parts[@]}"; do kill -- "-$pid" 2> /dev/null || true; done; }
trap 'stop; exit 130' INT TERM HUP
for _ in "${parts[@]}"; do wait -n || { status=$?; stop; exit "$status"; }; done
trap - INT TERM HUP
"$here/images.sh" "$dir"
