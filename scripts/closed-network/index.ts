/** The tools, the Minikube node, the base images and the plugins of a closed network. README.md says what they are. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { hashFiles } from "./hash.ts";

export { type Installed, installStandIns, isStandIn } from "./providers/install.ts";

const HERE = import.meta.dirname;

/**
 * Where under a cache folder the tools of this recipe are, or are to be: its name has the hash of the files that decide
 * which binaries are built. Images know their own recipe, by a label, and stand-ins theirs.
 */
export async function folder(cache: string): Promise<string> {
    const sources = ["go/coredns/main.go", "node/pause.c", "tools.sh", "versions.env"];
    const hash = await hashFiles(HERE, sources);
    return join(cache, `closed-network-${hash.slice(0, 12)}`);
}

/** Why nothing can be built on this machine; undefined where it can. */
export async function whyNot(): Promise<string | undefined> {
    const release = await readFile("/etc/os-release", "utf8").catch(() => "");
    const isDebian = /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
    return isDebian && process.getuid?.() === 0 && process.arch === "x64"
        ? undefined
        : "Building from the package registries needs root on Debian or Ubuntu, on x86-64.";
}

/** The script that makes everything, run as `bash PATH FOLDER`: a line a step, and on standard error why it failed. */
export const PREPARE = join(HERE, "prepare.sh");

/**
 * Extra flags for `minikube start`, after it put Kubernetes' programs where Minikube looks for them.
 *
 * @throws Error with what the script says, where the tools are not built
 */
export async function minikubeFlags(folder: string): Promise<string[]> {
    const script = join(HERE, "minikube-flags.sh");
    const { stdout } = await promisify(execFile)("bash", [script, folder]);
    return stdout.split("\n").filter(Boolean);
}

const images = parseEnv(readFileSync(join(HERE, "base-images.env"), "utf8"));

/** The stand-in base images, as stack configuration. */
export const BASE_IMAGES = {
    backendBaseImage: images["BACKEND_BASE_IMAGE"] ?? "",
    frontendBaseImage: images["FRONTEND_BASE_IMAGE"] ?? "",
    databaseImage: images["DATABASE_IMAGE"] ?? "",
} as const;
