import type * as pulumi from "@pulumi/pulumi";
import { ScriptedResource } from "./dynamic.ts";
import type { ImageStore } from "./imageStore.ts";

const SCRIPT = "components/imageCopying.ts";

/**
 * Looks whether an image that was built is still where it was built: a refresh that does not find it changes {@link since},
 * and has what is triggered by it made anew. A dynamic resource and no command.local.Command, since that has no refresh.
 */
export class ImageWatch extends ScriptedResource {
    /** When it was last found missing, or first wanted, ISO 8601. */
    declare readonly since: pulumi.Output<string>;

    constructor(
        name: string,
        args: { store: ImageStore; imageName: string },
        opts: pulumi.CustomResourceOptions,
    ) {
        const inputs = { ...args, since: undefined };
        super("Watch", name, SCRIPT, inputs, opts);
    }
}

/** An image on every node of a cluster, or in this host's Docker. */
export interface ImageCopiesArgs {
    store: ImageStore;
    /** Where it is copied from; undefined where it was built in the store itself. */
    from?: ImageStore;
    /** `name:tag`. */
    imageName: pulumi.Input<string>;
    /** Changes with the content. */
    imageId: pulumi.Input<string>;
}

/**
 * Brings an image onto every node of a store, again where a refresh does not find it there, and removes what was built
 * before: the last few at an update stay, none when the stack is destroyed.
 */
export class ImageCopies extends ScriptedResource {
    /** The {@link ImageCopiesArgs.imageId}, once it is everywhere. */
    declare readonly imageId: pulumi.Output<string>;

    constructor(name: string, args: ImageCopiesArgs, opts: pulumi.CustomResourceOptions) {
        const inputs = { ...args, copies: undefined, former: undefined };
        super("Copies", name, SCRIPT, inputs, opts);
    }
}
