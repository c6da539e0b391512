import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Canaries } from "./canaries.ts";
import { type Installation, NAMESPACE } from "./installation.ts";

const OBJECTS =
    "all,configmaps,serviceaccounts,persistentvolumeclaims,networkpolicies,poddisruptionbudgets,resourcequotas,events";
const IMAGES = ["habit-tracker-backend:v1.0.0", "habit-tracker-frontend:v1.0.0"];

/** The page, and every script and style sheet that it names. */
async function servedFiles(url: string): Promise<string> {
    const page = await (await fetch(url)).text();
    const assets = new Set(page.match(/\/_next\/static\/[\w./-]+/g));
    const texts = await Promise.all(
        [...assets].map(async (asset) => (await fetch(new URL(asset, url))).text()),
    );
    return [page, ...texts].join("\n");
}

/** What an image's layers hold of the patterns, and of a word that is certainly there. */
async function layers(
    installation: Installation,
    image: string,
    canaries: Canaries,
): Promise<string> {
    const patterns = ["org.opencontainers.image.title", ...canaries.patterns]
        .map((pattern) => `-e ${pattern}`)
        .join(" ");
    return installation.node(`docker save ${image} | grep -aoF ${patterns} | sort -u`);
}

/**
 * Everything that the stack shows, by place, except for the Secrets' data: what Pulumi prints and keeps, what Kubernetes
 * tells of the objects, what the pods write, what the images hold and the server sends.
 */
export async function collectShown(
    installation: Installation,
    url: string,
    canaries: Canaries,
): Promise<Record<string, string>> {
    const { folder } = installation;
    await installation.npm("render");
    const shown: Record<string, string> = {
        "the rendered manifests": await readFile(join(folder, ".local/rendered.yaml"), "utf8"),
        "the stack's file": await readFile(join(folder, "Pulumi.local.yaml"), "utf8"),
        "the stack's state": await installation.shell("pulumi stack export"),
        "the stack's outputs": await installation.shell("pulumi stack output --json"),
        "the objects": await installation.kubectl(`get ${OBJECTS} -n ${NAMESPACE} -o yaml`),
        "kubectl describe": await installation.kubectl(
            `describe ${OBJECTS},secrets -n ${NAMESPACE}`,
        ),
        "the served files": await servedFiles(url),
    };
    for (const app of ["habit-tracker-backend", "habit-tracker-frontend"]) {
        shown[`the log of ${app}`] = await installation.kubectl(
            `logs -n ${NAMESPACE} -l app=${app} --tail=-1`,
        );
    }
    for (const image of IMAGES) {
        shown[`the history of ${image}`] = await installation.node(
            `docker history --no-trunc ${image}; docker image inspect ${image}`,
        );
        shown[`the layers of ${image}`] = await layers(installation, image, canaries);
    }
    return shown;
}
