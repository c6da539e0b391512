import * as pulumi from "@pulumi/pulumi";
import type { Delivered, ImageDelivery } from "./delivery.ts";

/** An image that was built elsewhere, and that the nodes pull or have. */
export class PrebuiltImage implements ImageDelivery {
    readonly description = "built elsewhere, as the setting names it";
    private readonly reference: string;

    constructor(reference: string) {
        this.reference = reference;
    }

    deliver(): Delivered {
        const reference = pulumi.output(this.reference);
        return { imageName: reference, imageId: reference };
    }
}
