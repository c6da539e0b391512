#!/bin/bash
# Prints, one a line, what `minikube start` needs here beside profile, driver, runtime, size and ports; and puts the
# Kubernetes binaries where Minikube looks before it downloads.
# usage: minikube-flags.sh DIR
. "$(dirname "$0")/lib.sh" "$@"
cache=${MINIKUBE_HOME:-$HOME}
[ "${cache##*/}" = .minikube ] || cache=$cache/.minikube # Minikube takes either form
cache=$cache/cache/linux/amd64/$KUBERNETES_VERSION
mkdir -p "$cache"
for binary in kubeadm kubelet kubectl; do
    [ -x "$dir/k8s/$binary" ] || fail "$dir/k8s/$binary is missing: run tools.sh first"
    cmp -s "$dir/k8s/$binary" "$cache/$binary" && continue
    cp "$dir/k8s/$binary" "$cache/$binary.new" && mv "$cache/$binary.new" "$cache/$binary"
done
cat << FLAGS
--base-image=$NODE_IMAGE
--kubernetes-version=$KUBERNETES_VERSION
--preload=false
--cache-images=false
--cni=bridge
FLAGS
# bridge, since Minikube's other networks are images
[ "$(id -u)" != 0 ] || echo --force # the docker driver asks root for it
