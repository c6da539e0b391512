import { execa } from "execa";
import type { Tools } from "../tools.ts";
import { writeSchemas } from "./schemas.ts";

/** What a checker does not like of an object or a file. */
export interface Finding {
    checker: string;
    check: string;
    /** `Kind/name`, or a file's path. */
    object: string;
}

/** What the checkers look at. */
export interface Subject {
    /** The rendered objects, as a file. */
    manifests: string;
    /** Which objects those are, as `Kind/name`. */
    objects: readonly string[];
    dockerfiles: readonly string[];
    /** The API server's OpenAPI document, version 2. */
    openApi: string;
    namespace: string;
    /** A folder for what the checkers need. */
    folder: string;
}

/** Runs a checker, for which findings are no failure. */
async function json(program: string, args: readonly string[]): Promise<unknown> {
    const { stdout, stderr } = await execa(program, args, { reject: false });
    try {
        return JSON.parse(stdout) as unknown;
    } catch {
        throw new Error(`${program} gave no report: ${stderr || stdout}`);
    }
}

/** What kube-score finds. */
export async function kubeScore(
    program: string,
    { manifests }: Pick<Subject, "manifests">,
): Promise<Finding[]> {
    /** The grade of a check that has nothing to say. */
    const FINE = 10;
    const objects = (await json(program, ["score", manifests, "--output-format", "json"])) as {
        type_meta: { kind: string };
        object_meta: { name: string };
        checks: { check: { id: string }; grade: number; skipped: boolean }[];
    }[];
    return objects.flatMap(({ type_meta, object_meta, checks }) =>
        checks
            .filter(({ grade, skipped }) => !skipped && grade < FINE)
            .map(({ check }) => ({
                checker: "kube-score",
                check: check.id,
                object: `${type_meta.kind}/${object_meta.name}`,
            })),
    );
}

/** What kubeconform finds. */
export async function kubeconform(
    program: string,
    subject: Pick<Subject, "manifests" | "objects" | "openApi" | "folder">,
): Promise<Finding[]> {
    const schemas = await writeSchemas(subject.openApi, subject.folder);
    const { resources } = (await json(program, [
        ...["-strict", "-verbose", "-output", "json", "-schema-location", schemas],
        subject.manifests,
    ])) as { resources: { kind: string; name: string; status: string; msg: string }[] };
    const checked = resources.filter(({ status }) => status !== "statusSkipped");
    if (checked.length !== subject.objects.length) {
        throw new Error(
            `kubeconform looked at ${checked.length} of ${subject.objects.length} objects`,
        );
    }
    return checked
        .filter(({ status }) => status !== "statusValid")
        .map(({ kind, name, msg }) => ({
            checker: "kubeconform",
            check: msg,
            object: `${kind}/${name}`,
        }));
}

async function checkov(
    program: string,
    framework: "kubernetes" | "dockerfile",
    files: readonly string[],
): Promise<Finding[]> {
    interface Report {
        summary: { resource_count: number; parsing_errors: number };
        results: { failed_checks: { check_id: string; resource: string; file_path: string }[] };
    }
    const { summary, results } = (await json(program, [
        ...["--framework", framework, "--compact", "--skip-download", "--output", "json"],
        ...files.flatMap((file) => ["--file", file]),
    ])) as Report;
    if (summary.resource_count === 0 || summary.parsing_errors > 0) {
        throw new Error(`checkov could not read ${files.join(", ")}`);
    }
    return results.failed_checks.map(({ check_id, resource, file_path }) => {
        const [kind, , ...name] = resource.split(".");
        const dockerfile = files.find(
            (file) => file.endsWith(file_path) || file_path.endsWith(file),
        );
        return {
            checker: "checkov",
            check: check_id,
            object:
                framework === "kubernetes"
                    ? `${kind}/${name.join(".")}`
                    : (dockerfile ?? file_path),
        };
    });
}

/** A rule of network-config-analyzer as one for each pod: it joins pods that have the same connection. */
export function forEachPod(rule: string): string[] {
    const [joined = "", apps] = /app in \(([^)]*)\)/.exec(rule) ?? [];
    return apps === undefined
        ? [rule]
        : apps.split(",").flatMap((app) => forEachPod(rule.replace(joined, app)));
}

/** The rules that network-config-analyzer derived from the policies, where they are about the stack's pods. */
async function connections(program: string, subject: Subject): Promise<string[]> {
    const { stdout } = await execa(program, [
        ...["--connectivity", "--resource_list", subject.manifests, "--print_ipv6"],
    ]);
    return stdout
        .split("\n")
        .filter((line) => line.startsWith("src") && line.includes(`[${subject.namespace}]`))
        .map((line) => line.replaceAll(`[${subject.namespace}]`, "[own]").trim())
        .flatMap(forEachPod)
        .sort();
}

/** Everything that the checkers find, and the connections that are open. */
export async function findAll(
    tools: Tools,
    subject: Subject,
): Promise<{ findings: Finding[]; connections: string[] }> {
    const findings = await Promise.all([
        kubeScore(tools.kubeScore, subject),
        kubeconform(tools.kubeconform, subject),
        checkov(tools.checkov, "kubernetes", [subject.manifests]),
        checkov(tools.checkov, "dockerfile", subject.dockerfiles),
    ]);
    return { findings: findings.flat(), connections: await connections(tools.nca, subject) };
}
