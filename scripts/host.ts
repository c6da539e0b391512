import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { SCRIPTS } from "./closed-network/index.ts";
import {
    type Engine,
    type Machine,
    engineIntention,
    inspectEngine,
    thisMachine,
} from "./engine.ts";
import { Failure } from "./failure.ts";
import { madeProfiles } from "./minikube.ts";
import { type Place, type PlaceState, placeState } from "./place.ts";
import { ENGINE_SCRIPT, closedNetworkFolder, requireDebianRoot, runRecipe } from "./recipe.ts";
import type { Listener } from "./run.ts";
import { type Tool, cacheFolder, download, findOnPath, tools, whyUnreachable } from "./tools.ts";

/** What this host has and lacks for the product. */
export interface Host {
    /** The environment for `pulumi` and `minikube`: the user's, with our folders at the end of PATH. */
    env: Record<string, string> & { PULUMI_HOME: string };
    /** Folders of ours on that PATH. */
    path: string[];
    missing: Tool[];
    /** The cluster of the stack. */
    cluster: PlaceState;
    /** The Docker engine where none answers and Minikube needs one, and the machine that is to get one. */
    lacksEngine: { engine: Engine; machine: Machine } | undefined;
    /** Where the tools of the closed network are; undefined where releases can be downloaded. */
    closedNetwork: string | undefined;
    /** Why they cannot; undefined as well where nobody asked, since what was built here is answer enough. */
    unreachable: string | undefined;
    /** The real provider plugins are not there and cannot be downloaded. */
    needsStandIns: boolean;
}

const PLUGINS = ["kubernetes", "docker", "random"] as const;

/**
 * The user's own Pulumi home, whose plugins are real. In a shell that has sourced our environment, PULUMI_HOME names stand-ins,
 * those of an older recipe perhaps.
 */
export function ownPulumiHome(env: NodeJS.ProcessEnv): string {
    const { PULUMI_HOME: chosen = "" } = env;
    const isOurs = chosen.startsWith(join(cacheFolder(env), "closed-network-"));
    return chosen === "" || isOurs ? join(homedir(), ".pulumi") : chosen;
}

/** Whether Pulumi has the plugins, each in the version of the installed SDK. */
async function pluginsInstalled(project: string, home: string): Promise<boolean> {
    for (const name of PLUGINS) {
        const manifest = join(project, "node_modules", "@pulumi", name, "package.json");
        const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
        if (!existsSync(join(home, "plugins", `resource-${name}-v${version.replace(/^v/, "")}`))) {
            return false;
        }
    }
    return true;
}

/** The folders with tools of ours that exist; they come last on PATH, so that the user's own tools win. */
export async function installedFolders(): Promise<string[]> {
    const folders = [join(cacheFolder(), "bin"), join(await closedNetworkFolder(), "bin")];
    return folders.filter((folder) => existsSync(folder));
}

/** Looks at the host without changing it. */
export async function inspectHost(project: string, place: Place): Promise<Host> {
    const recipe = await closedNetworkFolder();
    const path = await installedFolders();
    // also those folders that an installation will fill
    const env = {
        PATH: [process.env["PATH"], join(cacheFolder(), "bin"), join(recipe, "bin")].join(
            delimiter,
        ),
    };
    const missing: Tool[] = [];
    for (const tool of tools().filter(({ name }) => name !== "minikube" || place.isMinikube)) {
        if ((await findOnPath(tool.name, env.PATH)) === undefined) {
            missing.push(tool);
        }
    }
    const cluster = missing.some(({ name }) => name === "minikube")
        ? "absent"
        : await placeState(place, env);
    // one that is stopped and that the scripts did not make, they leave alone
    const needsEngine =
        cluster === "absent" ||
        (cluster === "stopped" && (await madeProfiles(project)).includes(place.context));
    const engine = needsEngine ? await inspectEngine() : undefined;

    const standIns = join(recipe, "pulumi");
    const home = ownPulumiHome(process.env);
    const lacksPlugins = !(await pluginsInstalled(project, home));
    // asking the network takes seconds where it does not answer: what was built for a closed one is answer enough
    const built = existsSync(join(recipe, "bin", "pulumi"));
    const lacks = missing.length > 0 || lacksPlugins || cluster === "absent";
    const [first] = tools();
    const unreachable =
        lacks && !built && first !== undefined ? await whyUnreachable(first) : undefined;
    const closed = lacks && (built || unreachable !== undefined);
    const needsStandIns = lacksPlugins && closed;
    return {
        env: {
            ...env,
            // stand-ins must never pass for the real plugins in the user's own Pulumi
            PULUMI_HOME: needsStandIns ? standIns : home,
            ...(closed || built ? { PULUMI_SKIP_UPDATE_CHECK: "true" } : {}),
        },
        path,
        missing,
        cluster,
        lacksEngine:
            engine === undefined || engine.state === "answers"
                ? undefined
                : { engine, machine: await thisMachine() },
        closedNetwork: closed ? recipe : undefined,
        unreachable,
        needsStandIns,
    };
}

/**
 * What would be installed or started, in words, for the question before it.
 *
 * @throws Failure where the user has to start something first
 */
export function intentions(host: Host, profile: string): string[] {
    const closed = host.closedNetwork !== undefined;
    return [
        ...host.missing.map(({ name, version }) =>
            closed
                ? `build ${name} from the package registries into ${host.closedNetwork} (half an hour for all)`
                : `download ${name} ${version} from its official release into ${cacheFolder()}`,
        ),
        ...(host.lacksEngine === undefined
            ? []
            : [engineIntention(host.lacksEngine.engine, host.lacksEngine.machine)]),
        ...(host.cluster === "absent"
            ? [
                  `start a new Minikube profile "${profile}" with the docker runtime` +
                      (closed ? ", from images built here" : ""),
              ]
            : []),
    ];
}

/** Installs the missing tools, each with its checksum verified, or builds them. */
export async function installTools(host: Host, listener: Listener): Promise<void> {
    if (host.closedNetwork !== undefined) {
        await requireDebianRoot(
            ["The tools cannot be downloaded here", host.unreachable].filter(Boolean).join(": "),
        );
        // the images need an engine; most of them are made beside the tools
        await runRecipe(ENGINE_SCRIPT, join(host.closedNetwork, "logs"), listener);
        await runRecipe(SCRIPTS.prepare, host.closedNetwork, listener);
        return;
    }
    for (const tool of host.missing) {
        listener(`${tool.name} ${tool.version}`);
        await download(tool, join(cacheFolder(), "bin"));
    }
}

/** A port of 127.0.0.1 to publish: the wanted one, or a free one where that is taken. */
export async function freePort(wanted: number): Promise<number> {
    const attempt = (port: number) =>
        new Promise<number | undefined>((resolve) => {
            const server = createServer();
            server.once("error", () => resolve(undefined));
            server.listen(port, "127.0.0.1", () => {
                const address = server.address();
                const got = typeof address === "object" && address ? address.port : undefined;
                server.close(() => resolve(got));
            });
        });
    const port = (await attempt(wanted)) ?? (await attempt(0));
    if (port === undefined) {
        throw new Failure("No port of 127.0.0.1 is free", "All are in use.", "end a program");
    }
    return port;
}
