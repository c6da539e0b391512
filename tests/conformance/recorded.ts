import { readFileSync } from "node:fs";
import {
    type FakeMinikube,
    type Registered,
    defaults,
    installFakeMinikube,
    plain,
    resolve,
    runProgram,
} from "../unit/harness.ts";
import type { ImageFacts, KubernetesObject, RecordedStack, TierName } from "./stack.ts";

/** A Secret that somebody made in the cluster. */
export const MADE_BY_HAND = {
    name: "made-by-hand",
    namespace: "default",
    entries: {
        DATABASE_URL: "postgresql://user:generated-password@elsewhere:5432/habits",
        JWT_SECRET: "generated-key-of-32-characters-0123456789",
        JWT_ALGORITHM: "HS256",
        GEMINI_API_KEY: "",
    },
};

/** Installs the fake Minikube, with a Secret in it that the program looks at only where a setting names it. */
export async function installCluster(): Promise<FakeMinikube> {
    const minikube = await installFakeMinikube();
    const { name, namespace, entries } = MADE_BY_HAND;
    const data = Object.entries(entries).map(([key, value]) => [key, btoa(value)]);
    minikube.setContents({
        secrets: [
            {
                metadata: { name, namespace },
                type: "Opaque",
                data: Object.fromEntries(data) as object,
            },
        ],
    });
    return minikube;
}

/** The instructions of a Dockerfile's last stage, continuation lines joined, comments left out. */
export function lastStage(dockerfile: string): string[] {
    const instructions = dockerfile
        .split("\n")
        .filter((line) => !/^\s*(#|$)/.test(line))
        .join("\n")
        .replaceAll(/\\\n\s*/g, "")
        .split("\n");
    return instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM ")));
}

/** Runs the program under mocks, with these settings beside the defaults. The cluster above must be installed. */
export async function recordStack(own: Record<string, string> = {}): Promise<RecordedStack> {
    const { resources, outputs } = await runProgram(own);
    const settings = { ...defaults(), ...own };
    const values = new Map<string, string>();
    for (const [name, output] of Object.entries(outputs)) {
        const value = (await resolve(output)) as string | boolean | undefined;
        values.set(name, value === undefined ? "" : String(value));
    }
    const objects = resources
        .filter(({ type }) => type.startsWith("kubernetes:"))
        .map(({ inputs }) => {
            const object = plain(inputs) as KubernetesObject & {
                stringData?: Record<string, string>;
            };
            const { stringData, data } = object;
            return { ...object, ...((stringData ?? data) ? { data: stringData ?? data } : {}) };
        });
    if (settings["existingSecret"] === MADE_BY_HAND.name) {
        const { name, namespace, entries } = MADE_BY_HAND;
        objects.push({
            ...{ apiVersion: "v1", kind: "Secret", type: "Opaque", data: entries },
            metadata: { name, namespace },
            spec: {} as KubernetesObject["spec"],
        });
    }
    const build = (tier: TierName) => imageInputs(resources, tier).build;
    const file = (path: string) => readFileSync(path, "utf8");
    return {
        objects: () => objects,
        object: (kind, name) => find(objects, kind, name),
        output: (name) => values.get(name) ?? "",
        setting: (key) => settings[key] ?? "",
        with: (more) => recordStack({ ...own, ...more }),
        file,
        build,
        image: (tier): ImageFacts => {
            const steps = lastStage(file(`${build(tier).context}/Dockerfile`));
            const after = (instruction: string) =>
                steps
                    .filter((step) => step.startsWith(`${instruction} `))
                    .map((step) => step.slice(instruction.length + 1));
            return {
                reference: imageInputs(resources, tier).imageName,
                user: after("USER").at(-1) ?? "",
                exposedPorts: after("EXPOSE").map(Number),
                steps,
            };
        },
    };
}

function imageInputs(resources: readonly Registered[], tier: TierName) {
    const image = resources.find(({ name }) => name === `${tier}-image-build`);
    return plain(image?.inputs) as {
        imageName: string;
        build: { context: string; args: Record<string, string>; platform: string };
    };
}

/** The object of that kind and name. */
export function find(
    objects: readonly KubernetesObject[],
    kind: string,
    name: string,
): KubernetesObject {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) {
        throw new Error(`there is no ${kind} ${name}`);
    }
    return found;
}
