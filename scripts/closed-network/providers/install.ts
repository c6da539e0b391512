/**
 * Puts the stand-ins where Pulumi looks for its plugins, under the names and versions of the real ones.
 *
 *     tsx scripts/closed-network/providers/install.ts PULUMI_HOME
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { hashFiles } from "../hash.ts";

/** A stand-in in its place. */
export interface Installed {
    name: string;
    version: string;
}

const SOURCES = import.meta.dirname;
const RECIPE = "stand-in.sha256";
const NAMES = ["kubernetes", "docker", "random"];
const require = createRequire(import.meta.url);

/**
 * Installs the stand-ins for the versions of the SDK packages in node_modules, under `pulumiHome`/plugins and nowhere else.
 * Where they are already there, built from the same sources by the same bundler for the same Node.js, nothing is done.
 * A real plugin in that place stays, and is not in the answer.
 */
export async function installStandIns(pulumiHome: string): Promise<Installed[]> {
    const sources = await hashSources();
    const installed = await Promise.all(
        NAMES.map(async (name) => {
            const { version } = await readPackage(`@pulumi/${name}`);
            const directory = join(resolve(pulumiHome), "plugins", `resource-${name}-v${version}`);
            const recipe = `${sources} ${version} ${process.execPath}\n`;
            const present = await readFile(join(directory, RECIPE), "utf8").catch(() => undefined);
            if (present === undefined && existsSync(directory)) {
                return [];
            }
            if (present !== recipe) {
                await install(name, version, directory, recipe);
            }
            return [{ name, version }];
        }),
    );
    return installed.flat();
}

/** Builds beside the final place and moves, so that an interrupted installation leaves nothing that looks whole. */
async function install(
    name: string,
    version: string,
    directory: string,
    recipe: string,
): Promise<void> {
    // The bundler takes a while to load, and is needed once.
    const { build } = await import("esbuild");
    const staging = `${directory}.partial-${process.pid}`;
    await mkdir(staging, { recursive: true });
    try {
        await build({
            entryPoints: [join(SOURCES, `${name}.ts`)],
            outfile: join(staging, "main.cjs"),
            bundle: true,
            platform: "node",
            format: "cjs",
            target: "node20",
            minify: true,
            keepNames: true,
            legalComments: "none",
            define: { STAND_IN_VERSION: JSON.stringify(version) },
            logLevel: "error",
        });
        const executable = join(staging, `pulumi-resource-${name}`);
        await writeFile(executable, launcher());
        await chmod(executable, 0o755);
        await writeFile(join(staging, RECIPE), recipe);
        await rm(directory, { recursive: true, force: true });
        await rename(staging, directory);
    } finally {
        await rm(staging, { recursive: true, force: true });
    }
}

/**
 * The engine starts an executable. `exec` keeps the engine the parent of the plugin; NODE_OPTIONS of the user's program (a
 * loader, a debugger) are not meant for the plugin; and what Node.js warns about is nothing for the user of a plugin. From
 * Node.js 22.1 on, compiled code is kept beside the bundle, which makes the next start faster.
 */
function launcher(): string {
    return `#!/bin/sh
unset NODE_OPTIONS
export NODE_COMPILE_CACHE="\${0%/*}/cache"
node=$(command -v node) || node='${process.execPath.replaceAll("'", "'\\''")}'
exec "$node" --no-warnings "\${0%/*}/main.cjs" "$@"
`;
}

/** The hash of all that goes into the bundles. */
async function hashSources(): Promise<string> {
    const files = await readdir(SOURCES, { recursive: true });
    const versions = ["esbuild", "@pulumi/pulumi"].map(async (dependency) => {
        const { version } = await readPackage(dependency);
        return version;
    });
    return hashFiles(
        SOURCES,
        files.filter((file) => file.endsWith(".ts")),
        ...(await Promise.all(versions)),
    );
}

async function readPackage(name: string): Promise<{ version: string }> {
    return JSON.parse(await readFile(require.resolve(`${name}/package.json`), "utf8")) as {
        version: string;
    };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const [, , pulumiHome] = process.argv;
    if (!pulumiHome) {
        console.error("usage: tsx scripts/closed-network/providers/install.ts PULUMI_HOME");
        process.exit(2);
    }
    for (const { name, version } of await installStandIns(pulumiHome)) {
        console.log(`stand-in for the ${name} provider ${version}`);
    }
}
