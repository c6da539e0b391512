import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { Failure } from "../failure.ts";
import { type Listener, run } from "../run.ts";
import { cacheFolder } from "../releases.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

/** The files that decide which binaries are built. Images know their own recipe, by a label; stand-ins by their hash. */
async function recipeFiles(): Promise<string[]> {
    const sources = await readdir(join(HERE, "go"), { recursive: true, withFileTypes: true });
    return [
        ...["tools.sh", "versions.env", "node/pause.c"].map((name) => join(HERE, name)),
        ...sources
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name))
            .sort(),
    ];
}

/** Where the tools of this recipe are kept, in or out of existence. */
export async function closedNetworkFolder(): Promise<string> {
    const hash = createHash("sha256");
    for (const file of await recipeFiles()) {
        hash.update(`${relative(HERE, file)}\0`).update(await readFile(file));
    }
    return join(cacheFolder(), `closed-network-${hash.digest("hex").slice(0, 12)}`);
}

/** Whether this is a machine on which the recipe can work: it needs Debian's packages and root. */
export async function debianRoot(): Promise<boolean> {
    const release = await readFile("/etc/os-release", "utf8").catch(() => "");
    const debian = /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
    return debian && process.getuid?.() === 0 && process.arch === "x64";
}

/** Refuses a machine on which nothing can be built. */
export async function requireDebianRoot(why: string): Promise<void> {
    if (!(await debianRoot())) {
        throw new Failure(
            why,
            "Getting it without the Internet needs root on Debian or Ubuntu, on x86-64.",
            "install it yourself and put it on PATH, or run this as root on Debian or Ubuntu",
        );
    }
}

/** Runs a script of the recipe; its lines go to the listener. */
export async function runRecipe(
    script: "prepare.sh" | "engine.sh" | "images.sh",
    folder: string,
    listener: Listener,
): Promise<void> {
    const { code, all } = await run("bash", [join(HERE, script), folder], {
        listener: (line) => listener(line.replace(/^==> /, "")),
    });
    if (code !== 0) {
        throw new Failure(
            `scripts/closed-network/${script} failed`,
            all.trim().split("\n").slice(-32).join("\n   "),
            "npm run up, which goes on where it stopped",
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
