import { createHash } from "node:crypto";
import {
    access,
    chmod,
    constants,
    mkdir,
    mkdtemp,
    readdir,
    rename,
    rm,
    writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from "undici";
import { Failure } from "./failure.ts";
import { interrupts } from "./run.ts";
import { within } from "./within.ts";

/** A program that the product needs on the host, as its makers release it. */
export interface Tool {
    name: "pulumi" | "minikube";
    version: string;
    /** Folder of the release, and in it the file to fetch and the file with its SHA-256. */
    release: string;
    file: string;
    checksums: string;
    /** Where the programs are inside an archive; undefined when the file is the program itself. */
    archiveFolder?: string;
}

/** The releases for this platform. */
export function tools(platform: string = process.platform, arch: string = process.arch): Tool[] {
    const pulumi = "3.259.0";
    const minikube = "1.38.1";
    const goArch = arch === "x64" ? "amd64" : arch;
    return [
        {
            name: "pulumi",
            version: pulumi,
            release: `https://github.com/pulumi/pulumi/releases/download/v${pulumi}`,
            file: `pulumi-v${pulumi}-${platform}-${arch}.tar.gz`,
            checksums: `pulumi-${pulumi}-checksums.txt`,
            archiveFolder: "pulumi",
        },
        {
            name: "minikube",
            version: minikube,
            release: `https://github.com/kubernetes/minikube/releases/download/v${minikube}`,
            file: `minikube-${platform}-${goArch}`,
            checksums: `minikube-${platform}-${goArch}.sha256`,
        },
    ];
}

/** Where tools and images that had to be made are kept: outside the clone, shared by all clones. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
    return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "habit-tracker");
}

/** The first folder of a PATH with that program. */
export async function findOnPath(program: string, path: string): Promise<string | undefined> {
    for (const folder of path.split(delimiter).filter(Boolean)) {
        const file = join(folder, program);
        if (
            await access(file, constants.X_OK).then(
                () => true,
                () => false,
            )
        ) {
            return folder;
        }
    }
    return undefined;
}

/** The network let nothing through, or broke off on the way. */
export class Unreachable extends Failure {
    constructor(url: string, why: string) {
        super(
            `${url} cannot be downloaded`,
            why,
            "npm run up once more, or put the program on PATH yourself",
        );
    }
}

/** What was wrong at the bottom of it: libraries wrap it, several attempts at once as well. */
function innermost(error: unknown): string {
    const { cause, errors, message, code } = error as NodeJS.ErrnoException & {
        errors?: unknown[];
    };
    if (errors !== undefined) {
        return errors.map(innermost).join("; ");
    }
    return cause === undefined ? message || (code ?? String(error)) : innermost(cause);
}

/**
 * What connects to an address: through the environment's proxy for its scheme, past it for the hosts of NO_PROXY. Node's own
 * fetch takes no notice of these variables.
 */
function dispatcherFor(url: string): Dispatcher {
    const scheme = new URL(url).protocol.slice(0, -1);
    const name = `${scheme}_proxy`;
    const variable = process.env[name] ? name : name.toUpperCase();
    const { [variable]: value } = process.env;
    if (!value) {
        return new Agent();
    }
    // as curl and Go read it
    const proxy = value.includes("://") ? value : `http://${value}`;
    try {
        return new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy });
    } catch {
        // without the value: it may hold a password
        throw new Error(`${variable} is no URL of a proxy, such as http://HOST:PORT`);
    }
}

/** Fetches a file. Throws Unreachable. */
async function fetchFile(url: string, seconds: number): Promise<Buffer> {
    const reason = await within(seconds, async (signal) => {
        const dispatcher = dispatcherFor(url);
        try {
            const response = await fetch(url, {
                signal: AbortSignal.any([signal, interrupts]),
                dispatcher,
            });
            // a filtering proxy answers with an error of its own
            return response.ok
                ? Buffer.from(await response.arrayBuffer())
                : `${response.status} ${response.statusText}`;
        } finally {
            await dispatcher.destroy();
        }
    }).catch(innermost);
    interrupts.throwIfAborted();
    if (typeof reason === "string") {
        throw new Unreachable(url, reason);
    }
    return reason;
}

/** The SHA-256 that a checksum file gives for a file: `HASH  NAME` a line, or the hash alone. */
export function checksumOf(text: string, file: string): string | undefined {
    const lines = text
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/));
    const line =
        lines.find(([, name]) => name?.replace(/^\*/, "") === file) ??
        (lines.length === 1 && lines[0]?.length === 1 ? lines[0] : undefined);
    return line?.[0];
}

/** Why releases cannot be had, as the smallest file of one shows; undefined where they can. */
export async function whyUnreachable(tool: Tool): Promise<string | undefined> {
    try {
        await fetchFile(`${tool.release}/${tool.checksums}`, 8);
        return undefined;
    } catch (error) {
        if (error instanceof Unreachable) {
            return `${error.what}: ${error.why}`;
        }
        throw error;
    }
}

/**
 * Fetches a tool's release into `folder`, where nothing appears before its checksum was right.
 *
 * @throws Unreachable where the network lets nothing through, Failure where the checksum is wrong.
 */
export async function download(tool: Tool, folder: string): Promise<void> {
    const sums = await fetchFile(`${tool.release}/${tool.checksums}`, 30);
    const content = await fetchFile(`${tool.release}/${tool.file}`, 600);
    const expected = checksumOf(sums.toString(), tool.file);
    const actual = createHash("sha256").update(content).digest("hex");
    if (actual !== expected) {
        throw new Failure(
            `The download of ${tool.file} is not what its release says`,
            `SHA-256 is ${actual}, ${tool.checksums} says ${expected ?? "nothing of this file"}.`,
            "try again; if it stays so, something on the way changes the file",
        );
    }
    await mkdir(folder, { recursive: true });
    const work = await mkdtemp(join(folder, ".download-"));
    try {
        const file = join(work, tool.file);
        await writeFile(file, content);
        if (tool.archiveFolder === undefined) {
            await chmod(file, 0o755);
            await rename(file, join(folder, tool.name));
            return;
        }
        await execa("tar", ["-xzf", file, "-C", work]);
        const extracted = join(work, tool.archiveFolder);
        for (const program of await readdir(extracted)) {
            await rename(join(extracted, program), join(folder, program));
        }
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}
