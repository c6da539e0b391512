import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import {
    PREPARE,
    folder as closedNetworkFolder,
    installStandIns,
    minikubeFlags,
} from "@habit-tracker/closed-network";
import { inspectEngine, startEngine } from "../../scripts/engine.ts";
import { cacheFolder } from "../../scripts/releases.ts";
import { type Internet, content, redirect } from "./internet.ts";

/** The files of releases, by URL. */
export type Files = Record<string, Buffer>;

/** Releases of Pulumi and Minikube for this platform, and the pins that go with them. */
export interface Releases {
    files: Files;
    /** The URL of each program's file. */
    pulumi: string;
    minikube: string;
    /** As `HABIT_TRACKER_RELEASES` takes them. */
    pins: string;
}

const sha256 = (body: Buffer) => createHash("sha256").update(body).digest("hex");

/** A folder's programs as `.tar.gz`, below a folder of that name or at the top. */
async function pack(folder: string, names: readonly string[], below = ""): Promise<Buffer> {
    const { stdout } = await execa(
        "tar",
        ["-c", "-I", "gzip -1", `--transform=s,^,${below},`, "-C", folder, ...names],
        { encoding: "buffer", maxBuffer: 1e9 },
    );
    return Buffer.from(stdout);
}

/** Programs as their makers release them. */
function releasesOf(
    versions: { pulumi: string; minikube: string },
    pulumi: Buffer,
    minikube: Buffer,
): Releases {
    const folder = (repository: string, version: string) =>
        `https://github.com/${repository}/releases/download/v${version}`;
    const urls = {
        pulumi: `${folder("pulumi/pulumi", versions.pulumi)}/pulumi-v${versions.pulumi}-linux-x64.tar.gz`,
        minikube: `${folder("kubernetes/minikube", versions.minikube)}/minikube-linux-amd64`,
    };
    return {
        ...urls,
        files: {
            [urls.pulumi]: pulumi,
            [urls.minikube]: minikube,
        },
        pins: JSON.stringify({
            pulumi: { version: versions.pulumi, sha256: { "linux-x64": sha256(pulumi) } },
            minikube: { version: versions.minikube, sha256: { "linux-x64": sha256(minikube) } },
        }),
    };
}

/** What the closed network built of the tools, by name of the program; it builds what is missing. */
export class Built {
    private readonly folder: string;
    readonly versions: { pulumi: string; minikube: string };

    private constructor(folder: string, versions: { pulumi: string; minikube: string }) {
        this.folder = folder;
        this.versions = versions;
    }

    static async make(): Promise<Built> {
        if ((await inspectEngine()).state !== "answers") {
            await startEngine(console.log);
        }
        const folder = await closedNetworkFolder(cacheFolder());
        await execa("bash", [PREPARE, folder], { stdio: ["ignore", "inherit", "inherit"] });
        const version = async (program: string, ...args: string[]) =>
            (await execa(join(folder, "bin", program), args)).stdout.replace(/^.*v/s, "").trim();
        return new Built(folder, {
            pulumi: await version("pulumi", "version"),
            minikube: await version("minikube", "version", "--short"),
        });
    }

    /** The real programs as releases. */
    async releases(): Promise<Releases> {
        const bin = join(this.folder, "bin");
        const programs = [
            ...["pulumi", "pulumi-language-nodejs", "pulumi-language-nodejs-host"],
            "pulumi-resource-pulumi-nodejs",
        ];
        const pulumi = await pack(bin, programs, "pulumi/");
        return releasesOf(this.versions, pulumi, await readFile(join(bin, "minikube")));
    }

    /**
     * Small programs in their place, for what goes no further than their download: the Minikube says what it was asked to
     * start, and that there is no cluster yet.
     */
    async smallReleases(): Promise<Releases> {
        const folder = await mkdtemp(join(tmpdir(), "habit-tracker-small-"));
        try {
            // as large as it takes for a connection to break off in the middle
            const padding = randomBytes(3e5).toString("base64");
            const { pulumi, minikube } = this.versions;
            await mkdir(join(folder, "bin"));
            const program = async (name: string, lines: string) => {
                const file = join(folder, "bin", name);
                await writeFile(file, `#!/bin/sh\n${lines}\nexit\n${padding}\n`);
                await chmod(file, 0o755);
                return file;
            };
            await program("pulumi", `[ "$1" != version ] || echo v${pulumi}`);
            const file = await program(
                "minikube",
                `case $1 in version) echo v${minikube}; exit;; status) exit 85;; esac\n` +
                    `[ "$1" != start ] || { echo "${REACHED}: $*"; exit 1; }`,
            );
            return releasesOf(
                this.versions,
                await pack(join(folder, "bin"), ["pulumi"], "pulumi/"),
                await readFile(file),
            );
        } finally {
            await rm(folder, { recursive: true });
        }
    }

    /** The provider plugins, by URL: the stand-ins, packed as the real ones are. */
    async plugins(): Promise<Files> {
        const home = await mkdtemp(join(tmpdir(), "habit-tracker-plugins-"));
        try {
            const files: Files = {};
            for (const { name, version } of await installStandIns(home)) {
                const folder = join(home, "plugins", `resource-${name}-v${version}`);
                const file = `pulumi-resource-${name}-v${version}-linux-amd64.tar.gz`;
                // where Pulumi looks first, and where it looks last
                const release =
                    name === "random"
                        ? "https://get.pulumi.com/releases/plugins"
                        : `https://github.com/pulumi/pulumi-${name}/releases/download/v${version}`;
                files[`${release}/${file}`] = await pack(folder, [
                    `pulumi-resource-${name}`,
                    "main.cjs",
                ]);
            }
            return files;
        } finally {
            await rm(home, { recursive: true });
        }
    }

    /** What Minikube downloads for the node, by URL, and the settings by which it takes our node image for its own. */
    async node(): Promise<{ files: Files; settings: Record<string, string> }> {
        const settings: Record<string, string> = {};
        for (const flag of await minikubeFlags(this.folder)) {
            const [, name, value] = /^--([a-z-]+)=(.+)$/.exec(flag) ?? [];
            if (name !== undefined && value !== undefined) {
                settings[`MINIKUBE_${name.replaceAll("-", "_").toUpperCase()}`] = value;
            }
        }
        const { MINIKUBE_KUBERNETES_VERSION: version } = settings;
        const files: Files = {};
        for (const program of ["kubeadm", "kubelet", "kubectl"]) {
            const url = `https://dl.k8s.io/release/${version}/bin/linux/amd64/${program}`;
            const body = await readFile(join(this.folder, "k8s", program));
            files[url] = body;
            files[`${url}.sha256`] = Buffer.from(sha256(body));
        }
        return { files, settings };
    }
}

/** What the small Minikube says where it is told to start. */
export const REACHED = "the small Minikube was asked to";

/** Puts files where they are asked for: those of GitHub behind its redirect to another host, which signs the URL. */
export function publish(internet: Internet, files: Files): void {
    for (const [url, body] of Object.entries(files)) {
        if (url.startsWith("https://github.com/")) {
            const asset = `https://release-assets.githubusercontent.com/asset/${basename(url)}?sig=${sha256(body).slice(0, 16)}`;
            internet.pages.set(url, redirect(asset));
            internet.pages.set(asset, content(body));
        } else {
            internet.pages.set(url, content(body));
        }
    }
}
