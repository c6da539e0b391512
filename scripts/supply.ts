import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { CLOSED_NETWORK_SETTINGS, closedNetwork, whyNothingIsBuilt } from "./closedNetwork.ts";
import { Failure } from "./failure.ts";
import { localPath, makeLocal } from "./local.ts";
import { answers, hasProxy, whyUnreachable } from "./network.ts";
import { type Tool, cacheFolder, releases, tools } from "./releases.ts";
import type { Listener } from "./run.ts";

/** How the tools, the node and the plugins are got that this host lacks. Chosen once; nothing else asks which it is. */
export interface Supply {
    name: SupplyName;
    /** Folders of the tools that it installs, for the end of PATH, so that the user's own win. */
    folders: readonly string[];
    /** Pulumi's home, with the provider plugins. */
    pulumiHome: string;
    /** Variables that its tools need besides. */
    variables: Readonly<Record<string, string>>;
    /** Settings that a stack needs with it where it does not set them itself. */
    settings: Readonly<Record<string, string>>;
    /** How it gets what is missing, in words: the tools, and the provider plugins. */
    ways: { tools: string; plugins: string };
    /** What the user has to know of it, beforehand and once the page is open. */
    notices?: { before: string; after: string };
    /** What getting a tool would do, in words. Throws a Failure where it cannot be got here. */
    intention: (tool: Tool) => string;
    installTools: (missing: readonly Tool[], listener: Listener) => Promise<void>;
    /** Puts the provider plugins in place that Pulumi does not get by itself. */
    installPlugins: () => Promise<void>;
    /** Has what a new or stopped Minikube starts from, and says with which flags it does. */
    minikubeFlags: (listener: Listener) => Promise<readonly string[]>;
}

export const SUPPLIES = ["open-network", "closed-network"] as const;
export type SupplyName = (typeof SUPPLIES)[number];

const PLUGINS = ["kubernetes", "docker", "random"];

/**
 * The user's own Pulumi home, whose plugins are real. In a shell that has sourced our environment, PULUMI_HOME may name another
 * one of ours.
 */
export function ownPulumiHome(env: NodeJS.ProcessEnv): string {
    const { PULUMI_HOME: chosen = "" } = env;
    return chosen === "" || chosen.startsWith(join(cacheFolder(env), "/"))
        ? join(homedir(), ".pulumi")
        : chosen;
}

/** Pulumi's provider plugins, each in the version of the installed SDK, with its folder in a Pulumi home, there or not. */
export async function pluginsOf(
    project: string,
    home: string,
): Promise<{ name: string; version: string; folder: string }[]> {
    return Promise.all(
        PLUGINS.map(async (name) => {
            const manifest = join(project, "node_modules", "@pulumi", name, "package.json");
            const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
            return { name, version, folder: join(home, "plugins", `resource-${name}-v${version}`) };
        }),
    );
}

/** Whether a Pulumi home has them all. */
export async function pluginsInstalled(project: string, home: string): Promise<boolean> {
    return (await pluginsOf(project, home)).every(({ folder }) => existsSync(folder));
}

/** Where a clone remembers its supply. */
const memory = (project: string) => localPath(project, "supply");

async function remembered(project: string): Promise<SupplyName | undefined> {
    const text = await readFile(memory(project), "utf8").catch(() => "");
    return SUPPLIES.find((name) => name === text.trim());
}

async function remember(project: string, name: SupplyName): Promise<void> {
    await makeLocal(project);
    await writeFile(memory(project), `${name}\n`);
}

/** The supply of that name; the real plugins are used where they are there. */
async function supplyCalled(project: string, name: SupplyName): Promise<Supply> {
    const own = ownPulumiHome(process.env);
    return name === "open-network"
        ? await releases(own)
        : closedNetwork(own, await pluginsInstalled(project, own));
}

/** The supply that this clone uses: what `npm run up` remembered, else the releases. */
export async function usedSupply(project: string): Promise<Supply> {
    return supplyCalled(project, (await remembered(project)) ?? "open-network");
}

/**
 * Chooses the supply: what was asked for, else what is remembered, else what the network shows. It is only looked at where the
 * host lacks something, and only taken for a closed one where nobody answers, neither directly nor through a proxy, and package
 * registries do. An answer of whatever kind is none of a closed network: its download fails, and says why.
 *
 * @param lacks whether the host lacks something with a supply
 * @param silence what the network shows, as {@link whySilent} says it
 * @throws Failure where the network is closed and nothing can be built here either
 */
export async function chooseSupply(
    project: string,
    asked: SupplyName | undefined,
    lacks: (supply: Supply) => Promise<boolean>,
    silence: () => Promise<string[] | undefined> = lookAtNetwork,
): Promise<Supply> {
    if (asked !== undefined) {
        await remember(project, asked);
    }
    const known = await remembered(project);
    if (known !== undefined) {
        return supplyCalled(project, known);
    }
    const open = await supplyCalled(project, "open-network");
    const reasons = (await lacks(open)) ? await silence() : undefined;
    if (reasons === undefined) {
        return open;
    }
    const impossible = await whyNothingIsBuilt();
    if (impossible !== undefined) {
        throw new Failure(
            "What is missing here cannot be downloaded",
            [...reasons, impossible].join("\n   "),
            "connect to the Internet (HTTPS_PROXY names a proxy), or install pulumi and minikube yourself, then npm run up",
        );
    }
    console.log(reasons.join("\n"));
    await remember(project, "closed-network");
    return supplyCalled(project, "closed-network");
}

/** What other supplies than this one set in a stack. */
export const foreignSettings = ({ name }: Supply): Readonly<Record<string, string>> =>
    name === "closed-network" ? {} : CLOSED_NETWORK_SETTINGS;

async function lookAtNetwork(): Promise<string[] | undefined> {
    const [pulumi] = await tools();
    // npm hands it to the scripts that it runs
    const registry =
        process.env["npm_config_registry"] ??
        (await execa("npm", ["config", "get", "registry"], { reject: false })).stdout;
    return pulumi && whySilent(pulumi.url, registry);
}

/**
 * Why this network is a closed one, a line a reason; undefined where it is none, or where that is not known.
 *
 * @param release what an open network has
 * @param registry what a closed one has too
 */
export async function whySilent(release: string, registry: string): Promise<string[] | undefined> {
    const ways = hasProxy(release) ? [{ direct: false }, { direct: true }] : [{ direct: true }];
    const found = await Promise.all(ways.map((way) => whyUnreachable(release, way)));
    if (found.some((way) => !way?.silent) || !(await answers(registry))) {
        return undefined;
    }
    const [first, past] = found;
    return [
        `${first?.what}: ${first?.why}`,
        ...(past === undefined ? [] : [`Past the proxy: ${past.why}`]),
    ];
}
