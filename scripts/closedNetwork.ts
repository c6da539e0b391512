import { basename, join } from "node:path";
import {
    BASE_IMAGES,
    PREPARE,
    folder as folderIn,
    installStandIns,
    minikubeFlags,
    whyNot,
} from "@habit-tracker/closed-network";
import { Failure } from "./failure.ts";
import { cacheFolder, releaseFolders } from "./releases.ts";
import { type Listener, runScript } from "./run.ts";
import type { Supply } from "./supply.ts";

/** Makes what is not there yet, images included: they need other resources than the compiler does. */
const prepare = (folder: string, listener: Listener): Promise<void> =>
    runScript(PREPARE, folder, listener, {
        what: `${basename(PREPARE)} of the closed network failed`,
        next: "npm run up, which goes on where it stopped",
    });

/** What it sets in a stack: the base images. */
export const CLOSED_NETWORK_SETTINGS: Readonly<Record<string, string>> = BASE_IMAGES;

/** Why nothing can be built from package registries here; undefined where it can. */
export const whyNothingIsBuilt: () => Promise<string | undefined> = whyNot;

/**
 * Builds everything from package registries, where no release can be had.
 *
 * @param ownHome the user's own Pulumi home
 * @param hasPlugins whether that has the real plugins; else stand-ins take their place, in a home of their own
 */
export async function closedNetwork(ownHome: string, hasPlugins: boolean): Promise<Supply> {
    const folder = await folderIn(cacheFolder());
    const standIns = join(folder, "pulumi");
    const impossible = await whyNot();
    const loginFolder = process.env["PULUMI_CREDENTIALS_PATH"] || ownHome;
    return {
        name: "closed-network",
        folders: [...(await releaseFolders()), join(folder, "bin")],
        pulumiHome: hasPlugins ? ownHome : standIns,
        // the user's logins stay where they are
        variables: { PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_CREDENTIALS_PATH: loginFolder },
        settings: CLOSED_NETWORK_SETTINGS,
        ways: {
            tools: "closed network: what is missing is built from package registries",
            plugins: "npm run up puts stand-ins there",
        },
        notices: {
            before: "Closed network: what is missing is not downloaded, but built from package registries.\nnpm run up -- --open-network undoes that.",
            after:
                (hasPlugins
                    ? "Closed network: the images stand on\n"
                    : "Closed network: stand-ins took the place of Pulumi's provider plugins, and the images stand on\n") +
                "stand-in bases built from Debian, npm and PyPI. See scripts/closed-network/README.md.",
        },
        intention: ({ name }) => {
            // before the question, not after a yes
            if (impossible !== undefined) {
                throw new Failure(
                    "Nothing can be built here for a closed network",
                    impossible,
                    "npm run up -- --open-network, or install pulumi and minikube yourself and put them on PATH",
                );
            }
            return `build ${name} from the package registries into ${folder} (half an hour for all)`;
        },
        installTools: (_, listener) => prepare(folder, listener),
        installPlugins: async () => {
            if (!hasPlugins) {
                await installStandIns(standIns);
            }
        },
        minikubeFlags: async (listener) => {
            await prepare(folder, listener);
            return minikubeFlags(folder);
        },
    };
}
