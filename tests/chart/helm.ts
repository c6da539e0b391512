import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments } from "yaml";
import { CHART_FOLDER } from "../../scripts/chartFiles.ts";

/** A Kubernetes object of the chart or of the program. */
export interface KubernetesObject extends Record<string, unknown> {
    kind: string;
    metadata: {
        name: string;
        labels: Record<string, string>;
        annotations?: Record<string, string>;
    };
}

/** Where a chart is rendered to, and with what. */
export interface Rendering {
    /** Settings of the program that the chart has too, as Pulumi hands them over. */
    settings?: Record<string, string>;
    namespace?: string;
    /** A changed copy of the chart. */
    folder?: string;
    /** More of Helm's arguments. */
    args?: readonly string[];
    env?: Record<string, string>;
}

/** The program calls its stack so, and the chart its release. */
export const RELEASE = "test";

/** What the chart has of a setting's default. */
export const DEFAULTS = parse(readFileSync(join(CHART_FOLDER, "values.yaml"), "utf8")) as Record<
    string,
    unknown
>;

/** Settings as the chart's values: numbers and lists are text in Pulumi's configuration. */
export function chartValues(settings: Readonly<Record<string, string>>): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(settings).map(([key, text]) => [
            key,
            typeof DEFAULTS[key] === "string" ? text : (JSON.parse(text) as unknown),
        ]),
    );
}

/** Runs Helm on the chart; what it prints. */
export async function runHelm(
    helm: string,
    command: readonly string[],
    { settings = {}, namespace = "default", folder = CHART_FOLDER, args = [], env = {} }: Rendering,
    values: Readonly<Record<string, unknown>> = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const { exitCode, stdout, stderr } = await execa(
        helm,
        [...command, folder, "--namespace", namespace, "--values", "-", ...args],
        {
            input: JSON.stringify({ ...chartValues(settings), ...values }),
            reject: false,
            // nobody's cluster
            env: { KUBECONFIG: "/dev/null", ...env },
        },
    );
    return { exitCode: exitCode ?? 1, stdout, stderr };
}

/** `helm template`, whose answer may be a refusal. */
export const template = (
    helm: string,
    rendering: Rendering,
    values: Readonly<Record<string, unknown>> = {},
) => runHelm(helm, ["template", RELEASE], rendering, values);

/** The chart's objects. */
export async function chartObjects(
    helm: string,
    rendering: Rendering,
    values: Readonly<Record<string, unknown>> = {},
): Promise<KubernetesObject[]> {
    const { exitCode, stdout, stderr } = await template(helm, rendering, values);
    if (exitCode !== 0) {
        throw new Error(stderr);
    }
    return readObjects(stdout);
}

/** The objects of YAML documents, as Kubernetes reads them: YAML 1.1. */
export const readObjects = (text: string): KubernetesObject[] =>
    parseAllDocuments(text, { version: "1.1" })
        .map((document) => document.toJS() as KubernetesObject | null)
        .filter((object) => object !== null);
