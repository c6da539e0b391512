import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { objectsIn } from "./contents.ts";
import type { Cluster } from "./cluster.ts";
import { type Home, type Situation, lossNotice, ownershipProblems } from "./ownership.ts";
import { refuse } from "./problems.ts";
import { metricsNotice } from "./scaling.ts";
import type { Settings } from "./settings.ts";

/** Who the stack is: an ID that its objects carry, and the cluster that it lives in. */
class Identity extends pulumi.ComponentResource {
    readonly id: pulumi.Output<string>;
    /** What was written down when the stack was first brought up, or last moved. */
    readonly written: pulumi.Output<Written | undefined>;

    constructor(name: string, args: { now: Written; move: boolean }) {
        super("habit-tracker:identity:Identity", name);
        const uuid = new random.RandomUuid(
            `${name}-id`,
            { keepers: { ...args.now } },
            // Pulumi then gives back what the state has: the one way for a program to see where its stack was.
            // A stack that moves gets a new ID: nothing in the new cluster has the old one.
            { parent: this, ignoreChanges: args.move ? ["keepers.since"] : ["keepers"] },
        );
        this.id = uuid.result;
        this.written = uuid.keepers.apply((keepers) => keepers as unknown as Written | undefined);
        this.registerOutputs({ id: this.id });
    }
}

interface Written extends Home {
    /** When the stack got its ID, ISO 8601. */
    since: string;
}

/** The value of an output; undefined where a preview cannot know it. */
async function known<T>(output: pulumi.Output<T>): Promise<T | undefined> {
    // not in the SDK's public types
    const { isKnown, promise } = output as unknown as {
        isKnown: Promise<boolean>;
        promise: () => Promise<T>;
    };
    return (await isKnown) ? promise() : undefined;
}

/**
 * Finds out who the stack is, and that it harms neither another stack nor its own data.
 *
 * @returns its ID for the label of its objects, and what the rules of ownership.ts looked at
 * @throws pulumi.RunError with every problem at once.
 */
export async function identify(
    name: string,
    settings: Settings,
    cluster: Cluster,
): Promise<{ stackId: pulumi.Output<string>; situation: Situation }> {
    const { home, contents } = cluster;
    const now = {
        profile: home.profile,
        authority: home.authority,
        since: new Date().toISOString(),
    };
    // where a stack is already, this one among them, nobody moves: a new ID would hide its own from it
    const occupied = objectsIn(contents).some(
        ({ namespace, product, kept, stack }) =>
            namespace === settings.namespace &&
            product &&
            !kept &&
            stack !== undefined &&
            stack !== settings.adoptStack,
    );
    const move = settings.moveToCluster === contents.clusterUid && !occupied;
    const identity = new Identity(name, { now, move });
    const written = (await known(identity.written)) ?? now;
    const id = await known(identity.id);
    const situation = {
        settings,
        contents,
        here: home,
        cluster,
        self: {
            id,
            home: written,
            fresh: written.since === now.since,
            labelled: objectsIn(contents).some(({ stack }) => stack !== undefined && stack === id),
        },
    };
    refuse(ownershipProblems(situation));
    for (const notice of [lossNotice(situation), metricsNotice(settings, cluster)]) {
        if (notice !== undefined) {
            await pulumi.log.warn(notice);
        }
    }
    return { stackId: identity.id, situation };
}
