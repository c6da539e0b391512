import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { inspectContext } from "./contextCluster.ts";
import { secretsToLookAt, takeExistingSecret } from "./existingSecret.ts";
import type { Host } from "./host.ts";
import { inspectMinikube } from "./minikube.ts";
import { type Problem, refuse } from "./problems.ts";
import {
    type DeliverySetting,
    type RawConfig,
    type Settings,
    allowedRange,
    checkSettings,
    readConfig,
    registryOf,
} from "./settings.ts";

// Once Pulumi was killed, nobody reads what this process says. The SDK reports that like any error, which fails the same way:
// without an end it would go on for ever, on a whole core.
for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", () => process.exit(1));
}

/** Build contexts without a Dockerfile. Paths are relative to the program, where Pulumi runs it. */
export function contextProblems(
    values: Readonly<Record<string, string>>,
    exists: (path: string) => boolean = existsSync,
): Problem[] {
    return ["backendContext", "frontendContext"]
        .filter((key) => !exists(join(values[key] ?? "", "Dockerfile")))
        .map((key) => ({
            what: `${key} is ${JSON.stringify(values[key])}, where no Dockerfile is`,
            why: `Allowed: ${allowedRange(key)}.`,
            next: `pulumi config set ${key} FOLDER`,
        }));
}

/**
 * Checks all that can be known before the first resource: the settings, and the cluster that they name.
 *
 * @throws pulumi.RunError with every problem at once.
 */
export async function preflight(
    raw: RawConfig = readConfig(),
    host?: Host,
): Promise<{ settings: Settings; cluster: Cluster }> {
    const { settings, problems } = checkSettings(raw);
    const { values } = raw;
    const { kubeContext = "", minikubeProfile = "" } = values;
    const inspect = kubeContext ? inspectContext : inspectMinikube;
    const { cluster, problems: more } = await inspect(
        {
            name: kubeContext || minikubeProfile,
            namespace: values["namespace"] ?? "",
            secrets: settings === undefined ? [] : secretsToLookAt(settings),
            images:
                values["backendImage"] && values["frontendImage"]
                    ? undefined
                    : {
                          delivery: (values["imageDelivery"] ?? "auto") as DeliverySetting,
                          registry: registryOf(values),
                      },
        },
        host,
    );
    const taken =
        settings === undefined || cluster === undefined
            ? undefined
            : takeExistingSecret(settings, cluster);
    refuse([...problems, ...contextProblems(values), ...more, ...(taken?.problems ?? [])]);
    if (taken === undefined || cluster === undefined) {
        throw new Error("the preflight found neither a problem nor a cluster");
    }
    return { settings: taken.settings, cluster };
}
