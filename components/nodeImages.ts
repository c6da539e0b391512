import type * as pulumi from "@pulumi/pulumi";
import type { Daemon, Delivered, ImageDelivery } from "./delivery.ts";
import type { ImageArgs } from "./image.ts";
import type { ImageStore } from "./imageStore.ts";
import { ImageCopies } from "./imageCopies.ts";
import { buildImage } from "./minikubeDaemon.ts";

/** Minikube with any runtime and any number of nodes: builds in this host's Docker, and copies onto every node. */
export class NodeImages implements ImageDelivery {
    readonly description: string;
    readonly daemon: Daemon;
    private readonly nodes: ImageStore;

    constructor(daemon: Daemon, nodes: ImageStore, why: string) {
        this.daemon = daemon;
        this.nodes = nodes;
        this.description = `built by this host's Docker and copied onto every node: ${why}`;
    }

    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered {
        const host: ImageStore = { place: "host", daemon: this.daemon.host };
        const { imageName, repoDigest } = buildImage(name, args, host, opts);
        const built = new ImageCopies(
            `${name}-host`,
            { store: host, imageName, imageId: repoDigest },
            opts,
        );
        const copies = new ImageCopies(
            `${name}-nodes`,
            { store: this.nodes, from: host, imageName, imageId: built.imageId },
            opts,
        );
        return { imageName, imageId: copies.imageId };
    }
}
