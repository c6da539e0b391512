// Opens the product in a browser. `npm run open -- --help` says how.
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, parseCommandString } from "execa";
import { browserCommand } from "./browser.ts";
import { lookAtState, pageOf, startLooking } from "./facts.ts";
import { Failure } from "./failure.ts";
import { ofStack } from "./findings.ts";
import { endAtOnce } from "./run.ts";
import { runCommand } from "./steps.ts";
import { within } from "./within.ts";

const USAGE = `Prints the product's URL and opens it in the default browser, where there is one. Where a way to it has to be
opened first, that runs until Ctrl-C.

    npm run open -- [--stack NAME]

    --stack NAME    the stack to open (default: local)
`;

/** Opens a browser; where there is none, the printed URL has to do. */
async function openBrowser(url: string): Promise<void> {
    const command = browserCommand(url, process);
    if (command === undefined) {
        return;
    }
    // one that goes on stays when this process ends
    const browser = execa(...command, {
        detached: true,
        cleanup: false,
        stdio: "ignore",
        reject: false,
    });
    browser.unref();
    // that it does not start shows at once
    await Promise.race([browser, sleep(500)]);
}

const answers = (url: string) =>
    within(2, (signal) => fetch(url, { signal })).then(
        () => true,
        () => false,
    );

/** Waits until the way to a URL is open. */
async function waitFor(url: string, until: AbortSignal): Promise<boolean> {
    while (!until.aborted) {
        if (await answers(url)) {
            return true;
        }
        await sleep(300);
    }
    return false;
}

async function main({ stack }: { stack: string }): Promise<void> {
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const looker = await startLooking(project);
    const page = pageOf(await lookAtState(looker, stack));
    if (page === undefined) {
        throw new Failure(
            `The stack ${stack} is not up`,
            "It has no URL yet, or none any more.",
            `npm run up${ofStack(stack)}`,
        );
    }
    const { url, needsCommand, command } = page;
    if (!needsCommand) {
        console.log(url);
        if (!(await answers(url))) {
            console.error(
                `It does not answer now. Why, and what to do: npm run doctor${ofStack(stack)}`,
            );
        }
        await openBrowser(url);
        return;
    }
    console.log(`${url}, while this runs (Ctrl-C ends it): ${command}`);
    const ended = new AbortController();
    // not by a shell, which would keep what it runs when this process is ended
    const [program = "", ...args] = parseCommandString(command);
    const way = execa(program, args, {
        env: looker.env,
        stdio: "inherit",
        reject: false,
    }).finally(() => ended.abort());
    if (await waitFor(url, ended.signal)) {
        await openBrowser(url);
    }
    await way;
    throw new Failure(
        `The way to ${url} closed`,
        `${command} ended by itself.`,
        `npm run open${ofStack(stack)} again; if it stays so, npm run doctor${ofStack(stack)}`,
    );
}

await runCommand(USAGE, {}, main);
