import { type ParseArgsConfig, parseArgs } from "node:util";
import {
    DefaultRenderer,
    ListrLogLevels,
    ListrLogger,
    ListrTaskEventType,
    ListrTaskState,
    PRESET_TIMER,
    Spinner,
    parseTimer,
} from "listr2";
import { Failure } from "./failure.ts";
import { CutOff, handleInterrupts, interrupts } from "./run.ts";
import { withoutSecrets } from "./withoutSecrets.ts";

/** A spinner that tells how long the step has been running. */
class Stopwatch extends Spinner {
    #start = Date.now();

    restart(): void {
        this.#start = Date.now();
    }

    override fetch(): string {
        const elapsed = Date.now() - this.#start;
        return elapsed < 2000 ? super.fetch() : `${super.fetch()} ${parseTimer(elapsed)}`;
    }
}

/** Listr's own list on a terminal, which by itself tells the time of a step only when it is done. */
class TimedRenderer extends DefaultRenderer {
    constructor(...[tasks, options, events]: ConstructorParameters<typeof DefaultRenderer>) {
        const spinner = new Stopwatch();
        super(tasks, { ...options, spinner }, events);
        // the steps run one after the other
        for (const task of tasks) {
            task.on(ListrTaskEventType.STATE, (state) => {
                if (state === ListrTaskState.STARTED) {
                    spinner.restart();
                }
            });
        }
    }
}

/** Whether lines can be drawn over again. Listr looks only for a terminal, which some services for CI have too. */
const repaints = (env: NodeJS.ProcessEnv = process.env) => env["TERM"] !== "dumb" && !env["CI"];

/** A log in which a step that failed has its title alone: what, why and what next are said once, below the steps. */
class Log extends ListrLogger<ListrLogLevels> {
    override log(...[level, title, options]: Parameters<ListrLogger<ListrLogLevels>["log"]>): void {
        super.log(level, title, level === ListrLogLevels.FAILED ? undefined : options);
    }
}

/** How the list of steps looks: elapsed time beside each, on a terminal and in a log. */
export const STEPS = {
    renderer: TimedRenderer,
    rendererOptions: { timer: PRESET_TIMER, collapseSkips: false, showErrorMessage: false },
    fallbackRenderer: "simple",
    fallbackRendererOptions: { timer: PRESET_TIMER, logger: new Log({ useIcons: true }) },
    fallbackRendererCondition: () => !repaints(),
    // interrupts are handled below: Listr would end this process before the program that runs
    registerSignalListeners: false,
} as const;

/** The options that every command has, with their defaults. */
const COMMON = { help: false, stack: "local" };

const EXIT_CODES = `
Exit code: 0 done; 1 something to mend, which is printed with its reason and the next command; 2 wrong usage;
130 interrupted before it was done.
`;

/** A command that was called in a way that it does not know: exit code 2. */
export class WrongUsage extends Failure {
    constructor(what: string, usage: string) {
        super(what, usage.trim(), "the command with these options");
    }
}

/**
 * Runs a command: reads its options, whose defaults tell their types too, prints its usage for `--help`, and shows a
 * {@link Failure} as it is, anything else with its stack trace. Sets the exit code: 0, 1 for a failure, 2 for wrong usage,
 * 130 where an interrupt cut it off.
 *
 * @param operand name of the one argument that the command takes beside its options, where it takes any; in brackets, such
 * as `[TIER]`, where it may be left out
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
        const least = operand?.startsWith("[") ? 0 : 1;
        if (values["help"]) {
            console.log(`${usage}${EXIT_CODES}`);
        } else if (
            operand !== undefined &&
            (positionals.length < least || positionals.length > 1)
        ) {
            throw new WrongUsage(
                `${least === 0 ? "At most one" : "One"} ${operand} is needed, not ${positionals.length}`,
                usage,
            );
        } else {
            await main(values as Own & typeof COMMON, positionals[0] ?? "");
        }
    } catch (error) {
        console.error(error instanceof Failure ? withoutSecrets(`\n${error.message}`) : error);
        process.exitCode = exitCode(error);
    }
}

function exitCode(error: unknown): number {
    if (error instanceof CutOff || interrupts.aborted) {
        return 130;
    }
    return error instanceof WrongUsage ? 2 : 1;
}

function readOptions(
    config: ParseArgsConfig,
    usage: string,
): { values: Record<string, unknown>; positionals: string[] } {
    try {
        return parseArgs(config);
    } catch (error) {
        throw new WrongUsage((error as Error).message, usage);
    }
}
