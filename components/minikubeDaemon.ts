import type * as pulumi from "@pulumi/pulumi";
import type { Delivered, ImageDelivery } from "./delivery.ts";
import { type ImageArgs, buildImage } from "./image.ts";
import { PlacedImage } from "./placedImage.ts";
import type { NodeStore } from "./imageStore.ts";

/** Minikube with the docker runtime and one node: builds in the daemon that its pods run in. Nothing is copied. */
export class MinikubeDaemon implements ImageDelivery {
    readonly description = "built in Minikube's own Docker daemon: its one node runs docker";
    private readonly nodes: NodeStore;

    constructor(nodes: NodeStore) {
        this.nodes = nodes;
    }

    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered {
        const { imageName, repoDigest } = buildImage(name, args, this.nodes, opts);
        const { imageId } = new PlacedImage(
            `${name}-nodes`,
            { store: this.nodes, imageName, imageId: repoDigest },
            opts,
        );
        return { imageName, imageId };
    }
}
