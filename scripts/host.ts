import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter } from "node:path";
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
import { type Tool, findOnPath, tools } from "./releases.ts";
import { stopIfInterrupted } from "./run.ts";
import { type Supply, type SupplyName, chooseSupply, pluginsInstalled } from "./supply.ts";

/** What this host has and lacks for the product. */
export interface Host {
    /** The environment for `pulumi` and `minikube`: the user's, with our folders at the end of PATH. */
    env: Record<string, string>;
    supply: Supply;
    missing: Tool[];
    /** Pulumi's home has the plugins, each in the version of the SDK. */
    hasPlugins: boolean;
    /** The cluster of the stack. */
    cluster: PlaceState;
    /** The Docker engine where none answers and Minikube needs one, and the machine that is to get one. */
    lacksEngine: { engine: Engine; machine: Machine } | undefined;
}

/** Looks at the host without changing it. */
export async function inspectHost(project: string, place: Place, supply: Supply): Promise<Host> {
    const env = {
        // also those folders that an installation will fill
        PATH: [process.env["PATH"], ...supply.folders].join(delimiter),
        PULUMI_HOME: supply.pulumiHome,
        ...supply.variables,
    };
    const missing: Tool[] = [];
    for (const tool of await tools()) {
        const isNeeded = tool.name !== "minikube" || place.isMinikube;
        if (isNeeded && (await findOnPath(tool.name, env.PATH)) === undefined) {
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
    // programs that an interrupt ended have said nothing of the host
    await stopIfInterrupted();
    return {
        env,
        supply,
        missing,
        hasPlugins: await pluginsInstalled(project, supply.pulumiHome),
        cluster,
        lacksEngine:
            engine === undefined || engine.state === "answers"
                ? undefined
                : { engine, machine: await thisMachine() },
    };
}

/** The folders of a supply that exist. */
export const existingFolders = ({ folders }: Supply): string[] =>
    folders.filter((folder) => existsSync(folder));

/** Looks at the host with the supply that is asked for, that is remembered, or that the network calls for. */
export async function chooseHost(
    project: string,
    place: Place,
    asked: SupplyName | undefined,
): Promise<Host> {
    let host: Host | undefined;
    const supply = await chooseSupply(project, asked, async (open) => {
        host = await inspectHost(project, place, open);
        return host.missing.length > 0 || !host.hasPlugins || host.cluster === "absent";
    });
    return host?.supply === supply ? host : inspectHost(project, place, supply);
}

/**
 * What would be installed or started, in words, for the question before it.
 *
 * @throws Failure where the user has to start something first
 */
export function intentions(host: Host, profile: string): string[] {
    return [
        ...host.missing.map(host.supply.intention),
        ...(host.lacksEngine === undefined
            ? []
            : [engineIntention(host.lacksEngine.engine, host.lacksEngine.machine)]),
        ...(host.cluster === "absent"
            ? [
                  host.missing.some(({ name }) => name === "minikube")
                      ? `start the Minikube profile "${profile}", a new one with the docker runtime where there is none`
                      : `start a new Minikube profile "${profile}" with the docker runtime`,
              ]
            : []),
    ];
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
