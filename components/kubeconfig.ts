import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Host } from "./host.ts";

/** What a kubeconfig says of one context: PEM contents. */
export interface Connection {
    server: string;
    ca: string;
    cert: string;
    key: string;
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

/**
 * Finds the kubeconfig file with the context. `KUBECONFIG` may list several; the Kubernetes provider reads just one
 * and takes a list for the contents of a file, so the right one is picked here.
 */
export async function findContext(
    host: Host,
    profile: string,
): Promise<{ path: string | undefined; connection: Connection } | undefined> {
    const listed = (host.env["KUBECONFIG"] ?? "").split(delimiter).filter(Boolean);
    const paths = listed.length > 0 ? listed : [join(host.home, ".kube", "config")];
    for (const path of paths) {
        const text = await host.readFile(path).catch(() => "");
        const config = Kubeconfig.parse(parse(text) ?? null);
        const context = named(config, "contexts", "context", profile);
        const cluster = named(config, "clusters", "cluster", context?.["cluster"] ?? "");
        const user = named(config, "users", "user", context?.["user"] ?? "");
        if (!cluster || !user) {
            continue;
        }
        const pem = async (entry: Record<string, string>, field: string) => {
            const inline = entry[`${field}-data`];
            return inline === undefined
                ? host.readFile(entry[field] ?? "")
                : Buffer.from(inline, "base64").toString();
        };
        return {
            path: listed.length > 0 ? path : undefined,
            connection: {
                server: cluster["server"] ?? "",
                ca: await pem(cluster, "certificate-authority"),
                cert: await pem(user, "client-certificate"),
                key: await pem(user, "client-key"),
            },
        };
    }
    return undefined;
}
