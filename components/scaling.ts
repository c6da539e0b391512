import type { Cluster } from "./cluster.ts";
import type { Contents } from "./contents.ts";
import type { Settings, TierSettings } from "./settings.ts";

/** Between how many pods an autoscaler keeps a tier, and by what. */
export interface Autoscaler {
    minReplicas: number;
    maxReplicas: number;
    /** CPU in percent of the request. */
    cpuPercent: number;
}

/** Who decides how many pods a tier has. */
export interface Scaling {
    /** The autoscaler to declare; undefined means that Pulumi sets the number. */
    autoscaler: Autoscaler | undefined;
    /** The number is owned by an autoscaler that is gone: without force the API server refuses another one. */
    takesBack: boolean;
}

/**
 * Who decides in this update how many pods a tier has. An autoscaler that is no longer wanted is removed in two updates, because
 * Pulumi deletes last, and until then it would set its own number again: the first one narrows it to the tier's replicas, the next
 * one removes it and takes the number back.
 *
 * @param app name of the tier's Deployment
 */
export function planScaling(
    app: string,
    { replicas, maxReplicas, autoscalingCpuPercent: cpuPercent }: TierSettings,
    { namespace }: Settings,
    { autoscalers, workloads }: Contents,
): Scaling {
    if (maxReplicas !== undefined) {
        return {
            autoscaler: { minReplicas: replicas, maxReplicas, cpuPercent },
            takesBack: false,
        };
    }
    const present = autoscalers.filter(({ target }) => target === app);
    const own = present.find(({ product }) => product);
    // it has no fewer than one
    const narrow = Math.max(replicas, 1);
    if (own !== undefined && (own.minReplicas !== narrow || own.maxReplicas !== narrow)) {
        return {
            autoscaler: { minReplicas: narrow, maxReplicas: narrow, cpuPercent },
            takesBack: false,
        };
    }
    return {
        autoscaler: undefined,
        // somebody's own autoscaler keeps what it has
        takesBack:
            present.every(({ product }) => product) &&
            workloads.some(
                (found) => found.namespace === namespace && found.name === app && found.autoscaled,
            ),
    };
}

/** What to announce where an autoscaler would not know how busy the pods are; undefined where it does. */
export function metricsNotice(
    settings: Settings,
    { contents, metricsCommand }: Pick<Cluster, "contents" | "metricsCommand">,
): string | undefined {
    const keys = (["backend", "frontend"] as const)
        .filter((tier) => settings[tier].maxReplicas !== undefined)
        .map((tier) => `${tier}MaxReplicas`);
    return keys.length === 0 || contents.metrics
        ? undefined
        : `${keys.join(" and ")}: the cluster measures no pods (it has no API metrics.k8s.io), so the number of pods stays ` +
              `what it is until it does: ${metricsCommand}`;
}
