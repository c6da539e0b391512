// Asks the engines of a cluster's nodes, or this host's Docker, for images. Used by resources while Pulumi runs: see dynamic.ts.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/** Where images are: this host's Docker, or the engines of a Minikube's nodes. */
export type ImageStore =
    | { place: "host"; daemon: string }
    | {
          place: "nodes";
          profile: string;
          clusterUid: string;
          /** Their names, as Minikube has them. */
          nodes: readonly string[];
          /** `docker`, `containerd` or `cri-o`. */
          runtime: string;
      };

/** The ID of an image by node; `host` for this host's Docker. A node without it is left out. */
export type Ids = Record<string, string>;

/** Runs a program and returns what it printed. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

const runHere: Run = async (program, args) => {
    const { stdout } = await promisify(execFile)(program, [...args], {
        maxBuffer: 64 * 2 ** 20,
        timeout: 600_000,
    });
    return stdout;
};

const ListedImages = z.object({
    images: z.array(z.object({ id: z.string(), repoTags: z.array(z.string()).nullish() })),
});

/** The places of a store, each with how a command is run in it. */
function places(
    store: ImageStore,
    run: Run,
): { place: string; docker: boolean; engine: (...args: string[]) => Promise<string> }[] {
    return store.place === "host"
        ? [
              {
                  place: "host",
                  docker: true,
                  engine: (...args) => run("docker", ["--host", store.daemon, ...args]),
              },
          ]
        : store.nodes.map((node) => {
              const docker = store.runtime === "docker";
              return {
                  place: node,
                  docker,
                  engine: (...args) =>
                      run("minikube", [
                          ...["-p", store.profile, "ssh", "-n", node, "--"],
                          ...["sudo", docker ? "docker" : "crictl", ...args],
                      ]),
              };
          });
}

/** Looks for an image by `name:tag`. */
export async function findImage(
    store: ImageStore,
    imageName: string,
    run: Run = runHere,
): Promise<Ids> {
    const found = await Promise.all(
        places(store, run).map(async ({ place, docker, engine }) => {
            if (docker) {
                const id = await engine("image", "ls", "--no-trunc", "--quiet", imageName);
                return [place, id.trim().split("\n")[0] ?? ""] as const;
            }
            const { images } = ListedImages.parse(
                JSON.parse(await engine("images", "--output", "json")),
            );
            // a name without a registry is listed with one: docker.io/library/ or localhost/
            const image = images.find(({ repoTags }) =>
                repoTags?.some((tag) => tag === imageName || tag.endsWith(`/${imageName}`)),
            );
            return [place, image?.id ?? ""] as const;
        }),
    );
    return Object.fromEntries(found.filter(([, id]) => id !== ""));
}

/** A second name for one content of an image, which no later build takes away: `name:tag-` and the start of its ID. */
export const contentName = (imageName: string, imageId: string) =>
    `${imageName}-${imageId.replace(/^sha256:/, "").slice(0, 12)}`;

/** Gives an image its {@link contentName} where it is. */
export async function nameContent(
    store: ImageStore,
    imageName: string,
    imageId: string,
    run: Run = runHere,
): Promise<void> {
    for (const { engine } of places(store, run)) {
        await engine("tag", imageName, contentName(imageName, imageId));
    }
}

/** Copies an image, both its names, from this host's Docker onto every node. What came of it, {@link findImage} tells. */
export async function copyImage(
    from: Extract<ImageStore, { place: "host" }>,
    to: Extract<ImageStore, { place: "nodes" }>,
    imageName: string,
    imageId: string,
    run: Run = runHere,
): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "habit-tracker-image-"));
    const name = `${imageName.replaceAll(/[^\w.-]/g, "-")}.tar`;
    const file = join(folder, name);
    const names = [imageName, contentName(imageName, imageId)];
    try {
        await run("docker", ["--host", from.daemon, "save", "--output", file, ...names]);
        await run("minikube", ["-p", to.profile, "image", "load", file]);
    } finally {
        await rm(folder, { recursive: true });
    }
    // Minikube leaves its copy of the file on the nodes
    await Promise.allSettled(
        to.nodes.map((node) =>
            run("minikube", [
                ...["-p", to.profile, "ssh", "-n", node, "--"],
                ...["sudo", "rm", "-f", `/var/lib/minikube/images/${name}`],
            ]),
        ),
    );
}

/** Takes names from images, and removes those that have none left. One that is not there, or in use, is left as it is. */
export async function removeImages(
    store: ImageStore,
    names: readonly string[],
    run: Run = runHere,
): Promise<void> {
    for (const { docker, engine } of places(store, run)) {
        for (const name of names) {
            // Docker otherwise keeps an image for the containers of pods that are gone
            await engine("rmi", ...(docker ? ["--force"] : []), name).catch(() => "");
        }
    }
}

/** Where a store keeps images, in words that a command line takes: the nodes' names, or `host`. */
export const placesOf = (store: ImageStore): readonly string[] =>
    store.place === "host" ? ["host"] : store.nodes;
