import { createHash } from "node:crypto";
import {
    access,
    chmod,
    constants,
    mkdir,
    mkdtemp,
    readFile,
    readdir,
    rename,
    rm,
    stat,
    writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { Failure } from "./failure.ts";
import { fetchFile } from "./network.ts";
import type { Supply } from "./supply.ts";

/** A program that the product needs on the host, as its makers release it for this platform. */
export interface Tool {
    name: "pulumi" | "minikube";
    version: string;
    url: string;
    /** What its makers published; undefined where this platform has no release that we know. */
    sha256: string | undefined;
    /** Where the programs are inside an archive; undefined when the file is the program itself. */
    archiveFolder?: string;
}

/**
 * The form of releases.json: per tool its version, and the SHA-256 of the file of each platform. Pulumi's are from the formula
 * in pulumi/homebrew-tap, Minikube's from deploy/minikube/releases-v2.json in its repository: not from where the files are.
 */
type Pins = Record<Tool["name"], { version: string; sha256: Record<string, string> }>;

/** The file with the pins; the rehearsal of the open network has releases of its own. */
const pinsFile = () =>
    process.env["HABIT_TRACKER_RELEASES"] || join(import.meta.dirname, "releases.json");

/** The releases for this platform. */
export async function tools(
    platform: string = process.platform,
    arch: string = process.arch,
): Promise<Tool[]> {
    const { pulumi, minikube } = JSON.parse(await readFile(pinsFile(), "utf8")) as Pins;
    const goArch = arch === "x64" ? "amd64" : arch;
    return [
        {
            name: "pulumi",
            version: pulumi.version,
            url: `https://github.com/pulumi/pulumi/releases/download/v${pulumi.version}/pulumi-v${pulumi.version}-${platform}-${arch}.tar.gz`,
            sha256: pulumi.sha256[`${platform}-${arch}`],
            archiveFolder: "pulumi",
        },
        {
            name: "minikube",
            version: minikube.version,
            url: `https://github.com/kubernetes/minikube/releases/download/v${minikube.version}/minikube-${platform}-${goArch}`,
            sha256: minikube.sha256[`${platform}-${arch}`],
        },
    ];
}

/** Where tools that had to be got are kept: outside the clone, shared by all clones. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
    return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "habit-tracker");
}

/** The first folder of a PATH with that program: a file that can be run, with something in it. */
export async function findOnPath(program: string, path: string): Promise<string | undefined> {
    for (const folder of path.split(delimiter).filter(Boolean)) {
        const file = join(folder, program);
        const found = await stat(file).catch(() => undefined);
        if (
            found?.isFile() &&
            found.size > 0 &&
            (await access(file, constants.X_OK).then(
                () => true,
                () => false,
            ))
        ) {
            return folder;
        }
    }
    return undefined;
}

/**
 * Fetches a tool's release into `folder`, where nothing appears before its checksum was right.
 *
 * @throws Unreachable where the network lets nothing through, Failure where the file is another one than was released.
 */
export async function download(tool: Tool, folder: string): Promise<void> {
    if (tool.sha256 === undefined) {
        throw new Failure(
            `There is no release of ${tool.name} for ${process.platform} on ${process.arch} that is known here`,
            "Only what its makers published is installed, and scripts/releases.json has no SHA-256 for it.",
            `install ${tool.name} yourself and put it on PATH, then npm run up`,
        );
    }
    const content = await fetchFile(tool.url, 600);
    const actual = createHash("sha256").update(content).digest("hex");
    if (actual !== tool.sha256) {
        const isPage = /^\s*<(!doctype|html)/i.test(content.subarray(0, 200).toString("latin1"));
        throw new Failure(
            `${tool.url} is not what ${tool.name} ${tool.version} was released as`,
            isPage
                ? "A web page came in its place, such as that of a network which wants a login first. It was thrown away."
                : `Its SHA-256 is ${actual}, that of the release ${tool.sha256}. It was thrown away.`,
            isPage
                ? "log in to the network in a browser, then npm run up"
                : "npm run up once more; if it stays so, something on the way changes the file: put the program on PATH yourself",
        );
    }
    try {
        await install(tool, content, folder);
    } catch (error) {
        throw new Failure(
            `${tool.name} ${tool.version} was downloaded, and cannot be installed in ${folder}`,
            (error as Error).message,
            "make room or a writable folder there (XDG_CACHE_HOME chooses another place), then npm run up",
        );
    }
}

/** Puts a release's programs into a folder, the tool itself last: where it is, all are. */
async function install(tool: Tool, content: Buffer, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const work = await mkdtemp(join(folder, ".download-"));
    try {
        const file = join(work, tool.name);
        await writeFile(file, content);
        if (tool.archiveFolder === undefined) {
            await chmod(file, 0o755);
            await rename(file, join(folder, tool.name));
            return;
        }
        const unpacked = join(work, "unpacked");
        await mkdir(unpacked);
        await execa("tar", ["-xzf", file, "-C", unpacked]);
        const extracted = join(unpacked, tool.archiveFolder);
        const others = (await readdir(extracted)).filter((program) => program !== tool.name);
        for (const program of [...others, tool.name]) {
            await rename(join(extracted, program), join(folder, program));
        }
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

/** Where a tool's release is installed: each version in a folder of its own, so that a newer pin is what runs. */
const releaseFolder = ({ name, version }: Tool) =>
    join(cacheFolder(), "releases", `${name}-${version}`);

/** The folders of the releases that are pinned, there or not. */
export const releaseFolders = async (): Promise<string[]> => (await tools()).map(releaseFolder);

/** Downloads the tools from their official releases; Pulumi gets its plugins, and Minikube its images, by themselves. */
export async function releases(pulumiHome: string): Promise<Supply> {
    return {
        name: "open-network",
        folders: await releaseFolders(),
        pulumiHome,
        variables: {},
        settings: {},
        ways: {
            tools: "releases are downloaded from their makers, with checksums",
            plugins: "Pulumi fetches them in npm run up",
        },
        intention: (tool) =>
            `download ${tool.name} ${tool.version} from its official release into ${releaseFolder(tool)}`,
        installTools: async (missing, listener) => {
            for (const tool of missing) {
                listener(`${tool.name} ${tool.version}`);
                await download(tool, releaseFolder(tool));
            }
        },
        installPlugins: () => Promise.resolve(),
        minikubeFlags: () => Promise.resolve([]),
    };
}
