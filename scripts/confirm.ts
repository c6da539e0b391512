import { createInterface } from "node:readline";
import { Failure } from "./failure.ts";
import { interrupts } from "./run.ts";

/** The command that runs, with all the options that it was given, and a yes. */
export const withYes = (name: string): string =>
    ["npm run", name, "--", ...process.argv.slice(2), "--yes"].join(" ");

/**
 * Says what will be done and asks whether to go on; with nothing to do, it does not ask.
 *
 * @param command the command that does it without a question
 * @throws Failure where the answer is no, and where there is no terminal to ask on
 */
export async function confirm(
    list: readonly string[],
    { yes, command }: { yes: boolean; command: string },
): Promise<void> {
    // what an interrupt ended has told less than there is: nothing may follow from that
    interrupts.throwIfAborted();
    if (list.length === 0) {
        return;
    }
    console.log(`This will:\n${list.map((line) => `  - ${line}`).join("\n")}`);
    if (yes) {
        return;
    }
    if (!process.stdin.isTTY) {
        throw new Failure(
            "This needs a yes first",
            "There is no terminal to ask on, and without a yes nothing is done.",
            command,
        );
    }
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // Ctrl-C and Ctrl-D close it, and leave a question that is asked by promise without an end
    const close = () => terminal.close();
    // at a terminal it is a key, which the terminal's own handling would take for the end of the input
    terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    interrupts.addEventListener("abort", close);
    const answer = await new Promise<string>((resolve) => {
        terminal.once("close", () => resolve(""));
        terminal.question("Go on? [y/N] ", resolve);
    });
    interrupts.removeEventListener("abort", close);
    close();
    if (!/^y(es)?$/i.test(answer.trim())) {
        throw new Failure("Nothing was done", "There was no yes.", "the same command again");
    }
}
