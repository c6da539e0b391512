import type { Cluster } from "./cluster.ts";

/** The most memory that a container has used since it started, in bytes: cgroup version 2, or 1. */
const PEAK =
    "cat /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes 2> /dev/null || true";

/**
 * The most memory that a workload's container has used since it started, in bytes; of several pods, one's.
 *
 * @param workload such as `deployment/habit-tracker-backend`
 */
export async function peakMemory(
    kubectl: Cluster["kubectl"],
    namespace: string,
    workload: string,
): Promise<number> {
    const said = await kubectl("exec", "-n", namespace, workload, "--", "sh", "-c", PEAK);
    if (!/^\d+$/.test(said.trim())) {
        throw new Error(`${workload}: the node's kernel does not say how much memory it has used`);
    }
    return Number(said);
}
