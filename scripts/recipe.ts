import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { folder, whyNot } from "./closed-network/index.ts";
import { Failure } from "./failure.ts";
import { type Listener, run } from "./run.ts";
import { cacheFolder } from "./tools.ts";

/** Has a Docker engine answer; run like the closed network's own scripts, with a folder for its log. */
export const ENGINE_SCRIPT = join(dirname(fileURLToPath(import.meta.url)), "engine.sh");

/** Where the closed network's tools are kept, in or out of existence. */
export const closedNetworkFolder = (): Promise<string> => folder(cacheFolder());

/** Refuses a machine on which nothing can be built. */
export async function requireDebianRoot(what: string): Promise<void> {
    const why = await whyNot();
    if (why !== undefined) {
        throw new Failure(
            what,
            why,
            "install it yourself and put it on PATH, or run this as root on Debian or Ubuntu",
        );
    }
}

/** Runs a script of a recipe; its lines go to the listener. */
export async function runRecipe(script: string, folder: string, listener: Listener): Promise<void> {
    const { code, all } = await run("bash", [script, folder], {
        listener: (line) => listener(line.replace(/^==> /, "")),
    });
    if (code !== 0) {
        throw new Failure(
            `${basename(script)} failed`,
            all.trim().split("\n").slice(-32).join("\n   "),
            "npm run up, which goes on where it stopped",
        );
    }
}
