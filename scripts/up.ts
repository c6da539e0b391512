// From a fresh machine to the open URL. `npm run up -- --help` says how.
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Listr } from "listr2";
import { BASE_IMAGES, SCRIPTS, installStandIns, minikubeFlags } from "./closed-network/index.ts";
import { confirm } from "./confirm.ts";
import { openDatabase } from "./database.ts";
import { type Kubectl, diagnose, kubectlIn } from "./diagnosis.ts";
import { defaultFile, writeDump } from "./dump.ts";
import { startEngine } from "./engine.ts";
import { writeEnvironment } from "./environment.ts";
import { Failure, indent } from "./failure.ts";
import { freePort, inspectHost, installTools, installedFolders, intentions } from "./host.ts";
import { startMinikube } from "./minikube.ts";
import { unreachable } from "./place.ts";
import { runRecipe } from "./recipe.ts";
import { interrupts } from "./run.ts";
import {
    type Stack,
    UP_FAILED,
    openStack,
    outputs,
    placeOf,
    selectStack,
    setDefaults,
    setting,
    up,
} from "./stack.ts";
import { STEPS, runCommand } from "./steps.ts";
import { within } from "./within.ts";

const USAGE = `Brings the product up: tools, Minikube, images, stack, URL. Safe to run again and to interrupt.

    npm run up -- [--yes] [--stack NAME] [--memory SIZE]

    --yes           do not ask before something is installed
    --stack NAME    the stack to bring up (default: local)
    --memory SIZE   memory of a Minikube that has to be made (default: 4g)
`;

/** Seconds that the page may take to answer after the rollouts are done. */
const PAGE_SECONDS = 60;

/** Waits until the page answers with 200. */
async function waitForPage(url: string): Promise<void> {
    const end = Date.now() + PAGE_SECONDS * 1000;
    let last = "";
    while (Date.now() < end) {
        interrupts.throwIfAborted();
        try {
            const response = await within(5, (signal) => fetch(url, { signal }));
            if (response.ok) {
                return;
            }
            last = `it answers ${response.status}`;
        } catch (error) {
            last = String((error as Error).cause ?? error);
        }
        await sleep(500);
    }
    throw new Failure(
        `${url} does not answer within ${PAGE_SECONDS} s`,
        last,
        "source .local/env && $(pulumi stack output accessCommand)",
    );
}

/**
 * Saves what is in a volume that the settings let the database leave behind, where it still runs on it.
 *
 * @returns what came of it, in words
 */
async function saveAbandoned(project: string, stack: string): Promise<string> {
    const abandoned = await setting(project, stack, "databaseAbandon");
    const database = await openDatabase(project, stack).catch((error: unknown) => {
        // one that is not up is not left behind either
        if (error instanceof Failure) {
            return undefined;
        }
        throw error;
    });
    if (database?.volume !== abandoned) {
        return "No volume is left behind";
    }
    const file = defaultFile(project, stack, new Date());
    try {
        await writeDump(database, file);
    } catch (error) {
        throw new Failure(
            `There is no backup of ${abandoned}, which the settings let the database leave behind`,
            (error as Error).message,
            "pulumi up goes on without one: the volume stays where it is until the stack is destroyed",
        );
    }
    return `Backup: ${file}`;
}

/**
 * Makes sure that the pods are those of the last update. Pulumi waits for a rollout, but where another Deployment changed
 * just before, its Kubernetes provider can look at what it remembers of this one, as it was, and take that for done.
 *
 * @throws Failure with what kubectl says of the first one that is not
 */
async function requireRollouts(kubectl: Kubectl): Promise<void> {
    for (const tier of ["backend", "frontend"]) {
        const deployment = `deployment/habit-tracker-${tier}`;
        const { stdout, stderr } = await kubectl(
            "rollout",
            "status",
            deployment,
            "--timeout=5m",
            "--request-timeout=0",
        );
        interrupts.throwIfAborted();
        if (!stdout.includes("successfully rolled out")) {
            throw new Failure(
                UP_FAILED,
                `${deployment} did not roll out: its new pods do not get ready, and the old ones serve on.\n   ${indent(stderr)}`,
                "see the lines above",
            );
        }
    }
}

/** How the preflight begins. */
const REFUSED = /\d+ problems? to mend before anything/;

/** Brings the stack up; a failure says what the cluster knows of it too. */
async function update(stack: Stack, kubectl: Kubectl): Promise<Record<string, string>> {
    const start = Date.now();
    try {
        await up(stack);
        await requireRollouts(kubectl);
    } catch (error) {
        // what was refused or interrupted has its reason already
        if (!(error instanceof Failure) || error.what !== UP_FAILED || REFUSED.test(error.why)) {
            throw error;
        }
        const more = await diagnose(start, kubectl).catch(() => "");
        throw more === ""
            ? error
            : new Failure(error.what, `${error.why}\n\n   ${indent(more)}\n`, error.next);
    }
    return outputs(stack);
}

/** Whether the URL leads nowhere until the stack's accessCommand runs. */
const needsCommand = (outputs: Record<string, string>) =>
    String(outputs["urlNeedsAccessCommand"]) === "true";

async function main(options: { stack: string; yes: boolean; memory: string }): Promise<void> {
    const project = dirname(dirname(fileURLToPath(import.meta.url)));
    const place = await placeOf(project, options.stack);
    const { context } = place;
    const namespace = await setting(project, options.stack, "namespace");
    const byName = (await setting(project, options.stack, "ingressHost")) !== "";
    const nodePort = Number(await setting(project, options.stack, "frontendNodePort"));
    const host = await inspectHost(project, place);
    if (!place.isMinikube && host.cluster !== "running") {
        throw unreachable(place, options.stack);
    }
    if (host.closedNetwork !== undefined) {
        console.log("Closed network: no release can be downloaded, so what is missing is built.");
        if (host.unreachable !== undefined) {
            console.log(host.unreachable);
        }
    }
    await confirm(intentions(host, context), {
        yes: options.yes,
        command: "npm run up -- --yes",
    });

    const stack = await openStack(project, options.stack, host.env);
    let opened: Record<string, string> = {};
    const steps = new Listr(
        [
            {
                title: "Tools",
                skip: () => host.missing.length === 0 && "pulumi and minikube are there",
                task: async (_, task) => {
                    await installTools(host, (line) => (task.output = line));
                    host.path = await installedFolders();
                },
            },
            {
                title: "Docker engine",
                skip: () => host.lacksEngine === undefined && "one answers, or none is needed",
                task: (_, task) => startEngine((line) => (task.output = line)),
            },
            {
                title: `Minikube, profile ${context}`,
                enabled: () => place.isMinikube,
                skip: () => host.cluster === "running" && "it is running",
                task: async (_, task) => {
                    const listener = (line: string) => (task.output = line);
                    const { closedNetwork } = host;
                    if (closedNetwork !== undefined) {
                        await runRecipe(SCRIPTS.images, closedNetwork, listener);
                    }
                    await startMinikube(project, {
                        name: context,
                        memory: options.memory,
                        publish: `127.0.0.1:${await freePort(nodePort)}:${nodePort}`,
                        flags: closedNetwork ? await minikubeFlags(closedNetwork) : [],
                        env: host.env,
                        listener,
                    });
                },
            },
            {
                title: `Stack ${options.stack}`,
                task: async () => {
                    if (host.needsStandIns) {
                        await installStandIns(host.env.PULUMI_HOME);
                    }
                    await writeEnvironment(project, stack.env, host.path);
                    await selectStack(stack);
                    if (host.closedNetwork !== undefined) {
                        await setDefaults(stack, BASE_IMAGES);
                    }
                },
            },
            {
                title: "A backup of the volume that may be left behind (databaseAbandon)",
                enabled: async () =>
                    (await setting(project, options.stack, "databaseAbandon")) !== "",
                task: async (_, task) => {
                    task.title = await saveAbandoned(project, options.stack);
                },
            },
            {
                title: "pulumi up",
                task: async (_, task) => {
                    opened = await update(
                        { ...stack, listener: (line) => (task.output = line) },
                        kubectlIn(place, namespace, stack.env),
                    );
                },
            },
            {
                title: "The page answers",
                skip: () =>
                    (needsCommand(opened) && "the way to it has to be opened first") ||
                    (byName && "what leads its name there is outside of this"),
                task: () => waitForPage(opened["url"] ?? ""),
            },
        ],
        STEPS,
    );
    await steps.run();
    if (host.needsStandIns) {
        console.log(
            "\nClosed network: stand-ins took the place of Pulumi's provider plugins, and the images stand on",
            "\nstand-in bases built from Debian, npm and PyPI. See scripts/closed-network/README.md.",
        );
    }
    console.log(`
The habit tracker is open at ${opened["url"]}${needsCommand(opened) ? `, while this runs: ${opened["accessCommand"]}` : ""}

Next:
    source .local/env                               # pulumi, minikube and this stack in your shell
    pulumi config set --secret geminiApiKey         # the chatbot's key; then
    npm run up                                      # every change: source, settings, secrets
    npm run down                                    # takes it all away
`);
}

await runCommand(USAGE, { yes: false, memory: "4g" }, main);
