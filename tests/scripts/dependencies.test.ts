import { readdir, readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

/** The packages that the TypeScript files of these folders import. */
async function importedIn(folders: readonly string[]): Promise<string[]> {
    const imported = new Set<string>();
    for (const folder of folders) {
        for (const name of await readdir(folder, { recursive: true })) {
            // another package, or no part of one
            const isOwn = !/^(closed-network|tests|node_modules)\//.test(name);
            if (!isOwn || !/\.m?ts$/.test(name)) {
                continue;
            }
            const text = await readFile(join(folder, name), "utf8");
            for (const [, at, later] of text.matchAll(
                /^(?:import|export|\}).*? from "([^".][^"]*)"|\bimport\("([^".][^"]*)"/gm,
            )) {
                const from = at ?? later ?? "";
                if (!isBuiltin(from)) {
                    imported.add(/^(@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? "");
                }
            }
        }
    }
    return [...imported];
}

const dependenciesOf = async (folder: string) => {
    const text = await readFile(join(folder, "package.json"), "utf8");
    return Object.keys((JSON.parse(text) as { dependencies: Record<string, string> }).dependencies);
};

describe("the npm packages", () => {
    it("that the program and the commands import are there without those for development", async () => {
        const imported = await importedIn(["components", "scripts"]);
        expect(imported.length).to.be.above(5);
        expect(await dependenciesOf(".")).to.include.members(imported);
    });

    it("that the closed network imports are its own", async () => {
        const folder = join("scripts", "closed-network");
        const imported = await importedIn([folder]);
        expect(imported.length).to.be.above(3);
        expect(await dependenciesOf(folder)).to.include.members(imported);
    });

    it("are not installed on Windows itself, which is told what to use instead", async () => {
        const windows = 'Object.defineProperty(process, "platform", { value: "win32" })';
        const { exitCode, stderr } = await execa(
            "node",
            [`--import=data:text/javascript,${windows}`, "scripts/dependencies.mjs"],
            { reject: false },
        );
        expect(exitCode).to.equal(1);
        expect(stderr).to.match(
            /^Windows itself is not supported.*\nMend it: use a clone inside WSL 2/,
        );
    });
});
