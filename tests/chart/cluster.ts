import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Properties, Value } from "../../scripts/closed-network/providers/values.ts";
import { ApiServer } from "../../scripts/closed-network/tests/apiServer.ts";
import { RELEASE, type Rendering } from "./helm.ts";

/** The kinds that the chart has or looks up, by the path of their group. */
const KINDS: Record<string, [kind: string, plural: string, namespaced: boolean][]> = {
    "/api/v1": [
        ["Secret", "secrets", true],
        ["PersistentVolumeClaim", "persistentvolumeclaims", true],
        ["ServiceAccount", "serviceaccounts", true],
        ["ConfigMap", "configmaps", true],
        ["Service", "services", true],
        ["Namespace", "namespaces", false],
        ["ResourceQuota", "resourcequotas", true],
    ],
    "/apis/apps/v1": [
        ["Deployment", "deployments", true],
        ["StatefulSet", "statefulsets", true],
    ],
    "/apis/storage.k8s.io/v1": [["StorageClass", "storageclasses", false]],
    "/apis/networking.k8s.io/v1": [
        ["NetworkPolicy", "networkpolicies", true],
        ["Ingress", "ingresses", true],
    ],
    "/apis/batch/v1": [["CronJob", "cronjobs", true]],
    "/apis/policy/v1": [["PodDisruptionBudget", "poddisruptionbudgets", true]],
};

/** The groups and kinds that the server says it has. */
function discovery(path: string): object | undefined {
    const kinds = KINDS[path];
    if (path === "/api") {
        return { kind: "APIVersions", versions: ["v1"] };
    }
    if (path === "/apis") {
        return {
            kind: "APIGroupList",
            groups: Object.keys(KINDS).flatMap((at) => {
                const [, groupVersion = "", name = ""] = /^\/apis\/((.+)\/v1)$/.exec(at) ?? [];
                const version = { groupVersion, version: "v1" };
                return name ? [{ name, versions: [version], preferredVersion: version }] : [];
            }),
        };
    }
    return (
        kinds && {
            kind: "APIResourceList",
            groupVersion: path.replace(/^\/apis?\//, ""),
            resources: kinds.map(([kind, name, namespaced]) => ({
                ...{ name, singularName: "", namespaced, kind },
                verbs: ["get", "list"],
            })),
        }
    );
}

/** An object without what {@link KINDS} says of it. */
export interface PutObject {
    metadata: { name: string; namespace?: string; labels?: Properties; annotations?: Properties };
    [field: string]: Value;
}

/** A cluster that Helm looks into. */
export class Cluster {
    /** What Helm is told to look into it. */
    readonly rendering: Pick<Rendering, "args" | "env">;
    private readonly server: ApiServer;
    private readonly folder: string;

    private constructor(server: ApiServer, folder: string) {
        this.server = server;
        this.folder = folder;
        this.rendering = {
            args: ["--dry-run=server"],
            env: { KUBECONFIG: join(folder, "config") },
        };
        server.answer = ({ method, path }) => {
            const body =
                path === "/version"
                    ? { major: "1", minor: "34", gitVersion: "v1.34.2" }
                    : discovery(path);
            return method === "GET" && body !== undefined
                ? { status: 200, body: { ...body } }
                : undefined;
        };
    }

    /** One with a namespace and nothing in it. */
    static async start(namespace = "default"): Promise<Cluster> {
        const folder = await mkdtemp(join(tmpdir(), "habit-tracker-chart-"));
        const server = await ApiServer.start();
        await writeFile(join(folder, "config"), server.kubeconfig);
        const cluster = new Cluster(server, folder);
        cluster.put("serviceaccounts", { metadata: { name: "default", namespace } });
        return cluster;
    }

    async stop(): Promise<void> {
        this.server.stop();
        await rm(this.folder, { recursive: true });
    }

    /** Puts an object in, into the namespace default and as one of the release's unless it says otherwise. */
    put(plural: string, { metadata, ...rest }: PutObject): void {
        const [path = "", kinds = []] =
            Object.entries(KINDS).find(([, of]) => of.some(([, name]) => name === plural)) ?? [];
        const [kind = "", , namespaced = false] = kinds.find(([, name]) => name === plural) ?? [];
        const { namespace = "default" } = metadata;
        const place = namespaced ? `${path}/namespaces/${namespace}` : path;
        this.server.objects.set(`${place}/${plural}/${metadata.name}`, {
            apiVersion: path.replace(/^\/apis?\//, ""),
            kind,
            metadata: {
                namespace,
                labels: { "app.kubernetes.io/part-of": "habit-tracker" },
                annotations: { "meta.helm.sh/release-name": RELEASE },
                ...metadata,
            },
            ...rest,
        });
    }

    /** Takes an object of the namespace default away. */
    remove(plural: string, name: string): void {
        const places = [...this.server.objects.keys()];
        places
            .filter((place) => place.endsWith(`/namespaces/default/${plural}/${name}`))
            .forEach((place) => this.server.objects.delete(place));
    }
}
