import { expect } from "chai";
import { quantity } from "../../components/settings.ts";
import type {
    Chart,
    Container,
    KubernetesObject,
    LiveStack,
    Objects,
    PodTemplate,
    RecordedStack,
    Stack,
    TierName,
} from "./stack.ts";

/** Throws where a stack is not what a statement says. */
export type Check<S> = (stack: S) => void | Promise<void>;

/** Whether a check fails on a stack. */
export async function fails<S>(check: Check<S>, stack: S): Promise<boolean> {
    try {
        await check(stack);
        return false;
    } catch {
        return true;
    }
}

/** What a statement's checks prove. */
interface Form {
    /** It holds in another form than the seed's: which, and why. The checks prove that form. */
    other?: string;
    /** It does not hold: why. Its checks must fail; once they pass, this line goes. */
    absent?: string;
    /** What proves it where no check of the table can: a command, in words. */
    elsewhere?: string;
    /** The settings that it is about, with the seed's values: where a stack has others, it leaves the seed. */
    seed?: Seed;
}

/** The seed's value of a setting, or several that come to the same. */
type Seed = Readonly<Record<string, string | readonly string[]>>;

/** One statement of the seed. */
export interface Statement extends Form {
    /** The heading that it stands under. */
    section: string;
    says: string;
    /** Of what the program asks for; undefined where that cannot tell. */
    recorded?: Check<RecordedStack>;
    /** Of what is there; undefined where that cannot tell. */
    live?: Check<LiveStack>;
    /** Of the chart, as Helm renders it: tests/chart has one. */
    chart?: Check<Chart>;
}

/** How a statement stands on a stack. */
export type State = "holds" | "in another form" | "absent" | "leaves the seed";

/** Where the settings of a stack differ from what the seed says of them. */
export const departures = ({ seed = {} }: Form, { setting }: Pick<Stack, "setting">): string[] =>
    Object.entries(seed).flatMap(([key, values]) => {
        const [value = "", ...others] = [values].flat();
        return [value, ...others].includes(setting(key))
            ? []
            : [`${key} is ${setting(key) || "empty"} instead of ${value || "empty"}`];
    });

/** How a statement stands on a stack, if its checks pass. */
export function stateOf(statement: Statement, stack: Pick<Stack, "setting">): State {
    if (statement.absent !== undefined) {
        return "absent";
    }
    if (departures(statement, stack).length > 0) {
        return "leaves the seed";
    }
    return statement.other === undefined ? "holds" : "in another form";
}

type Checks = Check<Stack> | Pick<Statement, "recorded" | "live" | "chart">;

/** Makes the statements of a section: with one check for both forms of the stack, or one for each that can tell. */
export const rowsOf =
    (section: string) =>
    (says: string, checks: Checks, form: Form = {}): Statement => ({
        section,
        says,
        ...(typeof checks === "function" ? { recorded: checks, live: checks } : checks),
        ...form,
    });

export const TIERS = ["backend", "frontend"] as const;
export const SECRET_ENTRIES = ["DATABASE_URL", "JWT_SECRET", "JWT_ALGORITHM", "GEMINI_API_KEY"];
/** How many characters a value has to have that is looked for: shorter ones are in many places by chance. */
export const LONG_ENOUGH = 8;
/**
 * Whether an entry of the Secret is a text to look for where no secret may be: the algorithm is none, and stands in the
 * source.
 */
export const isSearchable = (name: string, value: string) =>
    name !== "JWT_ALGORITHM" && value.length >= LONG_ENOUGH;
export const BACKEND_URL = "http://habit-tracker-backend:8000";

/** What sets the two tiers apart in the seed. */
export const TIER = {
    backend: {
        app: "habit-tracker-backend",
        port: 8000,
        user: "appuser",
        userId: 1000,
        base: "python:3.12-slim",
        health: "/health",
        ready: "/health?ready=1",
        serviceType: "ClusterIP",
    },
    frontend: {
        app: "habit-tracker-frontend",
        port: 3000,
        user: "nextjs",
        userId: 1001,
        base: "node:18-alpine",
        health: "/",
        ready: "/?ready=1",
        serviceType: "NodePort",
    },
} as const;

export const deployment = (stack: Objects, tier: TierName) =>
    stack.object("Deployment", TIER[tier].app);
export const service = (stack: Objects, tier: TierName) => stack.object("Service", TIER[tier].app);
export const configMap = (stack: Stack) =>
    stack.object("ConfigMap", stack.setting("configMapName"));
/** The name of the Secret that the backend reads: one that somebody made, else the stack's own. */
export const secretNameOf = ({ setting }: Pick<Stack, "setting">) =>
    setting("existingSecret") || setting("secretName");
export const secret = (stack: Stack) => stack.object("Secret", secretNameOf(stack));

/** The objects that the program makes, without a Secret that somebody else made. */
export const madeHere = (stack: Stack) =>
    stack
        .objects()
        .filter(
            ({ kind, metadata }) =>
                kind !== "Secret" || metadata.name !== stack.setting("existingSecret"),
        );

/** What a workload's pods are made of. */
export function templateOf({ metadata, spec }: KubernetesObject): PodTemplate {
    if (spec.template === undefined) {
        throw new Error(`${metadata.name} has no pods`);
    }
    return spec.template;
}

/** A workload's only container. */
export function containerOf(workload: KubernetesObject): Container {
    const [container, ...others] = templateOf(workload).spec.containers;
    if (container === undefined || others.length > 0) {
        throw new Error(`${workload.metadata.name} has ${others.length + 1} containers`);
    }
    return container;
}
export const container = (stack: Objects, tier: TierName) => containerOf(deployment(stack, tier));

/** What runs all the time: backend, frontend and the database, where that is in the cluster. */
export const workloads = (stack: Stack) =>
    stack.objects().filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind));

/** The names of the objects of a kind that belong to a component. */
export const namesOf = (stack: Stack, kind: string, component: string) =>
    stack
        .objects()
        .filter((object) => object.kind === kind)
        .filter(({ metadata }) => metadata.labels?.["component"] === component)
        .map(({ metadata }) => metadata.name);

/** What the objects of a name are that have a field, such as a Deployment's `template`: found by neither kind nor version. */
export const natureOf = (
    stack: Stack,
    what: "kind" | "apiVersion",
    name: string,
    isOne: (object: KubernetesObject) => boolean,
) =>
    stack
        .objects()
        .filter((object) => object.metadata.name === name && isOne(object))
        .map((object) => object[what]);

/** The sum of a resource over all pods of the given workloads, in cores or bytes. */
export const total = (
    list: readonly KubernetesObject[],
    kind: "requests" | "limits",
    name: "cpu" | "memory",
) =>
    list.reduce(
        (sum, workload) =>
            sum +
            workload.spec.replicas * quantity(containerOf(workload).resources[kind][name] ?? ""),
        0,
    );

/** The settings of the given names for a tier, each with the seed's value. */
export const tierSeed = (tier: TierName, values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`${tier}${key}`, value]));

/** The seed's one pod, which an autoscaler may change. */
export const ONE_REPLICA = { Replicas: "1", MaxReplicas: "0" };
export const REQUESTS = { CpuRequest: "250m", MemoryRequest: "256Mi" };
export const LIMITS = { CpuLimit: "500m", MemoryLimit: "512Mi" };

/** What names an image that is built here and pushed nowhere. */
export const builtImage = (tier: TierName): Seed => ({
    ...tierSeed(tier, { Image: "", ImageName: TIER[tier].app, ImageTag: "v1.0.0" }),
    imageDelivery: ["auto", "minikube-daemon", "copy"],
});

/** Compares a tier's image with the settings; what was pushed goes by the digest that it got. */
export function expectImage(actual: string, { setting }: Stack, tier: TierName): void {
    const of = (key: string) => setting(`${tier}${key}`);
    if (of("Image") === "" && setting("imageDelivery") === "registry") {
        const [name, digest] = actual.split("@");
        expect(name).to.equal(`${setting("imageRegistry")}/${of("ImageName")}`);
        expect(digest).to.match(/^sha256:/);
    } else {
        expect(actual).to.equal(of("Image") || `${of("ImageName")}:${of("ImageTag")}`);
    }
}
