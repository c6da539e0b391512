// Has ShellCheck and shfmt look at every shell script that git tracks: part of `npm run check`. To format them all:
//     node --import=tsx tests/shell.ts --write
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { runCommand } from "../scripts/steps.ts";
import { installShellTools } from "./tools.ts";

/** A first line by which a file without an ending is a shell script. */
const SHEBANG = /^#!.*\b(ba|da)?sh\b/;

/** Generated from components/, where the container's command line names the shell; ShellCheck does not see that. */
const GENERATED = "helm/habit-tracker/files/";
/** SC2010, `ls | grep`: the names are those that the script itself gave the files. */
const NOT_THERE = ["--shell=sh", "--exclude=SC2010"];

/** The one style of them all: four blanks, operators first in a line, cases set in, a blank before a file. */
const STYLE = ["--indent=4", "--binary-next-line", "--case-indent", "--space-redirects"];

async function shellScripts(): Promise<string[]> {
    const { stdout } = await execa("git", ["ls-files"]);
    const scripts: string[] = [];
    for (const file of stdout.split("\n")) {
        if (file.endsWith(".sh") || !/\.\w+$/.test(file)) {
            // none where a file is deleted and that is not yet committed
            const text = await readFile(file, "utf8").catch(() => undefined);
            if (text !== undefined && (file.endsWith(".sh") || SHEBANG.test(text))) {
                scripts.push(file);
            }
        }
    }
    return scripts;
}

await runCommand<{ write: boolean }>(
    "Checks the shell scripts; --write formats them.",
    { write: false },
    async ({ write }) => {
        const { shellcheck, shfmt } = await installShellTools();
        const scripts = await shellScripts();
        const written = scripts.filter((file) => !file.startsWith(GENERATED));
        const generated = scripts.filter((file) => file.startsWith(GENERATED));
        const check = async (program: string, ...args: string[]) => {
            const { exitCode } = await execa(program, args, {
                reject: false,
                stdio: ["ignore", "inherit", "inherit"],
            });
            process.exitCode ||= exitCode ?? 1;
        };
        const follow = ["--external-sources", "--source-path=SCRIPTDIR"];
        await check(shellcheck, ...follow, ...written);
        await check(shellcheck, ...follow, ...NOT_THERE, ...generated);
        await check(shfmt, write ? "--write" : "--diff", ...STYLE, ...written);
    },
);
