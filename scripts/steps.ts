import { type ParseArgsConfig, parseArgs } from "node:util";
import { PRESET_TIMER } from "listr2";
import { Failure } from "./failure.ts";
import { handleInterrupts } from "./run.ts";

/** How the list of steps looks: elapsed time beside each, on a terminal and in a log. */
export const STEPS = {
    rendererOptions: { timer: PRESET_TIMER, collapseSkips: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
    // interrupts are handled below: Listr would end this process before the program that runs
    registerSignalListeners: false,
} as const;

/** The options that every command has, with their defaults. */
const COMMON = { help: false, stack: "local" };

/**
 * Runs a command: reads its options, whose defaults tell their types too, prints its usage for `--help`, and shows a
 * {@link Failure} as it is, anything else with its stack trace.
 */
export async function runCommand<Own extends Record<string, string | boolean>>(
    usage: string,
    defaults: Own,
    main: (options: Own & typeof COMMON) => Promise<void>,
): Promise<void> {
    handleInterrupts();
    try {
        const options = Object.entries({ ...COMMON, ...defaults }).map(([name, value]) => {
            const type = typeof value === "boolean" ? ("boolean" as const) : ("string" as const);
            return [name, { type, default: value }] as const;
        });
        const values = readOptions(Object.fromEntries(options), usage);
        if (values["help"]) {
            console.log(usage);
        } else {
            await main(values as Own & typeof COMMON);
        }
    } catch (error) {
        console.error(error instanceof Failure ? `\n${error.message}` : error);
        process.exitCode = 1;
    }
}

function readOptions(
    options: NonNullable<ParseArgsConfig["options"]>,
    usage: string,
): Record<string, unknown> {
    try {
        return parseArgs({ options }).values;
    } catch (error) {
        throw new Failure((error as Error).message, usage.trim(), "the command with these options");
    }
}
