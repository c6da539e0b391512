import type * as pulumi from "@pulumi/pulumi";
import type { Daemon, Delivered, ImageDelivery, Registry } from "./delivery.ts";
import { type ImageArgs, pushImage } from "./image.ts";
import type { HostStore } from "./imageStore.ts";
import { PushedImage } from "./placedImage.ts";

/** Any cluster that pulls from a registry: builds in this host's Docker, pushes, and has the nodes pull what was pushed, by its digest. */
export class RegistryImages implements ImageDelivery {
    readonly description: string;
    private readonly host: HostStore;
    private readonly registry: Registry;

    constructor(daemon: Daemon, registry: Registry, why: string) {
        this.host = { place: "host", daemon: daemon.host };
        this.registry = registry;
        this.description = `built by this host's Docker, pushed to ${registry.address} and pulled by its digest: ${why}`;
    }

    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered {
        const image = `${this.registry.address}/${args.name}`;
        const { imageName, repoDigest } = pushImage(
            name,
            { ...args, name: image },
            this.registry,
            opts,
        );
        new PushedImage(
            `${name}-pushed`,
            { from: this.host, imageName, imageId: repoDigest },
            opts,
        );
        return { imageName: repoDigest, imageId: repoDigest };
    }
}
