import type * as pulumi from "@pulumi/pulumi";
import { ScriptedResource } from "./dynamic.ts";
import type { HostStore, ImageStore, NodeStore } from "./imageStore.ts";

/** What these resources do is done there. */
const SCRIPT = "components/imagePlacing.ts";

/**
 * Looks whether an image that was built is still where it was built: a refresh that does not find it changes {@link since}, as
 * does another daemon, and has what is triggered by it made anew. A dynamic resource and no command.local.Command, since that
 * has no refresh.
 */
export class ImageWatch extends ScriptedResource {
    /** When it was last found missing, or first wanted, ISO 8601. */
    declare readonly since: pulumi.Output<string>;

    constructor(
        name: string,
        args: { store: ImageStore; imageName: string },
        opts: pulumi.CustomResourceOptions,
    ) {
        super("Watch", name, SCRIPT, { ...args, since: undefined }, opts);
    }
}

export interface PlacedImageArgs {
    store: NodeStore;
    /** Where it is copied from; undefined where it was built on the nodes themselves. */
    from?: HostStore;
    /** `name:tag`. */
    imageName: pulumi.Input<string>;
    /** Its ID where it was built. */
    imageId: pulumi.Input<string>;
}

/**
 * An image on every node: a copy of what was built, again where a refresh does not find it there. The last few contents stay
 * beside it, so that going back to one builds and copies nothing new; none stays when the stack is destroyed.
 */
export class PlacedImage extends ScriptedResource {
    /** The {@link PlacedImageArgs.imageId}, once it is everywhere. */
    declare readonly imageId: pulumi.Output<string>;

    constructor(name: string, args: PlacedImageArgs, opts: pulumi.CustomResourceOptions) {
        super("Placed", name, SCRIPT, { ...args, former: undefined }, opts);
    }
}

/**
 * An image that was pushed to a registry. The registry keeps what was pushed; this host keeps the present content, for the
 * next build, and nothing once the stack is destroyed.
 */
export class PushedImage extends ScriptedResource {
    constructor(
        name: string,
        args: {
            from: HostStore;
            /** `REGISTRY/NAME:TAG`. */
            imageName: pulumi.Input<string>;
            /** `REGISTRY/NAME@sha256:…`. */
            imageId: pulumi.Input<string>;
        },
        opts: pulumi.CustomResourceOptions,
    ) {
        super("Pushed", name, SCRIPT, args, opts);
    }
}
