import * as pulumi from "@pulumi/pulumi";
import type { ImageDelivery } from "./delivery.ts";
import { PrebuiltImage } from "./prebuiltImage.ts";

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
    /** Reference of an image that was built elsewhere; undefined means that it is built. */
    prebuilt: string | undefined;
    /** How it is built and reaches the nodes. */
    delivery: ImageDelivery;
}

/** An image that pods can run, however it comes to be on the cluster's nodes. */
export class Image extends pulumi.ComponentResource {
    /** What a pod names. */
    readonly imageName: pulumi.Output<string>;
    /** Changes exactly when the content does: an ID, `sha256:…`, or a reference. */
    readonly imageId: pulumi.Output<string>;

    constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:image:Image", name, {}, opts);
        const delivery =
            args.prebuilt === undefined ? args.delivery : new PrebuiltImage(args.prebuilt);
        const { imageName, imageId } = delivery.deliver(name, args, { parent: this });
        this.imageName = imageName;
        this.imageId = imageId;
        this.registerOutputs({ imageName, imageId });
    }
}

/** The platform of Minikube's nodes, which have this host's processor. */
export function nodePlatform(arch: string = process.arch): string {
    return `linux/${arch === "x64" ? "amd64" : arch}`;
}
