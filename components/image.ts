import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageDelivery } from "./delivery.ts";
import type { ImageStore } from "./imageStore.ts";
import { ImageWatch } from "./placedImage.ts";

export interface ImageArgs {
    /** Repository name without a tag. */
    name: string;
    tag: string;
    /** Folder with the Dockerfile, relative to the program: an absolute one would rebuild on every other machine. */
    context: string;
    /** Handed to the Dockerfile as the build argument BASE_IMAGE. */
    baseImage: string;
    /** The nodes' platform, such as `linux/amd64`. */
    platform: string;
}

/** An image that pods can run, however it comes to be on the cluster's nodes. */
export class Image extends pulumi.ComponentResource {
    /** What a pod names. */
    readonly imageName: pulumi.Output<string>;
    /** Changes exactly when the content does: an ID, `sha256:…`, or a reference. */
    readonly imageId: pulumi.Output<string>;

    constructor(
        name: string,
        args: ImageArgs & { delivery: ImageDelivery },
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("habit-tracker:image:Image", name, {}, opts);
        const { imageName, imageId } = args.delivery.deliver(name, args, { parent: this });
        this.imageName = imageName;
        this.imageId = imageId;
        this.registerOutputs({ imageName, imageId });
    }
}

/**
 * Builds from source in a Docker daemon, again where the image is no longer there. It is never pushed.
 *
 * @param where that daemon, as it is asked what it has
 * @returns the image, whose `repoDigest` is its ID in that daemon: there is no other without a push
 */
export function buildImage(
    name: string,
    args: ImageArgs,
    where: ImageStore,
    opts: pulumi.CustomResourceOptions,
): docker.Image {
    const imageName = `${args.name}:${args.tag}`;
    const watch = new ImageWatch(`${name}-watch`, { store: where, imageName }, opts);
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

/** The platform of Minikube's nodes, which have this host's processor. */
export function nodePlatform(arch: string = process.arch): string {
    return `linux/${arch === "x64" ? "amd64" : arch}`;
}
