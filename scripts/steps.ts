import { type ParseArgsConfig, parseArgs } from "node:util";
import { ListrLogLevels, ListrLogger, PRESET_TIMER } from "listr2";
import { Failure } from "./failure.ts";
import { handleInterrupts } from "./run.ts";

/** A log in which a step that failed has its title alone: what, why and what next are said once, below the steps. */
class Log extends ListrLogger<ListrLogLevels> {
    override log(...[level, title, options]: Parameters<ListrLogger<ListrLogLevels>["log"]>): void {
        super.log(level, title, level === ListrLogLevels.FAILED ? undefined : options);
    }
}

/** How the list of steps looks: elapsed time beside each, on a terminal and in a log. */
export const STEPS = {
    rendererOptions: { timer: PRESET_TIMER, collapseSkips: false, showErrorMessage: false },
    fallbackRendererOptions: { timer: PRESET_TIMER, logger: new Log({ useIcons: true }) },
    // interrupts are handled below: Listr would end this process before the program that runs
    registerSignalListeners: false,
} as const;

/** The options that every command has, with their defaults. */
const COMMON = { help: false, stack: "local" };

/**
 * Runs a command: reads its options, whose defaults tell their types too, prints its usage for `--help`, and shows a
 * {@link Failure} as it is, anything else with its stack trace.
 *
 * @param operand name of the one argument that the command takes beside its options, where it takes any
 */
export async function runCommand<Own extends Record<string, string | boolean>>(
    usage: string,
    defaults: Own,
    main: (options: Own & typeof COMMON, operand: string) => Promise<void>,
    operand?: string,
): Promise<void> {
    handleInterrupts();
    try {
        const options = Object.entries({ ...COMMON, ...defaults }).map(([name, value]) => {
            const type = typeof value === "boolean" ? ("boolean" as const) : ("string" as const);
            return [name, { type, default: value }] as const;
        });
        const { values, positionals } = readOptions(
            { options: Object.fromEntries(options), allowPositionals: operand !== undefined },
            usage,
        );
        if (values["help"]) {
            console.log(usage);
        } else if (operand !== undefined && positionals.length !== 1) {
            throw wrongUsage(`One ${operand} is needed, not ${positionals.length}`, usage);
        } else {
            await main(values as Own & typeof COMMON, positionals[0] ?? "");
        }
    } catch (error) {
        console.error(error instanceof Failure ? `\n${error.message}` : error);
        process.exitCode = 1;
    }
}

/** That a command was called wrongly. */
export const wrongUsage = (what: string, usage: string) =>
    new Failure(what, usage.trim(), "the command with these options");

function readOptions(
    config: ParseArgsConfig,
    usage: string,
): { values: Record<string, unknown>; positionals: string[] } {
    try {
        return parseArgs(config);
    } catch (error) {
        throw wrongUsage((error as Error).message, usage);
    }
}
