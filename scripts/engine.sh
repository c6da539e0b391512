#!/bin/bash
# Makes sure that a Docker engine answers on this machine, and installs Debian's if there is none.
# usage: engine.sh LOG_FOLDER      needs root where something must be installed or started
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || {
    echo "usage: ${0##*/} LOG_FOLDER" >&2
    exit 2
}
mkdir -p "$1"
log=$1/engine.log
daemon_log=$1/dockerd.log

fail() {
    echo "engine.sh: $*" >&2
    exit 1
}
# quietly TEXT COMMAND...: one line of progress, everything else in the log
quietly() {
    local status
    echo "==> $1"
    set +e # in a condition, the command would go on after what fails in it
    (set -e && "${@:2}") >> "$log" 2>&1 < /dev/null
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        tail -n 30 "$log" >&2
        fail "$1 failed; the whole log: $log"
    fi
}
answers() { docker info --format '{{.ServerVersion}}' 2> /dev/null | grep -q .; }
wait_for_engine() {
    for _ in $(seq 120); do
        if answers; then return; fi
        sleep 0.5
    done
    echo 'the Docker engine did not answer within 60 s'
    return 1
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    local try
    for try in 1 2 3 4 5; do # another apt-get may hold the list lock, for which it has no waiting option
        if apt-get update; then break; fi
        [ "$try" -lt 5 ] || return 1
        sleep $((try * 5))
    done
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}
with_systemd() {
    # on cgroup v1 the node's systemd boots only in a cgroup namespace of its own, which version 2 gives by itself
    if [ ! -f /sys/fs/cgroup/cgroup.controllers ] && [ ! -e /etc/docker/daemon.json ]; then
        mkdir -p /etc/docker
        echo '{ "default-cgroupns-mode": "private" }' > /etc/docker/daemon.json
        systemctl restart docker
    fi
    systemctl enable --now docker
    wait_for_engine
}
without_systemd() {
    local options=(--default-cgroupns-mode=private)
    # CAP_SYS_RESOURCE is bit 24 of the bounding set
    if ((! (0x$(awk '/^CapBnd/ {print $2}' /proc/self/status) >> 24 & 1))); then
        install -m 755 "$here/closed-network/node/runc-filter" /usr/local/sbin/runc-filter
        options+=(--add-runtime filtered=/usr/local/sbin/runc-filter --default-runtime filtered)
    fi
    # in a session of its own, holding none of our files: it stays when we and our caller are gone
    setsid nohup dockerd "${options[@]}" > "$daemon_log" 2>&1 < /dev/null 9>&- &
    wait_for_engine || {
        tail -n 20 "$daemon_log"
        return 1
    }
}

if answers; then exit 0; fi
[ "$(id -u)" = 0 ] || fail 'no Docker engine answers, and starting one needs root'
# one run at a time; a second one waits, then finds its work done
exec 9> "$1/engine.lock"
flock 9
missing=()
for pair in dockerd=docker.io docker=docker.io iptables=iptables ip=iproute2 conntrack=conntrack socat=socat jq=jq; do
    command -v "${pair%%=*}" > /dev/null || missing+=("${pair#*=}")
done
if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get > /dev/null || fail "installing ${missing[*]} needs Debian or Ubuntu: there is no apt-get here"
    quietly "installing ${missing[*]}" install_packages "${missing[@]}"
fi
if answers; then exit 0; fi # the packages' own scripts may have started it
if [ -d /run/systemd/system ]; then
    quietly 'starting the Docker engine' with_systemd
else
    quietly 'starting the Docker engine (no systemd here: as a process of its own)' without_systemd
fi
