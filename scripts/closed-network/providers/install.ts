/** Puts the stand-ins where Pulumi looks for its plugins, under the names and versions of the real ones. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { hashFiles } from "../hash.ts";

/** A stand-in in its place. */
export interface Installed {
    name: string;
    version: string;
}

const SOURCES = import.meta.dirname;
const RECIPE = "stand-in.sha256";

/** Whether what is in a plugin's folder is a stand-in. */
export const isStandIn = (directory: string): boolean => existsSync(join(directory, RECIPE));

/**
 * Installs the stand-ins for the versions of the SDK packages in node_modules, under `pulumiHome`/plugins and nowhere else.
 * Where they are already there, built from the same sources by the same bundler for the same Node.js, nothing is done.
 * A real plugin in that place stays, and is not in the answer.
 */
export async function installStandIns(pulumiHome: string): Promise<Installed[]> {
    const all = await readdir(SOURCES, { recursive: true });
    const files = all.filter((file) => file.endsWith(".ts"));
    const versions = ["esbuild", "@pulumi/pulumi"].map(versionOf);
    const sources = await hashFiles(SOURCES, files, ...versions, process.execPath);
    const installing = ["kubernetes", "docker", "random"].map(async (name) => {
        const version = versionOf(`@pulumi/${name}`);
        const directory = join(resolve(pulumiHome), "plugins", `resource-${name}-v${version}`);
        const recipe = `${sources} ${version}\n`;
        const present = await readFile(join(directory, RECIPE), "utf8").catch(() => undefined);
        if (present === undefined && existsSync(directory)) {
            return [];
        }
        if (present !== recipe) {
            await install({ name, version }, directory, recipe);
        }
        return [{ name, version }];
    });
    return (await Promise.all(installing)).flat();
}

/** Builds beside the final place and moves, so that an interrupted installation leaves nothing that looks whole. */
async function install(plugin: Installed, directory: string, recipe: string): Promise<void> {
    // the bundler takes a while to load, and is needed once
    const { build } = await import("esbuild");
    const staging = `${directory}.partial-${process.pid}`;
    await mkdir(staging, { recursive: true });
    try {
        await build({
            entryPoints: [join(SOURCES, `${plugin.name}.ts`)],
            outfile: join(staging, "main.cjs"),
            ...{ bundle: true, minify: true, keepNames: true, legalComments: "none" },
            ...{ platform: "node", format: "cjs", target: "node20", logLevel: "error" },
            define: { STAND_IN_VERSION: JSON.stringify(plugin.version) },
        });
        const executable = join(staging, `pulumi-resource-${plugin.name}`);
        await writeFile(executable, launcher(), { mode: 0o755 });
        await writeFile(join(staging, RECIPE), recipe);
        await rm(directory, { recursive: true, force: true });
        await rename(staging, directory);
    } finally {
        await rm(staging, { recursive: true, force: true });
    }
}

/**
 * The engine starts an executable, and stays its parent by `exec`. NODE_OPTIONS of the user's program (a loader, a debugger) are
 * not meant for it. From Node.js 22.1 on, compiled code is kept beside the bundle, which makes the next start faster.
 */
const launcher = (): string => `#!/bin/sh
unset NODE_OPTIONS
export NODE_COMPILE_CACHE="\${0%/*}/cache"
node=$(command -v node) || node='${process.execPath.replaceAll("'", "'\\''")}'
exec "$node" --no-warnings "\${0%/*}/main.cjs" "$@"
`;

const versionOf = (name: string): string =>
    (createRequire(import.meta.url)(`${name}/package.json`) as Installed).version;
