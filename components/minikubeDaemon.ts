import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Daemon, Delivered, ImageDelivery } from "./delivery.ts";
import type { ImageArgs } from "./image.ts";
import type { ImageStore } from "./imageStore.ts";
import { ImageCopies, ImageWatch } from "./imageCopies.ts";

/**
 * Builds in a daemon, again where the image is no longer there.
 *
 * @param store that daemon, as it is asked what it has
 */
export function buildImage(
    name: string,
    args: ImageArgs,
    store: ImageStore,
    opts: pulumi.CustomResourceOptions,
): docker.Image {
    const imageName = `${args.name}:${args.tag}`;
    const watch = new ImageWatch(`${name}-watch`, { store, imageName }, opts);
    return new docker.Image(
        `${name}-build`,
        {
            imageName,
            build: {
                context: args.context,
                args: { BASE_IMAGE: args.baseImage },
                platform: args.platform,
            },
            skipPush: true,
        },
        // the provider never looks at the daemon again: what does is the watch
        { ...opts, replacementTrigger: watch.since },
    );
}

/** Minikube with the docker runtime and one node: builds in the daemon that its pods run in. Nothing is copied. */
export class MinikubeDaemon implements ImageDelivery {
    readonly description = "built in Minikube's own Docker daemon: its one node runs docker";
    readonly daemon: Daemon;
    private readonly store: ImageStore;

    constructor(daemon: Daemon, store: ImageStore) {
        this.daemon = daemon;
        this.store = store;
    }

    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered {
        const { imageName, repoDigest } = buildImage(name, args, this.store, opts);
        const copies = new ImageCopies(
            `${name}-nodes`,
            { store: this.store, imageName, imageId: repoDigest },
            opts,
        );
        return { imageName, imageId: copies.imageId };
    }
}
