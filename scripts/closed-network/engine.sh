#!/bin/bash
# Makes sure that a Docker engine answers on this machine, and installs Debian's if there is none.
# usage: engine.sh DIR      needs root where something must be installed or started
. "$(dirname "$0")/lib.sh" "$@"
answers() { docker info --format '{{.ServerVersion}}' 2> /dev/null | grep -q .; }
if command -v docker > /dev/null && answers; then exit 0; fi
exclusive
packages dockerd=docker.io docker=docker.io iptables=iptables ip=iproute2 conntrack=conntrack socat=socat jq=jq

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
  if (( ! (0x$(awk '/^CapBnd/ {print $2}' /proc/self/status) >> 24 & 1) )); then
    install -m 755 "$here/node/runc-filter" /usr/local/sbin/runc-filter
    options+=(--add-runtime filtered=/usr/local/sbin/runc-filter --default-runtime filtered)
  fi
  # in a session of its own, holding none of our files: it stays when we and our caller are gone
  setsid nohup dockerd "${options[@]}" > "$dir/logs/dockerd.log" 2>&1 < /dev/null 9>&- &
  wait_for_engine || { tail -n 20 "$dir/logs/dockerd.log"; return 1; }
}
wait_for_engine() {
  for _ in $(seq 120); do answers && return 0; sleep 0.5; done
  echo 'the Docker engine did not answer within 60 s'
  return 1
}
answers && exit 0 # the packages' own scripts may have started it
[ "$(id -u)" = 0 ] || fail 'no Docker engine answers, and starting one needs root'
if [ -d /run/systemd/system ]; then step engine 'starting the Docker engine' with_systemd
else step engine 'starting the Docker engine (no systemd here: as a process of its own)' without_systemd; fi
