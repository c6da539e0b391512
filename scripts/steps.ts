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

/** Runs a command's main function: a {@link Failure} is shown as it is, anything else with its stack trace. */
export async function runMain(main: () => Promise<void>): Promise<void> {
    handleInterrupts();
    try {
        await main();
    } catch (error) {
        console.error(error instanceof Failure ? `\n${error.message}` : error);
        process.exitCode = 1;
    }
}
