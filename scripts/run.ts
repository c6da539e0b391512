import { setImmediate } from "node:timers/promises";
import { execa } from "execa";
import { Failure, indent } from "./failure.ts";

/** Hears what a program prints, a line at a time. */
export type Listener = (line: string) => void;

interface Interruptible {
    kill: (signal: "SIGINT") => boolean;
}

/** The programs that run now. */
const running = new Set<Interruptible>();
const interruption = new AbortController();
/** Aborts what is no program of its own, such as a download. */
export const interrupts: AbortSignal = interruption.signal;

let atOnce = false;

/** Has an interrupt end this process at once, without a word: for a command that changes nothing. */
export function endAtOnce(): void {
    atOnce = true;
}

/** Prints the last text of a command and ends this process, whatever programs still run that did not answer in time. */
export async function endWith(text: string, code: number): Promise<never> {
    await new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
    process.exit(code);
}

/**
 * Lets an interrupt end the program that runs, not this process before it: `pulumi` needs the time to write down what it
 * did. None is started afterwards. A second interrupt ends this process at once.
 */
export function handleInterrupts(): void {
    const interrupt = (toChildren: boolean) => {
        if (atOnce || interrupts.aborted) {
            process.exit(130);
        }
        console.error("\nInterrupted: waiting for the step to end in good order …");
        if (toChildren) {
            running.forEach((child) => child.kill("SIGINT"));
        }
        interruption.abort(new CutOff("Interrupted"));
    };
    // who reads what is printed may have gone, as tee has after Ctrl-C: the programs still get to end in good order
    for (const stream of [process.stdout, process.stderr]) {
        stream.on("error", (error: NodeJS.ErrnoException) => {
            if (error.code !== "EPIPE") {
                throw error;
            }
        });
    }
    // Ctrl-C reaches the whole process group; a SIGTERM only this process
    process.on("SIGINT", () => interrupt(false));
    process.on("SIGTERM", () => interrupt(true));
}

/** Has an interrupt of this process end a program that was not started by {@link run}. */
export function endOnInterrupt(child: Promise<unknown> & Interruptible): void {
    running.add(child);
    void child.finally(() => running.delete(child));
}

/**
 * Stops where an interrupt came, also one that has only just ended a program: on a busy machine its end is known first, and looks
 * like a failure.
 */
export async function stopIfInterrupted(): Promise<void> {
    await setImmediate();
    interrupts.throwIfAborted();
}

/** A program that somebody ended before it was done. */
export class CutOff extends Failure {
    constructor(what: string) {
        super(
            what,
            "What was done by then is kept.",
            "the same command again, which goes on from here",
        );
    }
}

/**
 * Runs a program to its end.
 *
 * @returns its exit code and all that it printed, standard error among it
 * @throws Failure when it cannot be started, or when the user interrupted it
 */
export async function run(
    program: string,
    args: readonly string[],
    options: {
        cwd?: string;
        env?: Record<string, string>;
        listener?: Listener;
        /** What it reads on its standard input; by default nothing. */
        input?: string | undefined;
    },
): Promise<{ code: number; all: string }> {
    interrupts.throwIfAborted();
    const child = execa(program, args, {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: options.env }),
        ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
        all: true,
        reject: false,
    });
    running.add(child);
    try {
        for await (const line of child.iterable({ from: "all" })) {
            options.listener?.(line);
        }
        const { exitCode, all, signal, originalMessage } = await child;
        // lets an interrupt be heard, as stopIfInterrupted does
        await setImmediate();
        if (interrupts.aborted) {
            throw new CutOff(`Interrupted while ${program} was running`);
        }
        if (exitCode === undefined) {
            throw signal === undefined
                ? new Failure(
                      `${program} did not start`,
                      originalMessage ?? "",
                      "npm run up, which gets the tools that are missing",
                  )
                : new CutOff(`${program} was ended by ${signal}`);
        }
        return { code: exitCode, all };
    } finally {
        running.delete(child);
    }
}

/**
 * Runs one of the shell scripts, in the form `SCRIPT FOLDER`; its lines of progress go to the listener, without their `==> `.
 *
 * @throws Failure with its last lines where it fails
 */
export async function runScript(
    script: string,
    folder: string,
    listener: Listener,
    failure: { what: string; next: string },
): Promise<void> {
    const { code, all } = await run("bash", [script, folder], {
        listener: (line) => listener(line.replace(/^==> /, "")),
    });
    if (code !== 0) {
        const last = all.trim().split("\n").slice(-32).join("\n");
        throw new Failure(failure.what, indent(last), failure.next);
    }
}
