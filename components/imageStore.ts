// Asks the engines of a cluster's nodes, or this host's Docker, for images, and changes what they have. See imagePlacing.ts.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/** This host's Docker. */
export interface HostStore {
    place: "host";
    /** Its address. */
    daemon: string;
}

/** The engines of a Minikube's nodes. */
export interface NodeStore {
    place: "nodes";
    profile: string;
    clusterUid: string;
    /** Names of the nodes, as Minikube has them. */
    nodes: readonly string[];
    /** `docker`, `containerd` or `cri-o`. */
    runtime: string;
}

export type ImageStore = HostStore | NodeStore;

/** Runs a program and returns what it printed. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

const runHere: Run = async (program, args) => {
    const options = { maxBuffer: 64 * 2 ** 20, timeout: 600_000 };
    return (await promisify(execFile)(program, [...args], options)).stdout;
};

/** One place of a store: this host, or a node. */
interface Place {
    name: string;
    /** Runs a command there, as root on a node. */
    run: (...command: string[]) => Promise<string>;
    engine: Engine;
}

/** What differs between container engines. Names of images are as the engine lists them. */
interface Engine {
    /** Prints each name of an image, `name:tag`, with the ID behind it. */
    list: readonly string[];
    parse: (output: string) => Map<string, string>;
    tag: (from: string, to: string) => string[];
    /** Takes one name away, and the image with its last one, also under the stopped containers of pods that are gone. */
    untag: (name: string) => string[];
    /** Where an image stays under its ID when its last name has gone: the IDs that have a name or a digest, by the list. */
    named?: (output: string) => Set<string>;
}

const byNames = (entries: Iterable<readonly [string, string]>) =>
    new Map([...entries].filter(([, id]) => /^sha256:[0-9a-f]{64}$/.test(id)));

/** Lines of `NAME ID`; what else is printed is nothing of ours. */
const fromLines = (output: string) =>
    byNames(
        output.split(/\r?\n/).map((line): [string, string] => {
            const [name = "", id = ""] = line.trim().split(" ");
            return [name, id];
        }),
    );

const DOCKER: Engine = {
    list: ["docker", "image", "ls", "--no-trunc", "--format", "'{{.Repository}}:{{.Tag}} {{.ID}}'"],
    parse: fromLines,
    tag: (from, to) => ["docker", "tag", from, to],
    untag: (name) => ["docker", "rmi", "--force", name],
};

const ListedImages = z.object({
    images: z.array(
        z.object({
            id: z.string(),
            repoTags: z.array(z.string()).nullish(),
            repoDigests: z.array(z.string()).nullish(),
        }),
    ),
});
/** What `crictl images` lists; warnings of ssh may come first. */
const listedImages = (output: string) =>
    ListedImages.parse(JSON.parse(output.slice(output.indexOf("{")))).images;

/** An engine that kubelet asks by CRI, with the tool that changes names in it: crictl would take all names of an image away. */
const cri = (untag: readonly string[]): Engine => ({
    list: ["crictl", "images", "--output", "json"],
    parse: (output) =>
        byNames(
            listedImages(output).flatMap(({ id, repoTags }) =>
                // CRI-O lists them bare
                (repoTags ?? []).map(
                    (name) => [name, id.replace(/^(?!sha256:)/, "sha256:")] as const,
                ),
            ),
        ),
    tag: () => {
        throw new Error("nothing is built in such an engine");
    },
    untag: (name) => [...untag, name],
});

const CONTAINERD: Engine = {
    ...cri(["ctr", "--namespace", "k8s.io", "images", "rm"]),
    named: (output) =>
        new Set(
            listedImages(output)
                .filter(({ repoTags, repoDigests }) => repoTags?.length || repoDigests?.length)
                .map(({ id }) => id),
        ),
};

const CRI_O = cri(["podman", "rmi"]);

const ENGINES: Readonly<Record<string, Engine>> = {
    docker: DOCKER,
    containerd: CONTAINERD,
    "cri-o": CRI_O,
};

/** This host's Docker, where no image that a container of somebody's uses is taken away. */
const HOST_DOCKER: Engine = {
    ...DOCKER,
    list: DOCKER.list.map((part) => part.replaceAll("'", "")),
    untag: (name) => ["docker", "rmi", name],
};

/** Runs a command as root on a node. */
const onNode = (run: Run, profile: string, node: string, command: readonly string[]) =>
    run("minikube", ["-p", profile, "ssh", "-n", node, "--", "sudo", ...command]);

function places(store: ImageStore, run: Run): Place[] {
    return store.place === "host"
        ? [
              {
                  name: "this host's Docker",
                  run: (program = "", ...args) => run(program, ["--host", store.daemon, ...args]),
                  engine: HOST_DOCKER,
              },
          ]
        : store.nodes.map((node) => ({
              name: `the node ${node}`,
              run: (...command) => onNode(run, store.profile, node, command),
              engine: ENGINES[store.runtime] ?? CRI_O,
          }));
}

/** A second name for one content of an image, which no later build takes away: `name:tag-` and the start of its ID. */
export const contentName = (imageName: string, imageId: string) =>
    `${imageName}-${imageId.replace(/^sha256:/, "").slice(0, 12)}`;

/** What engines put in front of a name that has no registry of its own. */
const NO_REGISTRY = ["", "docker.io/library/", "docker.io/", "localhost/"];
/** Whether a listed name is this one, and not one of the same end in somebody's registry. */
const isNamed = (listed: string, name: string) =>
    NO_REGISTRY.some((prefix) => listed === prefix + name);

/** What a place has of an image, or why it could not be asked. */
export interface Holding {
    /** For people. */
    place: string;
    /** IDs by the names that are the image's: its `name:tag` and the names of its contents, as the place lists them. */
    ids?: Map<string, string>;
    failure?: string;
}

/** The ID that a name stands for in a place; undefined where there is none. */
export const idOf = ({ ids = new Map() }: Holding, name: string): string | undefined =>
    [...ids].find(([listed]) => isNamed(listed, name))?.[1];

/** Looks in every place of a store for an image, under its own name and those of its contents. */
export async function findImage(
    store: ImageStore,
    imageName: string,
    run: Run = runHere,
): Promise<Holding[]> {
    const isOwn = ([name, id]: [string, string]) =>
        isNamed(name, imageName) || isNamed(name, contentName(imageName, id));
    return Promise.all(
        places(store, run).map(async ({ name: place, run: there, engine }) => {
            try {
                const all = engine.parse(await there(...engine.list));
                return { place, ids: new Map([...all].filter(isOwn)) };
            } catch (error) {
                return { place, failure: (error as Error).message.trim() };
            }
        }),
    );
}

/**
 * Gives an image both its names, by its ID: what else somebody gave the first one to, loses it.
 *
 * @throws Error where there is no image of that ID.
 */
export async function nameImage(
    store: ImageStore,
    imageName: string,
    imageId: string,
    run: Run = runHere,
): Promise<void> {
    for (const place of places(store, run)) {
        const { name, run: there, engine } = place;
        try {
            for (const each of [contentName(imageName, imageId), imageName]) {
                await there(...engine.tag(imageId, each));
            }
        } catch (error) {
            // Another content, of another Minikube's stack, may have its name here: without that, the refresh below sees that it
            // has to be built. On a node the name is what running pods start again from.
            if (store.place === "host") {
                await untag(place, [imageName]);
            }
            throw new Error(
                `The image ${imageName} that was built is no longer in ${name}: ${(error as Error).message.trim()}\n` +
                    "   Build it again: pulumi up --refresh",
                { cause: error },
            );
        }
    }
}

/**
 * Copies an image, under both its names, from this host's Docker onto every node. Minikube takes it for no failure when a node
 * does not get it: what came of it, {@link findImage} tells.
 */
export async function copyImage(
    from: HostStore,
    to: NodeStore,
    imageName: string,
    imageId: string,
    run: Run = runHere,
): Promise<void> {
    await nameImage(from, imageName, imageId, run);
    const folder = await mkdtemp(join(tmpdir(), "habit-tracker-image-"));
    const name = `${imageName.replaceAll(/[^\w.-]/g, "-")}.tar`;
    const file = join(folder, name);
    const names = [imageName, contentName(imageName, imageId)];
    try {
        await run("docker", ["--host", from.daemon, "save", "--output", file, ...names]);
        await run("minikube", ["-p", to.profile, "image", "load", file]);
    } finally {
        await rm(folder, { recursive: true });
        // Minikube leaves its own copy of the file on the nodes
        const copy = ["rm", "-f", `/var/lib/minikube/images/${name}`];
        await Promise.allSettled(to.nodes.map((node) => onNode(run, to.profile, node, copy)));
    }
}

/** Takes names away in one place; an image goes with its last one. One that is in use stays. */
async function untag({ run, engine }: Place, names: readonly string[]): Promise<void> {
    for (const name of names) {
        await run(...engine.untag(name)).catch((error: unknown) => {
            const { message } = error as Error;
            // the one by its digest goes along with the last tag of a repository
            if (!/no such image/i.test(message)) {
                console.log(`Not removed: ${name} (${message.trim()})`);
            }
        });
    }
}

/** Takes names away in every place of a store. */
export async function removeNames(
    store: ImageStore,
    names: readonly string[],
    run: Run = runHere,
): Promise<void> {
    for (const place of places(store, run)) {
        await untag(place, names);
    }
}

/** Takes all names of an image away but these, in every place of a store. */
export async function removeImages(
    store: ImageStore,
    imageName: string,
    kept: readonly string[],
    run: Run = runHere,
): Promise<void> {
    const held = await findImage(store, imageName, run);
    for (const [index, place] of places(store, run).entries()) {
        const gone = [...(held[index]?.ids ?? [])].filter(
            ([name]) => !kept.some((own) => isNamed(name, own)),
        );
        await untag(
            place,
            gone.map(([name]) => name),
        );
        const { engine } = place;
        if (engine.named !== undefined && gone.length > 0) {
            const output = await place.run(...engine.list).catch(() => undefined);
            const named = output === undefined ? undefined : engine.named(output);
            const nameless = gone.map(([, id]) => id).filter((id) => named?.has(id) === false);
            await untag(place, [...new Set(nameless)]);
        }
    }
}
