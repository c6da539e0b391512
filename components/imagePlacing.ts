// Runs while Pulumi creates, refreshes or deletes what placedImage.ts declares, as a process of its own: see dynamic.ts.
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import {
    type HostStore,
    type ImageStore,
    type NodeStore,
    type Run,
    contentName,
    copyImage,
    findImage,
    idOf,
    nameImage,
    removeImages,
    removeNames,
} from "./imageStore.ts";

/** How many former contents of an image stay beside the present one. */
const KEPT = 2;

interface WatchState {
    store: ImageStore;
    imageName: string;
    since?: string;
}
interface PlacedState {
    store: NodeStore;
    /** Undefined where it was built on the nodes themselves. */
    from?: HostStore;
    imageName: string;
    imageId: string;
    /** IDs of former contents, the latest first. */
    former?: string[];
}

interface PushedState {
    from: HostStore;
    imageName: string;
    /** `NAME@sha256:…`. */
    imageId: string;
}

/** What a script is told of a resource by Pulumi, and what it answers: see pulumi.dynamic.ResourceProvider. */
interface Operations<State> {
    create: (told: { inputs: State }, run?: Run) => Promise<{ id: string; outs: State }>;
    read: (
        told: { id: string; props: State },
        run?: Run,
    ) => Promise<{ id: string; props: State; inputs?: State }>;
    update: (told: { olds: State; news: State }, run?: Run) => Promise<{ outs: State }>;
    delete: (told: { props: State }, run?: Run) => Promise<object>;
}

const now = () => new Date().toISOString();

/** Whether two stores are one, whatever nodes came to it or left. */
const isSame = (one: ImageStore, other: ImageStore) =>
    one.place === "host"
        ? other.place === "host" && one.daemon === other.daemon
        : other.place === "nodes" && one.clusterUid === other.clusterUid;

export const Watch: Operations<WatchState> = {
    create: async ({ inputs }) => ({ id: inputs.imageName, outs: { ...inputs, since: now() } }),
    read: async ({ id, props }, run) => {
        const held = await findImage(props.store, props.imageName, run);
        // where it cannot be asked, nothing is known
        const missing = held.some(
            (place) => place.failure === undefined && idOf(place, props.imageName) === undefined,
        );
        return { id, props: { ...props, ...(missing ? { since: now() } : {}) } };
    },
    update: async ({ olds, news }) => ({
        outs: {
            ...news,
            since: isSame(olds.store, news.store) && olds.since ? olds.since : now(),
        },
    }),
    delete: async () => ({}),
};

/** The places where an image is not under both its names, and why. */
async function without({ store, imageName, imageId }: PlacedState, run?: Run) {
    const held = await findImage(store, imageName, run);
    return held.flatMap((place) => {
        const [named, wanted] = [imageName, contentName(imageName, imageId)].map((name) =>
            idOf(place, name),
        );
        const there = wanted !== undefined && wanted === named;
        return there ? [] : [{ ...place, asked: place.failure === undefined }];
    });
}

/** Brings an image to all nodes. */
async function place(state: PlacedState, run?: Run): Promise<void> {
    const { store, from, imageName, imageId } = state;
    await (from === undefined
        ? nameImage(store, imageName, imageId, run)
        : copyImage(from, store, imageName, imageId, run));
    const [missing] = await without(state, run);
    if (missing !== undefined) {
        throw new Error(
            `The image ${imageName} did not get to ${missing.place}${missing.failure === undefined ? "" : `: ${missing.failure}`}\n` +
                "   Is the node up, and is there room on its disk?\n" +
                `   minikube -p ${store.profile} status; minikube -p ${store.profile} ssh -- df -h /var; then pulumi up again`,
        );
    }
}

/** Removes what is no longer needed of an image, wherever this resource has brought it. */
async function clean(state: PlacedState, kept: readonly string[], run?: Run): Promise<void> {
    for (const store of [state.store, state.from]) {
        if (store !== undefined) {
            await removeImages(store, state.imageName, kept, run);
        }
    }
}

export const Placed: Operations<PlacedState> = {
    create: async ({ inputs }, run) => {
        await place(inputs, run);
        return { id: inputs.imageName, outs: { ...inputs, former: [] } };
    },
    read: async ({ id, props }, run) => {
        const missing = (await without(props, run)).filter(({ asked }) => asked);
        const { former = [], ...inputs } = props;
        if (missing.length === 0) {
            return { id, props };
        }
        // other than what the program wants, so that the next update brings it there again
        const seen = {
            ...inputs,
            imageId: `missing in ${missing.map((each) => each.place).join(", ")}`,
        };
        return { id, props: { ...seen, former: [props.imageId, ...former] }, inputs: seen };
    },
    update: async ({ olds, news }, run) => {
        await place(news, run);
        // what was in another cluster is not here
        const before = isSame(olds.store, news.store) ? [olds.imageId, ...(olds.former ?? [])] : [];
        const former = [...new Set(before)]
            .filter((id) => id.startsWith("sha256:") && id !== news.imageId)
            .slice(0, KEPT);
        const kept = [news.imageId, ...former].map((id) => contentName(news.imageName, id));
        await clean(news, [news.imageName, ...kept], run);
        if (olds.from !== undefined && olds.from.daemon !== news.from?.daemon) {
            await removeImages(olds.from, olds.imageName, [], run);
        }
        if (olds.imageName !== news.imageName && isSame(olds.store, news.store)) {
            await clean({ ...news, imageName: olds.imageName }, [], run);
        }
        return { outs: { ...news, former } };
    },
    delete: async ({ props }, run) => {
        await clean(props, [], run);
        return {};
    },
};

export const Pushed: Operations<PushedState> = {
    create: async ({ inputs }) => ({ id: inputs.imageName, outs: inputs }),
    read: async (told) => told,
    update: async ({ olds, news }, run) => {
        const former = [olds.imageName, olds.imageId].filter(
            (name) => name !== news.imageName && name !== news.imageId,
        );
        await removeNames(olds.from, former, run);
        return { outs: news };
    },
    delete: async ({ props }, run) => {
        await removeNames(props.from, [props.imageName, props.imageId], run);
        return {};
    },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const [, , resource, operation] = process.argv;
    try {
        const operations = { Watch, Placed, Pushed }[resource as "Placed"];
        const told = JSON.parse(await text(process.stdin)) as never;
        const answer = await operations[operation as "create"](told);
        console.log(JSON.stringify(answer));
    } catch (error) {
        console.error((error as Error).message);
        process.exitCode = 1;
    }
}
