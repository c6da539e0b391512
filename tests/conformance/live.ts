import { outputs as readOutputs } from "../../scripts/stack.ts";
import { openCluster } from "../cluster.ts";
import { find } from "./recorded.ts";
import type { ImageContents, KubernetesObject, LiveStack, TierName } from "./stack.ts";

/** What the stack makes, by kind, in its namespace. */
const KINDS =
    "deployments,statefulsets,cronjobs,services,configmaps,secrets,serviceaccounts,persistentvolumeclaims,networkpolicies,poddisruptionbudgets,resourcequotas,horizontalpodautoscalers,ingresses";
const PRODUCT = "app.kubernetes.io/part-of=habit-tracker";

interface Inspected {
    Id: string;
    Size: number;
    RootFS: { Layers: string[] };
    Config: {
        User: string;
        ExposedPorts?: Record<string, unknown>;
        Env?: string[];
        WorkingDir: string;
    };
}

/** A tier's image, and the one that it stands on. */
interface LiveImage {
    reference: string;
    image: ImageContents;
    base: ImageContents | undefined;
}

/** The title that our Dockerfiles give an image in their first step above the base. */
const TITLE = /LABEL .*org\.opencontainers\.image\.title=/;

/**
 * The steps of an image's history that our Dockerfile made: a base that was pulled has a history too, and by BuildKit's
 * hand there may be no image of it to tell where that ends.
 */
export function ownSteps(history: readonly string[]): string[] {
    const first = history.findLastIndex((step) => TITLE.test(step));
    if (first < 0) {
        throw new Error(`no step of the image sets its title:\n${history.join("\n")}`);
    }
    return history.slice(first);
}

/** Reads a deployed stack: its objects, its images and what Pulumi knows of it. */
export async function readStack(project: string, name: string): Promise<LiveStack> {
    const { stack, kubectl, node, pulumi, config: readConfig } = await openCluster(project, name);
    const [outputs, config] = [await readOutputs(stack), await readConfig()];
    const namespace = outputs["namespace"] ?? "";
    const list = async (...args: string[]) =>
        (JSON.parse(await kubectl("get", ...args, "-o", "json")) as { items: KubernetesObject[] })
            .items;
    const existing = config["existingSecret"]?.value;
    const objects = [
        ...(await list(KINDS, "-n", namespace, "-l", PRODUCT)),
        ...(existing
            ? await list(
                  "secrets",
                  "-n",
                  namespace,
                  "--field-selector",
                  `metadata.name=${existing}`,
              )
            : []),
    ].map((object) =>
        object.kind === "Secret" ? { ...object, data: decoded(object.data) } : object,
    );
    if (namespace !== "default") {
        objects.push(...(await list("namespaces", "-l", PRODUCT)));
    }
    const pods = await list("pods", "-n", namespace, "-l", PRODUCT);

    const present = new Set(
        (await node("docker image ls --format '{{.Repository}}:{{.Tag}}'")).trim().split(/\s+/),
    );
    const inspect = async (reference: string): Promise<ImageContents> => {
        const [image] = JSON.parse(await node(`docker image inspect ${reference}`)) as Inspected[];
        if (image === undefined) {
            throw new Error(`no image ${reference} in Minikube`);
        }
        const history = await node(
            `docker history --no-trunc --format '{{.CreatedBy}}' ${reference}`,
        );
        return {
            id: image.Id,
            size: image.Size,
            layers: image.RootFS.Layers,
            user: image.Config.User,
            exposedPorts: Object.keys(image.Config.ExposedPorts ?? {}).map((port) =>
                Number(port.replace(/\/tcp$/, "")),
            ),
            env: image.Config.Env ?? [],
            workingDir: image.Config.WorkingDir,
            steps: history.trim().split("\n").reverse(),
        };
    };
    const images = new Map<TierName, LiveImage>();
    for (const tier of ["backend", "frontend"] as const) {
        const reference = outputs[`${tier}Image`] ?? "";
        const baseReference = config[`${tier}BaseImage`]?.value ?? "";
        images.set(tier, {
            reference,
            image: await inspect(reference),
            // BuildKit keeps no image of a base that it pulled
            base: present.has(baseReference) ? await inspect(baseReference) : undefined,
        });
    }
    const imageOf = (tier: TierName): LiveImage => {
        const image = images.get(tier);
        if (image === undefined) {
            throw new Error(`no image of the ${tier}`);
        }
        return image;
    };
    const appOf = (tier: TierName) => `habit-tracker-${tier}`;
    return {
        objects: () => objects,
        object: (kind, objectName) => find(objects, kind, objectName),
        output: (output) => outputs[output] ?? "",
        config,
        setting: (key) => config[key]?.value ?? "",
        image: (tier) => {
            const { reference, image } = imageOf(tier);
            return { ...image, reference, steps: ownSteps(image.steps) };
        },
        contents: (tier) => imageOf(tier).image,
        base: (tier) => imageOf(tier).base,
        pods: (tier) =>
            pods.filter(
                ({ metadata }) =>
                    metadata.labels?.["app"] === appOf(tier) &&
                    metadata.deletionTimestamp === undefined,
            ),
        page: (path) => fetch(`${outputs["url"] ?? ""}${path}`),
        exec: (tier, ...command) =>
            kubectl("exec", "-n", namespace, `deployment/${appOf(tier)}`, "--", ...command),
        node,
        kubectl,
        pulumi,
    };
}

/** A Secret's data in plain text. */
export const decoded = (data: Record<string, string> = {}) =>
    Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
    );
