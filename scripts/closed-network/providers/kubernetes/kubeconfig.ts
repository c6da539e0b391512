/** Which cluster a provider's configuration means. Nothing here talks to it. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { compareNames } from "../compare.ts";
import type { Difference } from "../plugin.ts";
import {
    equal,
    isProperties,
    type Properties,
    reveal,
    stringAt,
    UNKNOWN,
    type Value,
} from "../values.ts";

/** A kubeconfig as it was found: the text, and the file it came from if it came from one. */
export interface Kubeconfig {
    text: string;
    file: string | undefined;
}

/** The kubeconfig that an argument means: a path, the contents, or nothing for the user's own. */
export function findKubeconfig(pathOrContents: string | undefined): Kubeconfig {
    const given = pathOrContents || process.env["KUBECONFIG"] || join(homedir(), ".kube", "config");
    const file = given.startsWith("~") ? join(homedir(), given.slice(1)) : given;
    return existsSync(file)
        ? { text: readFileSync(file, "utf8"), file }
        : { text: pathOrContents || "", file: undefined };
}

/** The namespace of a kubeconfig's context, "default" where it says none or cannot be read. */
export function contextNamespace({ text }: Kubeconfig, context: string | undefined): string {
    const config = parseConfig(text);
    const chosen = context || stringAt(config, "current-context");
    return stringAt(namedItem(config, "contexts", chosen), "context", "namespace") || "default";
}

/**
 * What a changed provider configuration means for its resources: they go, and are made anew elsewhere, when the cluster is
 * another one. `clusterIdentifier`, where it stays the same, says that it is not, whatever else changed.
 */
export function diffProviderConfig(olds: Properties, news: Properties): Difference {
    const before = reveal(olds);
    const after = reveal(news);
    const changes: Difference["changes"] = compareNames(before, after);

    const identifier = "clusterIdentifier";
    const identified = stringAt(after, identifier) !== undefined && !(identifier in changes);
    const elsewhere =
        CLUSTER_SETTINGS.some((name) => after[name] === UNKNOWN) || movesCluster(before, after);
    const replaces = [
        ...(changes[identifier] === "update" ? [identifier] : []),
        ...(!identified && elsewhere ? CLUSTER_SETTINGS.filter((name) => name in changes) : []),
    ];
    for (const name of replaces) {
        changes[name] = `${changes[name] as "add" | "delete" | "update"}-replace`;
    }
    return { changes, replaces };
}

const CLUSTER_SETTINGS = ["kubeconfig", "context", "cluster"];

function movesCluster(before: Properties, after: Properties): boolean {
    const from = activeCluster(before);
    const to = activeCluster(after);
    return from !== undefined && to !== undefined && !equal(from, to);
}

function activeCluster(settings: Properties): Value | undefined {
    const kubeconfig = settings["kubeconfig"];
    if (typeof kubeconfig !== "string" && !isProperties(kubeconfig)) {
        return undefined;
    }
    const config = isProperties(kubeconfig)
        ? kubeconfig
        : parseConfig(findKubeconfig(kubeconfig).text);
    const context = namedItem(
        config,
        "contexts",
        stringAt(settings, "context") ?? stringAt(config, "current-context"),
    );
    const cluster = stringAt(settings, "cluster") ?? stringAt(context, "context", "cluster");
    return namedItem(config, "clusters", cluster);
}

function parseConfig(text: string): Value {
    try {
        return parse(text) as Value;
    } catch {
        return null;
    }
}

function namedItem(config: Value, list: string, name: string | undefined): Value | undefined {
    const items = isProperties(config) ? config[list] : undefined;
    return Array.isArray(items)
        ? items.find((item) => name !== undefined && stringAt(item, "name") === name)
        : undefined;
}
