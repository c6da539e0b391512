import { readdir, readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

describe("the npm packages", () => {
    it("that the program and the commands import are there without those for development", async () => {
        const { dependencies } = JSON.parse(await readFile("package.json", "utf8")) as {
            dependencies: Record<string, string>;
        };
        const files = ["index.ts"];
        for (const folder of ["components", "scripts"]) {
            const names = await readdir(folder, { recursive: true });
            files.push(
                ...names.filter((name) => /\.m?ts$/.test(name)).map((name) => join(folder, name)),
            );
        }
        const imported = new Set<string>();
        for (const file of files) {
            const text = await readFile(file, "utf8");
            for (const [, name = ""] of text.matchAll(/\b(?:from|import)[ (]"([^".][^"]*)"/g)) {
                if (!isBuiltin(name)) {
                    imported.add(/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? "");
                }
            }
        }
        expect(imported.size).to.be.above(5);
        expect(Object.keys(dependencies)).to.include.members([...imported]);
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
