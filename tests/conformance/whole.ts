// The seed's last sections: how its resources belong together, what they take, and the checklist.
import { expect } from "chai";
import { SECRET_KEYS, quantity } from "../../components/settings.ts";
import { peakMemory } from "../memory.ts";
import { ALL_PARAMETERS, expectParameters } from "./chart.ts";
import {
    BACKEND_URL,
    LIMITS,
    ONE_REPLICA,
    REQUESTS,
    type Statement,
    TIER,
    TIERS,
    configMap,
    container,
    containerOf,
    departures,
    deployment,
    madeHere,
    rowsOf,
    secret,
    service,
    templateOf,
    tierSeed,
    total,
    workloads,
} from "./statement.ts";
import type { KubernetesObject, LiveStack, Stack, TierName } from "./stack.ts";

const relationRow = rowsOf("Resource Relationships");
const sizingRow = rowsOf("Resource Sizing Summary");
const checklistRow = rowsOf("Validation Checklist");

/** The seed's node. */
const NODE = { cpu: 2, memory: 2 * 2 ** 30 };

const sizes = (...tiers: TierName[]) => ({
    seed: Object.assign(
        {},
        ...tiers.map((tier) => tierSeed(tier, { ...ONE_REPLICA, ...REQUESTS, ...LIMITS })),
    ) as Record<string, string>,
});
const BOTH = sizes(...TIERS);
/** The database is no part of the seed: the default of each is what the seed's node has room for. */
const ALL = {
    seed: {
        ...BOTH.seed,
        ...{ databaseCpuRequest: "100m", databaseMemoryRequest: "128Mi" },
        ...{ databaseCpuLimit: "500m", databaseMemoryLimit: "256Mi" },
    },
};

const tiers = (stack: Stack) => TIERS.map((tier) => deployment(stack, tier));

/** What a stack of the seed's sizes may take, and any other one: what the node has. */
async function room(stack: LiveStack): Promise<{ cpu: number; memory: number }> {
    if (departures(ALL, stack).length === 0) {
        return NODE;
    }
    const { items } = JSON.parse(await stack.kubectl("get", "nodes", "-o", "json")) as {
        items: { status: { allocatable: { cpu: string; memory: string } } }[];
    };
    const sum = (name: "cpu" | "memory") =>
        items.reduce((all, { status }) => all + quantity(status.allocatable[name]), 0);
    return { cpu: sum("cpu"), memory: sum("memory") };
}

interface ScheduledPod {
    metadata: { namespace: string; labels?: Record<string, string> };
    spec: { containers: { resources: { requests?: Record<string, string> } }[] };
    status: { phase: string };
}

/** What the scheduler reserved for the stack's pods and the system's. */
async function reserved(stack: LiveStack): Promise<{ cpu: number; memory: number }> {
    const { items } = JSON.parse(await stack.kubectl("get", "pods", "-A", "-o", "json")) as {
        items: ScheduledPod[];
    };
    const counted = items.filter(
        ({ metadata, status }) =>
            ["Pending", "Running"].includes(status.phase) &&
            (metadata.namespace === "kube-system" ||
                (metadata.namespace === stack.output("namespace") &&
                    metadata.labels?.["app.kubernetes.io/part-of"] === "habit-tracker")),
    );
    const sum = (name: string) =>
        counted
            .flatMap(({ spec }) => spec.containers)
            .reduce((all, { resources }) => all + quantity(resources.requests?.[name] ?? "0"), 0);
    return { cpu: sum("cpu"), memory: sum("memory") };
}

/** On a stack of the seed's sizes: the seed's node has room for all of it, the PostgreSQL of a stack without databaseUrl too. */
const expectRoom = (kind: "requests" | "limits") => (stack: Stack) => {
    if (departures(ALL, stack).length === 0) {
        for (const name of ["cpu", "memory"] as const) {
            expect(total(workloads(stack), kind, name)).to.be.within(Number.MIN_VALUE, NODE[name]);
        }
    }
};

/** The seed's figure on a stack of the seed's sizes, else what the settings come to. */
function expectTotal(
    stack: Stack,
    [kind, name]: readonly ["requests" | "limits", "cpu" | "memory"],
    seed: number,
): void {
    const setting = `${name === "cpu" ? "Cpu" : "Memory"}${kind === "requests" ? "Request" : "Limit"}`;
    const settings = TIERS.reduce(
        (sum, tier) =>
            sum +
            deployment(stack, tier).spec.replicas * quantity(stack.setting(`${tier}${setting}`)),
        0,
    );
    expect(total(tiers(stack), kind, name)).to.equal(
        departures(BOTH, stack).length === 0 ? seed : settings,
    );
}

/** How the seed's resources belong together. */
export const RELATIONS: readonly Statement[] = [
    relationRow(
        "Namespace: default holds all of it",
        ({ objects, setting }) => {
            const inside = objects().filter(({ kind }) => kind !== "Namespace");
            expect(new Set(inside.map(({ metadata }) => metadata.namespace))).to.deep.equal(
                new Set([setting("namespace")]),
            );
        },
        { seed: { namespace: "default" } },
    ),
    ...TIERS.flatMap((tier) => [
        relationRow(
            `${tier} Deployment manages the ${tier} pod (1 replica)`,
            {
                recorded: (stack) => {
                    const workload = deployment(stack, tier);
                    const { matchLabels } = workload.spec.selector as { matchLabels: object };
                    expect(templateOf(workload).metadata.labels).to.include(matchLabels);
                    expect(`${workload.spec.replicas}`).to.equal(stack.setting(`${tier}Replicas`));
                },
                live: async (stack) => {
                    const owners = stack
                        .pods(tier)
                        .map(({ metadata }) => metadata.ownerReferences?.[0]?.name ?? "nobody");
                    expect(owners).to.have.length(deployment(stack, tier).spec.replicas);
                    for (const owner of new Set(owners)) {
                        const manager = await stack.kubectl(
                            ...["get", "replicaset", owner, "-n", stack.output("namespace")],
                            ...["-o", "jsonpath={.metadata.ownerReferences[0].name}"],
                        );
                        expect(manager).to.equal(TIER[tier].app);
                    }
                },
            },
            { seed: tierSeed(tier, ONE_REPLICA) },
        ),
        relationRow(`${tier} Service selects the ${tier} pod`, {
            recorded: (stack) => {
                expect(templateOf(deployment(stack, tier)).metadata.labels).to.include(
                    service(stack, tier).spec.selector,
                );
            },
            live: async (stack) => {
                const addresses = await stack.kubectl(
                    ...["get", "endpoints", TIER[tier].app, "-n", stack.output("namespace")],
                    ...["-o", "jsonpath={.subsets[*].addresses[*].targetRef.name}"],
                );
                const pods = stack.pods(tier).map(({ metadata }) => metadata.name);
                expect(addresses.split(" ")).to.have.members(pods);
            },
        }),
    ]),
    relationRow(
        "Browser makes its API calls to the backend's Service",
        {
            recorded: (stack) => {
                const { hostname, port } = new URL(BACKEND_URL);
                const { metadata, spec } = service(stack, "backend");
                expect(metadata.name).to.equal(hostname);
                expect(spec.ports.map((entry) => `${entry.port}`)).to.include(port);
                expect(configMap(stack).data?.["NEXT_PUBLIC_API_URL"]).to.equal(
                    stack.setting("apiUrl") || BACKEND_URL,
                );
            },
            live: async (stack) => {
                const answer = await stack.page("/api/v1/me");
                expect(answer.status).to.equal(401);
                expect(answer.headers.get("content-type")).to.match(/json/);
                // its name is none that a browser knows
                expect(await (await stack.page("/")).text()).not.to.contain(BACKEND_URL);
            },
        },
        {
            other: "through the frontend's own origin: the Service is inside the cluster only",
            seed: { apiUrl: "" },
        },
    ),
];

/** What the seed's resources take. */
export const SIZING: readonly Statement[] = [
    ...TIERS.map((tier) =>
        sizingRow(
            `${tier}: 250m/500m CPU, 256Mi/512Mi RAM, 1 replica`,
            (stack) => {
                const { requests, limits } = container(stack, tier).resources;
                for (const [key, value] of Object.entries({
                    CpuRequest: requests["cpu"],
                    CpuLimit: limits["cpu"],
                    MemoryRequest: requests["memory"],
                    MemoryLimit: limits["memory"],
                })) {
                    expect(quantity(value ?? ""), key).to.equal(
                        quantity(stack.setting(`${tier}${key}`)),
                    );
                }
                if (stack.setting(`${tier}MaxReplicas`) === "0") {
                    const { replicas } = deployment(stack, tier).spec;
                    expect(`${replicas}`).to.equal(stack.setting(`${tier}Replicas`));
                }
            },
            sizes(tier),
        ),
    ),
    sizingRow(
        "Total: 500m/1000m CPU, 512Mi/1024Mi RAM, 2 replicas",
        (stack) => {
            expectTotal(stack, ["requests", "cpu"], 0.5);
            expectTotal(stack, ["limits", "cpu"], 1);
            expectTotal(stack, ["requests", "memory"], 512 * 2 ** 20);
            expectTotal(stack, ["limits", "memory"], 1024 * 2 ** 20);
            if (departures(BOTH, stack).length === 0) {
                expect(tiers(stack).reduce((sum, { spec }) => sum + spec.replicas, 0)).to.equal(2);
            }
        },
        BOTH,
    ),
    sizingRow(
        "Fits within 2GB RAM / 2 CPU cores (with overhead for Kubernetes system components)",
        {
            recorded: expectRoom("requests"),
            live: async (stack) => {
                const [taken, has] = [await reserved(stack), await room(stack)];
                expect(taken.cpu).to.be.within(total(workloads(stack), "requests", "cpu"), has.cpu);
                expect(taken.memory).to.be.within(
                    total(workloads(stack), "requests", "memory"),
                    has.memory,
                );
            },
        },
        ALL,
    ),
];

/** A reference that names a version, or a digest. */
const PINNED = /(:\d[\w.-]*|@sha256:[0-9a-f]{64})$/;

/** Kind and name of the Kubernetes objects in a stack's state. */
function inState(exported: string): string[] {
    const { deployment: state } = JSON.parse(exported) as {
        deployment: { resources: { type: string; id?: string; importID?: string }[] };
    };
    return (
        state.resources
            .filter(({ type }) => type.startsWith("kubernetes:"))
            // a namespace that somebody made keeps the labels that it has
            .filter(({ type, importID = "" }) => importID === "" || !type.endsWith(":Namespace"))
            .map(({ type, id = "" }) => `${type.split(":").at(-1)} ${id.split("/").at(-1)}`)
    );
}

const LABELS = [
    ...["app", "component", "version", "app.kubernetes.io/name"],
    ...["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"],
];

function expectLabels(objects: readonly KubernetesObject[]): void {
    for (const { kind, metadata } of objects) {
        expect(metadata.labels, `${kind} ${metadata.name}`).to.include.all.keys(...LABELS);
    }
}

/** The seed's checklist. */
export const CHECKLIST: readonly Statement[] = [
    checklistRow("All Docker images have pinned base image versions", (stack) => {
        for (const key of ["backendBaseImage", "frontendBaseImage"]) {
            expect(stack.setting(key), key).to.match(PINNED);
        }
        for (const { kind, spec, metadata } of workloads(stack)) {
            if (kind === "StatefulSet") {
                expect(spec.template?.spec.containers[0]?.image, metadata.name).to.match(PINNED);
            }
        }
    }),
    checklistRow("All Docker images run as non-root users", (stack) => {
        for (const tier of TIERS) {
            expect(stack.image(tier).user).to.match(/^[1-9]\d*:[1-9]\d*$/);
        }
        for (const workload of workloads(stack)) {
            const { runAsNonRoot, runAsUser } = templateOf(workload).spec.securityContext;
            expect(runAsNonRoot, workload.metadata.name).to.be.true;
            expect(runAsUser, workload.metadata.name).to.be.greaterThan(0);
        }
    }),
    checklistRow("All Kubernetes resources have proper labels", {
        recorded: (stack) => expectLabels(madeHere(stack)),
        live: async (stack) => {
            expectLabels(madeHere(stack));
            // those are found by a label: whatever has none is missing among them
            const found = madeHere(stack).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
            const made = inState(await stack.pulumi("stack", "export"));
            expect(made).not.to.be.empty;
            expect(found).to.include.members(made);
        },
    }),
    checklistRow("All Deployments have resource requests and limits", (stack) => {
        expect(workloads(stack)).not.to.be.empty;
        for (const workload of workloads(stack)) {
            for (const kind of ["requests", "limits"] as const) {
                expect(
                    containerOf(workload).resources[kind],
                    workload.metadata.name,
                ).to.have.all.keys(...["cpu", "memory", "ephemeral-storage"]);
            }
        }
    }),
    checklistRow("All Deployments have liveness and readiness probes", (stack) => {
        expect(workloads(stack)).not.to.be.empty;
        for (const workload of workloads(stack)) {
            expect(containerOf(workload), workload.metadata.name).to.include.all.keys(
                ...["livenessProbe", "readinessProbe"],
            );
        }
    }),
    checklistRow("All Services have correct selectors", (stack) => {
        const services = stack.objects().filter(({ kind }) => kind === "Service");
        expect(services).to.have.length(workloads(stack).length);
        for (const { metadata, spec } of services) {
            const selected = workloads(stack).filter(
                (workload) =>
                    templateOf(workload).metadata.labels["app"] ===
                    (spec.selector as { app: string }).app,
            );
            expect(selected.map((workload) => workload.metadata.name)).to.deep.equal([
                metadata.name,
            ]);
        }
    }),
    checklistRow("ConfigMap contains only non-sensitive data", (stack) => {
        const text = JSON.stringify(configMap(stack).data);
        for (const [name, value] of Object.entries(secret(stack).data ?? {})) {
            expect(text).not.to.contain(name);
            expect(value !== "" && text.includes(value), `${name}'s value`).to.be.false;
        }
    }),
    checklistRow("Secret creation is documented (not in version control)", {
        recorded: ({ file }) => {
            const text = file("README.md");
            for (const key of SECRET_KEYS) {
                expect(text).to.match(new RegExp(`pulumi config set --secret ${key}\\b`));
            }
        },
    }),
    checklistRow("Helm chart templates use proper parameterization", {
        // all at once; tests/chart/objects.test.ts has one value after the other
        chart: (chart) => expectParameters(chart, ALL_PARAMETERS),
    }),
    checklistRow(
        "Total resource usage fits within Minikube constraints",
        {
            recorded: expectRoom("limits"),
            live: async (stack) => {
                // what was used, not what was reserved
                let used = 0;
                for (const { kind, metadata, spec } of workloads(stack)) {
                    const name = `${kind.toLowerCase()}/${metadata.name}`;
                    used +=
                        spec.replicas *
                        (await peakMemory(stack.kubectl, stack.output("namespace"), name));
                }
                expect(used).to.be.within(1, (await room(stack)).memory);
            },
        },
        ALL,
    ),
];
