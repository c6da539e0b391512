import type { RequestOptions } from "node:https";
import { delimiter, dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Host } from "./host.ts";

/** How the API server of a context is reached. */
export interface Connection {
    /** Its URL. */
    server: string;
    /** What identifies it and whoever asks. */
    options: RequestOptions;
}

/** A context, in the one kubeconfig file that has it. */
export interface Context {
    /** The file; undefined means kubectl's default. */
    path: string | undefined;
    connection: Connection;
    /** The certificate of the authority behind the API server's, PEM; undefined where the file names none. */
    authority: string | undefined;
}

const Entries = z.array(z.object({ name: z.string() }).loose()).nullish();
const Kubeconfig = z
    .object({ contexts: Entries, clusters: Entries, users: Entries })
    .loose()
    .nullable();

/** A kubeconfig's entry of that name, or undefined. */
function named(
    config: z.output<typeof Kubeconfig>,
    list: "contexts" | "clusters" | "users",
    field: "context" | "cluster" | "user",
    name: string,
): Record<string, string> | undefined {
    const entry = config?.[list]?.find((candidate) => candidate.name === name);
    return entry?.[field] as Record<string, string> | undefined;
}

interface Found {
    path: string;
    /** Whether `KUBECONFIG` names it. */
    listed: boolean;
    text: string;
    cluster: Record<string, string>;
    user: Record<string, string>;
}

/**
 * The kubeconfig file with the context. `KUBECONFIG` may list several; the Kubernetes provider reads just one and takes a
 * list for the contents of a file, so the right one is picked here.
 */
async function findFile(host: Host, name: string): Promise<Found | undefined> {
    const listed = (host.env["KUBECONFIG"] ?? "").split(delimiter).filter(Boolean);
    const paths = listed.length > 0 ? listed : [join(host.home, ".kube", "config")];
    for (const path of paths) {
        const text = await host.readFile(path).catch(() => "");
        const config = Kubeconfig.parse(parse(text) ?? null);
        const context = named(config, "contexts", "context", name);
        const cluster = named(config, "clusters", "cluster", context?.["cluster"] ?? "");
        const user = named(config, "users", "user", context?.["user"] ?? "");
        if (cluster && user) {
            return { path, listed: listed.length > 0, text, cluster, user };
        }
    }
    return undefined;
}

/** Finds the context of a Minikube, which identifies people by certificates. */
export async function findMinikube(host: Host, profile: string): Promise<Context | undefined> {
    const found = await findFile(host, profile);
    if (found === undefined) {
        return undefined;
    }
    const { cluster, user } = found;
    const pem = async (entry: Record<string, string>, field: string) => {
        const inline = entry[`${field}-data`];
        return inline === undefined
            ? host.readFile(entry[field] ?? "")
            : Buffer.from(inline, "base64").toString();
    };
    const ca = await pem(cluster, "certificate-authority");
    return {
        path: found.listed ? found.path : undefined,
        connection: {
            server: cluster["server"] ?? "",
            options: {
                ca,
                cert: await pem(user, "client-certificate"),
                key: await pem(user, "client-key"),
            },
        },
        authority: ca,
    };
}

/** Finds any context, whatever way of identifying people it has, programs of cloud providers among them. */
export async function findContext(host: Host, name: string): Promise<Context | undefined> {
    const found = await findFile(host, name);
    if (found === undefined) {
        return undefined;
    }
    // loaded only here: a Minikube does without, and that saves the start of every run the time for it
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromString(found.text);
    config.makePathsAbsolute(dirname(found.path));
    config.setCurrentContext(name);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return {
        path: found.listed ? found.path : undefined,
        connection: { server: found.cluster["server"] ?? "", options },
        authority: options.ca === undefined ? undefined : String(options.ca),
    };
}

/**
 * The commands that have the settings lead to a cluster: what it is, its name does not say.
 *
 * @param stack whose settings; undefined means the selected one's
 */
export function leadTo(context: string, stack?: string): string {
    const of = stack === undefined ? "" : ` --stack ${stack}`;
    return `pulumi config set minikubeProfile ${context}${of} && pulumi config rm kubeContext${of}, or, where that is no Minikube, pulumi config set kubeContext ${context}${of}`;
}
