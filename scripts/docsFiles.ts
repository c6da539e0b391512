import { allowedRange } from "../components/settings.ts";
import { declarations } from "./declarations.ts";

/** What the diagram needs to know of a resource, as the program registered it. */
export interface GraphResource {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
    options: {
        /** Name of the component that it is a part of. */
        parent: string | undefined;
        /** Names of resources. */
        dependsOn: readonly string[];
        /** Name of the provider that makes it; undefined for one of Pulumi's own. */
        provider: string | undefined;
    };
}

/** The documents with generated parts. */
export const DOCUMENTS = { diagram: "README.md", settings: "docs/settings.md" } as const;

/** A component that everything hangs on at both ends: its data goes last, and its guard looks at the cluster first. */
const AT_BOTH_ENDS = "teardown";

const cell = (text: string) => text.replaceAll("|", "\\|");
const code = (text: string) => `\`${text}\``;

/** All settings as one table a group. */
export function settingsTables(pulumiYaml: string): string {
    const lines: string[] = [];
    let last: string | undefined;
    for (const { key, group, default: value, description, secret } of declarations(pulumiYaml)) {
        if (group !== last) {
            lines.push("", `## ${group.charAt(0).toUpperCase()}${group.slice(1)}`, "");
            lines.push("| setting | default | meaning | allowed |", "| --- | --- | --- | --- |");
            last = group;
        }
        const shown = typeof value === "string" ? value : JSON.stringify(value);
        const cells = [
            secret ? `${code(key)} (secret)` : code(key),
            shown === "" ? "" : code(shown),
            description,
            allowedRange(key),
        ];
        lines.push(`| ${cells.map(cell).join(" | ")} |`);
    }
    return lines.slice(1).join("\n");
}

/** The last word of a type: `kubernetes:apps/v1:Deployment` is `Deployment`. */
function kindOf(type: string): string {
    const [provider = "", module = "", name = ""] = type.split(":");
    if (provider === "pulumi" && module === "providers") {
        return `${name} provider`;
    }
    // the program's own, such as `pulumi-nodejs:dynamic/image:Watch`, are told by what they are about
    return provider === "pulumi-nodejs" ? `${module.replace("dynamic/", "")} ${name}` : name;
}

/** Kinds in the order of the alphabet, each once, with their number where there are several. */
function counted(kinds: readonly string[]): string[] {
    return [...new Set(kinds)].sort().map((kind) => {
        const count = kinds.filter((other) => other === kind).length;
        return count === 1 ? kind : `${count} × ${kind}`;
    });
}

interface Policy {
    podSelector: { matchLabels?: { app?: string } };
    ingress?: { from?: unknown }[];
    egress?: { to?: { podSelector?: { matchLabels?: { app?: string } } }[] }[];
}

/** Who connects to whom, as the network policies allow it: from and to, by component. */
function connections(resources: readonly GraphResource[]): [string, string][] {
    const policies = resources
        .filter(({ type }) => type.endsWith(":NetworkPolicy"))
        .map(({ inputs, options }) => ({
            component: options.parent ?? "",
            ...(inputs["spec"] as Policy),
        }))
        // without an app it is about all of a namespace
        .filter(({ podSelector }) => podSelector.matchLabels?.app !== undefined);
    const owner = (app: string) =>
        policies.find(({ podSelector }) => podSelector.matchLabels?.app === app)?.component;
    return policies.flatMap(({ component, ingress = [], egress = [] }) => {
        const open = ingress.some(({ from }) => from === undefined);
        const peers = egress
            .flatMap(({ to = [] }) => to)
            .map(({ podSelector }) => owner(podSelector?.matchLabels?.app ?? ""))
            .filter((peer) => peer !== undefined);
        return [
            ...(open ? [["browser", component] as [string, string]] : []),
            ...peers.map((peer): [string, string] => [component, peer]),
        ];
    });
}

/** What each component waits for, directly or through its parts, without what another of these waits for already. */
function waits(resources: readonly GraphResource[], components: readonly string[]) {
    const componentOf = new Map(resources.map(({ name, options }) => [name, options.parent]));
    const direct = new Map(
        components.map((component) => {
            const parts = resources.filter(({ options }) => options.parent === component);
            const names = parts.flatMap(({ options }) => [
                ...options.dependsOn,
                ...(options.provider === undefined ? [] : [options.provider]),
            ]);
            const others = names.map((name) => componentOf.get(name) ?? "");
            return [
                component,
                new Set(
                    others.filter((other) => other !== component && components.includes(other)),
                ),
            ];
        }),
    );
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        [...(direct.get(from) ?? [])].some(
            (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
        );
    return components.flatMap((component) => {
        const all = [...(direct.get(component) ?? [])];
        return all
            .filter((needed) => !all.some((other) => other !== needed && reaches(other, needed)))
            .sort()
            .map((needed): [string, string] => [needed, component]);
    });
}

/**
 * The stack's graph as Mermaid: its components with the kinds in them, what waits for what, and who connects to whom.
 *
 * @param resources all that the program registers, in any order
 */
export function diagram(resources: readonly GraphResource[]): string {
    const components = resources
        .filter(({ type, name }) => type.startsWith("habit-tracker:") && name !== AT_BOTH_ENDS)
        .map(({ name }) => name)
        .sort();
    return [
        "```mermaid",
        "flowchart LR",
        "    browser([browser])",
        ...components.map((name) => {
            const parts = resources.filter(({ options }) => options.parent === name);
            const kinds = counted(parts.map(({ type }) => kindOf(type)));
            return `    ${name}["<b>${name}</b><br/>${kinds.join("<br/>")}"]`;
        }),
        ...waits(resources, components).map(([from, to]) => `    ${from} --> ${to}`),
        ...connections(resources)
            .map(([from, to]) => `    ${from} -.-> ${to}`)
            .sort(),
        "```",
    ].join("\n");
}

/**
 * A document with its generated part put in.
 *
 * @param name which part: it stands between `<!-- NAME: … -->` and `<!-- end of NAME -->`
 * @throws Error where the document has no such place
 */
export function withPart(document: string, name: string, part: string): string {
    const place = new RegExp(`(<!-- ${name}: [^>]*-->\n).*?(<!-- end of ${name} -->)`, "s");
    if (!place.test(document)) {
        throw new Error(`There is no place for ${name}: its two comments are gone`);
    }
    return document.replace(
        place,
        (_, start: string, end: string) => `${start}\n${part}\n\n${end}`,
    );
}
