import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { cacheFolder } from "../tools.ts";
import { Failure } from "../failure.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

/** Hears what a long step is doing, a line at a time. */
export type Listener = (line: string) => void;

/** The files that decide what is built; a change in one of them means another cache folder. */
async function recipeFiles(): Promise<string[]> {
    const entries = await readdir(HERE, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile() && !/\.(ts|md)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
}

/** Where the tools of this recipe are kept, in or out of existence. */
export async function closedNetworkFolder(): Promise<string> {
    const hash = createHash("sha256");
    for (const file of await recipeFiles()) {
        hash.update(`${relative(HERE, file)}\0`).update(await readFile(file));
    }
    return join(cacheFolder(), `closed-network-${hash.digest("hex").slice(0, 12)}`);
}

/** Refuses a machine on which nothing can be built: the recipe needs Debian's packages and root. */
export async function requireDebianRoot(why: string): Promise<void> {
    const release = await readFile("/etc/os-release", "utf8").catch(() => "");
    const debian = /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
    if (!debian || process.getuid?.() !== 0 || process.arch !== "x64") {
        throw new Failure(
            why,
            "Getting it without the Internet needs root on Debian or Ubuntu, on x86-64.",
            "install it yourself and put it on PATH, or run this as root on Debian or Ubuntu",
        );
    }
}

/** Runs a script of the recipe; its lines go to the listener. */
export async function runRecipe(
    script: "tools.sh" | "engine.sh" | "images.sh",
    folder: string,
    listener: Listener,
): Promise<void> {
    const run = execa("bash", [join(HERE, script), folder], {
        stdin: "ignore",
        reject: false,
    });
    for await (const line of run) {
        listener(line.replace(/^==> /, ""));
    }
    const { exitCode, stderr } = await run;
    if (exitCode !== 0) {
        throw new Failure(
            `scripts/closed-network/${script} failed`,
            stderr.trim().split("\n").slice(-30).join("\n   "),
            "npm run up, which goes on where it stopped; the whole log is named above",
        );
    }
}

/** Extra flags for `minikube start`, and Kubernetes' programs put where Minikube looks for them. */
export async function minikubeFlags(folder: string): Promise<string[]> {
    const { stdout } = await execa("bash", [join(HERE, "minikube-flags.sh"), folder]);
    return stdout.split("\n").filter(Boolean);
}

/** The stand-in base images as stack configuration. */
export async function baseImages(): Promise<Record<string, string>> {
    const text = await readFile(join(HERE, "base-images.env"), "utf8");
    const value = (name: string) => new RegExp(`^${name}=(.+)$`, "m").exec(text)?.[1] ?? "";
    return {
        backendBaseImage: value("BACKEND_BASE_IMAGE"),
        frontendBaseImage: value("FRONTEND_BASE_IMAGE"),
        databaseImage: value("DATABASE_IMAGE"),
    };
}
