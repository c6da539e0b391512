// Has ShellCheck look at every shell script that git tracks: part of `npm run check`.
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { runCommand } from "../scripts/steps.ts";
import { installShellCheck } from "./tools.ts";

/** A first line by which a file without an ending is a shell script. */
const SHEBANG = /^#!.*\b(ba|da)?sh\b/;

/** Generated from components/, where the container's command line names the shell; ShellCheck does not see that. */
const GENERATED = "helm/habit-tracker/files/";
/** SC2010, `ls | grep`: the names are those that the script itself gave the files. */
const NOT_THERE = ["--shell=sh", "--exclude=SC2010"];

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

await runCommand("Checks the shell scripts.", {}, async () => {
    const program = await installShellCheck();
    const scripts = await shellScripts();
    const check = async (files: string[], ...options: string[]) => {
        const { exitCode } = await execa(
            program,
            ["--external-sources", "--source-path=SCRIPTDIR", ...options, ...files],
            { reject: false, stdio: ["ignore", "inherit", "inherit"] },
        );
        process.exitCode ||= exitCode ?? 1;
    };
    await check(scripts.filter((file) => !file.startsWith(GENERATED)));
    await check(
        scripts.filter((file) => file.startsWith(GENERATED)),
        ...NOT_THERE,
    );
});
