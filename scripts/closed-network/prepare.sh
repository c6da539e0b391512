#!/bin/bash
# All of it in one go: the tools beside those images that need none of them, then the node image. The same as tools.sh and
# images.sh one after the other, some minutes sooner.
# usage: prepare.sh DIR      needs a Docker engine
. "$(dirname "$0")/lib.sh" "$@"
need_engine
tools() { "$here/tools.sh" "$dir"; }
early_images() { "$here/images.sh" "$dir" early; }
at_once tools early_images
"$here/images.sh" "$dir"
