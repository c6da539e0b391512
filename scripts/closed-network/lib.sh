# shellcheck shell=bash
# What the scripts of this folder share. Each one starts with: . "$(dirname "$0")/lib.sh" "$@"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] || {
    echo "usage: ${0##*/} DIR    (DIR: the cache directory)" >&2
    exit 2
}
dir=$(realpath -m "$1")
mkdir -p "$dir"/{bin,k8s,logs,work}
. "$here/versions.env"
. "$here/base-images.env"

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# step LOG TEXT COMMAND...: one line of progress, everything else in a log, seconds and processor seconds in times.txt
step() {
    local log=$dir/logs/$1.log text=$2 spent status TIMEFORMAT='%0R s %0U+%0S cpu s'
    shift 2
    echo "==> $text"
    set +e
    spent=$({ time { (
        set -e
        "$@"
    ) > "$log" 2>&1 < /dev/null; }; } 2>&1)
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        {
            echo "failed: $text. The last lines:"
            tail -n 30 "$log"
            echo "the whole log: $log"
        } >&2
        exit $status
    fi
    printf '%s\t%s\t%s\n' "$(date +%FT%T)" "$spent" "$text" >> "$dir/logs/times.txt"
}

# one run at a time for each script and DIR; a second one waits, then finds its work done
exclusive() {
    exec 9> "$dir/work/${0##*/}.lock"
    flock -n 9 || {
        echo "==> waiting for another ${0##*/} on the same directory"
        flock 9
    }
}

# packages COMMAND=PACKAGE...: installs the Debian packages whose commands are missing
packages() {
    local pair missing=()
    for pair in "$@"; do command -v "${pair%%=*}" > /dev/null || missing+=("${pair#*=}"); done
    [ ${#missing[@]} -eq 0 ] || step packages "installing ${missing[*]}" install_packages "${missing[@]}"
}
install_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then fail 'this needs root on Debian or Ubuntu'; fi
    export DEBIAN_FRONTEND=noninteractive
    local try
    for try in 1 2 3 4 5; do # another apt-get may hold the list lock, for which it has no waiting option
        apt-get update && break
        [ $try -lt 5 ] || return 1
        sleep $((try * 5))
    done
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# at_once COMMAND...: runs them beside each other, each as a process group, which ends as one when another fails
at_once() {
    local command parts=() status
    stop() { for part in "${parts[@]}"; do kill -- "-$part" 2> /dev/null || true; done; }
    set -m
    for command in "$@"; do
        $command &
        parts+=($!)
    done
    trap 'stop; exit 130' INT TERM HUP
    for _ in "${parts[@]}"; do
        wait -n || {
            status=$?
            stop
            exit "$status"
        }
    done
    trap - INT TERM HUP
}

need_engine() { docker info > /dev/null 2>&1 || fail 'no Docker engine answers: start one first'; }
# docker names an image's recipe in this label, so that a changed recipe rebuilds and an unchanged one does not
recipe_label=habit-tracker.closed-network.recipe
fingerprint() { cat "$@" | sha256sum | cut -c1-16; }
have_image() { [ "$(docker image inspect -f "{{index .Config.Labels \"$recipe_label\"}}" "$1" 2> /dev/null)" = "$2" ]; }
