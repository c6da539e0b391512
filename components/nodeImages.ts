import type * as pulumi from "@pulumi/pulumi";
import type { Daemon, Delivered, ImageDelivery } from "./delivery.ts";
import { type ImageArgs, buildImage } from "./image.ts";
import { PlacedImage } from "./placedImage.ts";
import type { HostStore, NodeStore } from "./imageStore.ts";

/** Minikube with any runtime and any number of nodes: builds in this host's Docker, and copies onto every node. */
export class NodeImages implements ImageDelivery {
    readonly description: string;
    private readonly host: HostStore;
    private readonly nodes: NodeStore;

    constructor(daemon: Daemon, nodes: NodeStore, why: string) {
        this.host = { place: "host", daemon: daemon.host };
        this.nodes = nodes;
        this.description = `built by this host's Docker and copied onto every node: ${why}`;
    }

    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered {
        const { imageName, repoDigest } = buildImage(name, args, this.host, opts);
        const { imageId } = new PlacedImage(
            `${name}-nodes`,
            { store: this.nodes, from: this.host, imageName, imageId: repoDigest },
            opts,
        );
        return { imageName, imageId };
    }
}
