import { existsSync } from "node:fs";
import { join } from "node:path";

export interface NodeVersion {
    name: string;
    binary: string;
    /** False where the package registry has no such binary for this system: the test is then counted as skipped. */
    available: boolean;
}

const installed = join(import.meta.dirname, "../node-versions/node_modules");

/** The Node.js that runs the tests, the seed's 18, and 22. */
export function nodeVersions(): NodeVersion[] {
    const own = Number(process.versions.node.split(".")[0]);
    const others = [18, 22].filter((major) => major !== own).map(packaged);
    return [{ name: `Node ${own}`, binary: process.execPath, available: true }, ...others];
}

function packaged(major: number): NodeVersion {
    const system = `${process.platform}-${process.arch}`;
    const binary = join(installed, `node${major}-${system}/bin/node`);
    const published = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
    if (published && !existsSync(binary)) {
        throw new Error(
            `Node ${major} is missing. Run \`npm ci\` in docker/frontend/tests/node-versions, or ./test.sh, which does.`,
        );
    }
    return {
        name: published ? `Node ${major}` : `Node ${major} (npm has no binary for ${system})`,
        binary,
        available: published,
    };
}
