// Runs while Pulumi creates, refreshes or deletes what imageCopies.ts declares, as a process of its own: see dynamic.ts.
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import {
    type ImageStore,
    type Run,
    contentName,
    copyImage,
    findImage,
    nameContent,
    placesOf,
    removeImages,
} from "./imageStore.ts";

/** How many former contents of an image stay beside the present one. */
const KEPT = 2;

interface Watched {
    store: ImageStore;
    imageName: string;
}
interface Copied {
    store: ImageStore;
    from?: Extract<ImageStore, { place: "host" }>;
    imageName: string;
    imageId: string;
    /** Names of former contents, the latest first. */
    former?: string[];
}

/** What a script is told of a resource by Pulumi, and what it answers: see pulumi.dynamic.ResourceProvider. */
interface Operations<State> {
    create: (told: { inputs: State }, run?: Run) => Promise<{ id: string; outs: object }>;
    read: (told: { id: string; props: State }, run?: Run) => Promise<object>;
    update: (told: { olds: State; news: State }, run?: Run) => Promise<{ outs: object }>;
    delete: (told: { props: State }, run?: Run) => Promise<object>;
}

const now = () => new Date().toISOString();

export const Watch: Operations<Watched & { since?: string }> = {
    create: async ({ inputs }) => ({ id: inputs.imageName, outs: { ...inputs, since: now() } }),
    read: async ({ id, props }, run) => {
        const found = await findImage(props.store, props.imageName, run);
        const missing = placesOf(props.store).some((place) => found[place] === undefined);
        return { id, props: { ...props, ...(missing ? { since: now() } : {}) } };
    },
    update: async ({ olds, news }) => ({ outs: { ...news, since: olds.since } }),
    delete: async () => ({}),
};

/** Whether two stores are one, whatever nodes came to it or left. */
const isSame = (one: ImageStore, other: ImageStore) =>
    one.place === "host"
        ? other.place === "host" && one.daemon === other.daemon
        : other.place === "nodes" && one.clusterUid === other.clusterUid;

const isId = (imageId: string) => imageId.startsWith("sha256:");

/** The places of a store where an image is not, or has another content. */
async function without({ store, imageName, imageId }: Copied, run?: Run): Promise<string[]> {
    const [named, wanted] = await Promise.all([
        findImage(store, imageName, run),
        findImage(store, contentName(imageName, imageId), run),
    ]);
    return placesOf(store).filter(
        (place) => wanted[place] === undefined || wanted[place] !== named[place],
    );
}

/** Brings an image to all places of its store. */
async function place(copied: Copied, run?: Run): Promise<void> {
    const { store, from, imageName, imageId } = copied;
    if (from !== undefined && store.place === "nodes") {
        await copyImage(from, store, imageName, imageId, run);
    } else {
        await nameContent(store, imageName, imageId, run);
    }
    const [missing] = await without(copied, run);
    if (missing !== undefined) {
        // Minikube takes it for no failure when a node could not load an image
        throw new Error(
            `The image ${imageName} did not get to ${missing}.\n` +
                (store.place === "nodes"
                    ? `   Is the node up, and is there room on its disk? minikube -p ${store.profile} ssh -n ${missing} -- df -h /var\n`
                    : "") +
                "   Then pulumi up again.",
        );
    }
}

export const Copies: Operations<Copied> = {
    create: async ({ inputs }, run) => {
        await place(inputs, run);
        return { id: inputs.imageName, outs: { ...inputs, former: [] } };
    },
    read: async ({ id, props }, run) => {
        const missing = await without(props, run);
        const { former, ...inputs } = props;
        // other than what the program wants, so that the next update brings it there again
        const seen = missing.length > 0 ? { imageId: `missing on ${missing.join(", ")}` } : {};
        return { id, props: { ...inputs, ...seen, former }, inputs: { ...inputs, ...seen } };
    },
    update: async ({ olds, news }, run) => {
        await place(news, run);
        const present = contentName(news.imageName, news.imageId);
        const before = [
            ...(isId(olds.imageId) ? [contentName(olds.imageName, olds.imageId)] : []),
            ...(olds.former ?? []),
        ];
        // what was in another cluster is not here
        const former = isSame(olds.store, news.store)
            ? [...new Set(before)].filter((name) => name !== present)
            : [];
        await removeImages(news.store, former.slice(KEPT), run);
        return { outs: { ...news, former: former.slice(0, KEPT) } };
    },
    delete: async ({ props }, run) => {
        const { store, imageName, imageId, former = [] } = props;
        await removeImages(store, [...former, contentName(imageName, imageId), imageName], run);
        return {};
    },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const [, , resource, operation] = process.argv;
    try {
        const operations = { Watch, Copies }[resource as "Copies"];
        const told = JSON.parse(await text(process.stdin)) as never;
        const answer = await operations[operation as "create"](told);
        console.log(JSON.stringify(answer));
    } catch (error) {
        console.error((error as Error).message);
        process.exitCode = 1;
    }
}
