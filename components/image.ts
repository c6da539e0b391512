import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

export interface ImageArgs {
    /** Repository name without a tag. */
    name: string;
    tag: string;
    /** Folder with the Dockerfile, relative to the program: an absolute one would rebuild on every other machine. */
    context: string;
    /** Handed to the Dockerfile as the build argument BASE_IMAGE. */
    baseImage: string;
    /** The node's platform, such as `linux/amd64`. */
    platform: string;
}

/** An image built from source into Minikube's own daemon. It is never pushed. */
export class Image extends pulumi.ComponentResource {
    /** `name:tag`. */
    readonly imageName: pulumi.Output<string>;
    /** The image's ID, `sha256:…`: it changes exactly when the content does. */
    readonly imageId: pulumi.Output<string>;

    constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:image:Image", name, {}, opts);
        const image = new docker.Image(
            `${name}-build`,
            {
                imageName: `${args.name}:${args.tag}`,
                build: {
                    context: args.context,
                    args: { BASE_IMAGE: args.baseImage },
                    platform: args.platform,
                },
                skipPush: true,
            },
            { parent: this },
        );
        this.imageName = image.imageName;
        // without a push, the digest is the ID in the local daemon
        this.imageId = image.repoDigest;
        this.registerOutputs({ imageName: this.imageName, imageId: this.imageId });
    }
}

/** The platform of Minikube's node, which has this host's processor. */
export function nodePlatform(arch: string = process.arch): string {
    return `linux/${arch === "x64" ? "amd64" : arch}`;
}
