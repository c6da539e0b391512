import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { type Installation, NAMESPACE } from "./installation.ts";

interface Workload {
    kind: string;
    metadata: { name: string };
    spec: { template: { metadata: object; spec: PodSpec } };
}
interface PodSpec extends Record<string, unknown> {
    containers: object[];
}

/** The workloads among the manifests that `npm run render` wrote. */
export async function renderedWorkloads(installation: Installation): Promise<Workload[]> {
    const text = await readFile(join(installation.folder, ".local/rendered.yaml"), "utf8");
    return parseAllDocuments(text)
        .map((document) => document.toJS() as Workload)
        .filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind));
}

/** What the API server answers when a workload's pod is to be created in the stack's namespace, without creating it. */
export async function admission(
    installation: Installation,
    workload: Workload,
    change: Record<string, unknown> = {},
): Promise<string> {
    const { metadata, spec } = workload.spec.template;
    const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...metadata, name: `${workload.metadata.name}-dry-run` },
        spec: { ...spec, ...change },
    };
    return installation.kubectl(`create -n ${NAMESPACE} --dry-run=server -f -`, {
        input: stringify(pod),
        reject: false,
    });
}

/** A namespace with pods that connect to others, and a server that nobody may connect to. */
const PROBES = "habit-tracker-e2e-network";

/** Starts the probes. They run the backend's image, which is there. */
export async function startProbes(installation: Installation): Promise<void> {
    const pod = (name: string, ...command: string[]) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: PROBES, labels: { app: name } },
        spec: { containers: [{ name, image: "habit-tracker-backend:v1.0.0", command }] },
    });
    const objects = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: PROBES } },
        {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name: "closed", namespace: PROBES },
            spec: { podSelector: { matchLabels: { app: "closed" } }, policyTypes: ["Ingress"] },
        },
        pod("closed", "python", "-m", "http.server", "8000"),
        pod("open", "python", "-m", "http.server", "8000"),
        pod("client", "sleep", "600"),
    ];
    await installation.apply(objects);
    await installation.kubectl(`wait -n ${PROBES} --for=condition=Ready pod --all`);
}

/** Takes the probes away. */
export async function removeProbes(installation: Installation): Promise<void> {
    await installation.kubectl(`delete namespace ${PROBES} --wait=false`);
}

/** The address of one of the probes. */
export async function probeAddress(installation: Installation, name: string): Promise<string> {
    return installation.kubectl(`get pod ${name} -n ${PROBES} -o jsonpath={.status.podIP}`);
}

/** Whether a pod can connect to a port: the probes' client, or the stack's frontend. */
export async function connects(
    installation: Installation,
    from: "client" | "frontend",
    host: string,
    port: number,
): Promise<boolean> {
    const command =
        from === "client"
            ? `-n ${PROBES} client -- python -c 'import socket; socket.create_connection(("${host}", ${port}), 5); print("connected")'`
            : `-n ${NAMESPACE} deployment/habit-tracker-frontend -- node -e 'const s = require("net").connect(${port}, "${host}", () => { console.log("connected"); s.destroy(); }); s.setTimeout(5000, () => s.destroy()); s.on("error", () => undefined)'`;
    return (await installation.kubectl(`exec ${command}`, { reject: false })).includes("connected");
}
