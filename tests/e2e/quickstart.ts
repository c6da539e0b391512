import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Installation } from "./installation.ts";

/** The commands of quickstart.md, in its order. */
async function commands({ folder }: Installation): Promise<string[]> {
    const text = await readFile(join(folder, "quickstart.md"), "utf8");
    return [...text.matchAll(/^```bash\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
        block.split("\n").filter(Boolean),
    );
}

/** What is said to its questions, where nobody sits in front of it. */
const answered = (command: string) =>
    /^npm run (up|down)$/.test(command) ? `${command} -- --yes` : command;

/**
 * Runs what quickstart.md has somebody type, as it is written.
 *
 * @param only which of its commands
 * @param after what is done by hand after a command, by that command
 * @returns the commands that were run
 */
export async function followQuickstart(
    installation: Installation,
    only: (command: string) => boolean,
    after: Record<string, () => Promise<void>> = {},
): Promise<string[]> {
    const run = (await commands(installation)).filter(only);
    for (const command of run) {
        await execa("bash", ["-c", answered(command)], {
            cwd: installation.folder,
            stdio: ["ignore", "inherit", "inherit"],
        });
        await after[command]?.();
    }
    return run;
}
