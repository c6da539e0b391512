import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageDelivery, Registry } from "./delivery.ts";
import type { ImageStore } from "./imageStore.ts";
import { ImageWatch } from "./placedImage.ts";
import { registryHost } from "./pullSecret.ts";

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

/** What Docker is told to build. */
const buildOf = (args: ImageArgs) => ({
    imageName: `${args.name}:${args.tag}`,
    build: {
        context: args.context,
        args: { BASE_IMAGE: args.baseImage },
        platform: args.platform,
    },
});

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
    const build = buildOf(args);
    const { imageName } = build;
    const watch = new ImageWatch(`${name}-watch`, { store: where, imageName }, opts);
    return new docker.Image(
        `${name}-build`,
        { ...build, skipPush: true },
        // the provider never looks at the daemon again: what does is the watch
        { ...opts, replacementTrigger: watch.since },
    );
}

/**
 * Builds from source in a Docker daemon and pushes.
 *
 * @returns the image, whose `repoDigest` is `NAME@sha256:…`
 */
export function pushImage(
    name: string,
    args: ImageArgs,
    { address, login }: Registry,
    opts: pulumi.CustomResourceOptions,
): docker.Image {
    return new docker.Image(
        `${name}-build`,
        {
            ...buildOf(args),
            registry: {
                server: registryHost(address),
                ...(login === undefined ? {} : { username: login.user, password: login.password }),
            },
        },
        opts,
    );
}
