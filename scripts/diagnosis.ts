import { execa } from "execa";
import { z } from "zod";
import { PRODUCT_LABEL } from "../components/pods.ts";
import type { Ended } from "./minikube.ts";
import { type Place, kubectlCommand } from "./place.ts";

/** Runs kubectl in the stack's namespace. */
export type Kubectl = (...args: string[]) => Promise<Ended>;

const Events = z.object({
    items: z.array(
        z.object({
            involvedObject: z.object({ kind: z.string(), name: z.string() }),
            reason: z.string().optional(),
            message: z.string().optional(),
            lastTimestamp: z.string().nullish(),
            eventTime: z.string().nullish(),
            series: z.object({ lastObservedTime: z.string().nullish() }).nullish(),
        }),
    ),
});
const Pods = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
            status: z.object({
                phase: z.string().optional(),
                conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
            }),
        }),
    ),
});

/** The selector of all that is the product's. */
export const OURS = Object.entries(PRODUCT_LABEL)
    .map((pair) => pair.join("="))
    .join(",");

/** The most events shown, and lines of a pod's log. */
const EVENTS = 8;
const LINES = 10;

/** kubectl in a stack's namespace. */
export const kubectlIn =
    (place: Place, namespace: string, env: Record<string, string>): Kubectl =>
    (...args) =>
        execa(...kubectlCommand(place, "-n", namespace, "--request-timeout=10s", ...args), {
            env,
            reject: false,
        });

/**
 * What an update that failed leaves out: Pulumi's Kubernetes provider reads neither events nor the logs of containers
 * that run. The warnings since it began, and the last lines of pods that are not ready.
 *
 * @param since when the update began, in milliseconds since the epoch
 * @returns paragraphs of text; empty where nothing stands out, or where the cluster does not answer
 */
export async function diagnose(since: number, kubectl: Kubectl): Promise<string> {
    /** What it prints, or nothing where it fails. */
    const printed = async (...args: string[]) => {
        const { exitCode, stdout } = await kubectl(...args);
        return exitCode === 0 ? stdout : "";
    };
    const [events, pods] = await Promise.all([
        printed("get", "events", "--field-selector", "type=Warning", "-o", "json"),
        printed("get", "pods", "-l", OURS, "-o", "json"),
    ]);
    const warnings = events === "" ? [] : Events.parse(JSON.parse(events)).items;
    const said = warnings
        .map(({ involvedObject: { kind, name }, reason = "", message = "", ...times }) => ({
            time: Date.parse(
                times.series?.lastObservedTime ?? times.lastTimestamp ?? times.eventTime ?? "",
            ),
            text: `${kind} ${name}: ${reason}: ${message.trim()}`,
        }))
        // Kubernetes tells whole seconds
        .filter(({ time }) => time > since - 1000)
        .sort((one, other) => one.time - other.time)
        .slice(-EVENTS)
        .map(({ text }) => text);

    const unready = (pods === "" ? [] : Pods.parse(JSON.parse(pods)).items).filter(
        ({ metadata, status }) =>
            metadata.deletionTimestamp === undefined &&
            status.phase !== "Succeeded" &&
            !status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    const logs = await Promise.all(
        unready.map(async ({ metadata: { name } }) => {
            const log = await printed("logs", name, `--tail=${LINES}`);
            return log === "" ? [] : [`The pod ${name} is not ready. It said last:\n${log}`];
        }),
    );
    return [...(said.length > 0 ? [`Kubernetes warns:\n${said.join("\n")}`] : []), ...logs.flat()]
        .join("\n\n")
        .trim();
}
