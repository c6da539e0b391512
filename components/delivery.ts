import type * as pulumi from "@pulumi/pulumi";
import type { ImageArgs } from "./image.ts";

/** An image that is where the cluster's nodes find it. */
export interface Delivered {
    /** What a pod names: `name:tag`, or a reference in a registry. */
    imageName: pulumi.Output<string>;
    /** Changes exactly when the content does, and is known once the image is on every node. */
    imageId: pulumi.Output<string>;
}

/** The Docker daemon in which `docker.Image` builds. */
export interface Daemon {
    /** Such as `unix:///var/run/docker.sock` or `tcp://192.168.49.2:2376`. */
    host: string;
    /** Folder with the TLS files; undefined where none are needed. */
    certPath?: string;
}

/** Who pushes to a registry, and pulls. */
export interface RegistryLogin {
    user: string;
    password: pulumi.Output<string>;
}

/** Where images are pushed to and pulled from. */
export interface Registry {
    /** Host and, mostly, a path: `ghcr.io/someone`. */
    address: string;
    /** Undefined means this host's own `docker login`, and nodes that may pull without. */
    login: RegistryLogin | undefined;
}

/**
 * How an image comes to be on the nodes of a cluster. What looks at the cluster chooses one (deliveryChoice.ts); each is a file
 * of its own: minikubeDaemon.ts, nodeImages.ts, registryImages.ts, prebuiltImage.ts.
 */
export interface ImageDelivery {
    /** Which one it is and why, for people. */
    readonly description: string;
    /** Builds the image where that is needed and brings it to every node. */
    deliver(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions): Delivered;
}
