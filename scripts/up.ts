// From a fresh machine to the open URL. `npm run up -- --help` says how.
import { dirname } from "node:path";
import { Listr } from "listr2";
import { confirm, withYes } from "./confirm.ts";
import { kubectlIn } from "./diagnosis.ts";
import { startEngine } from "./engine.ts";
import { loginOf, writeEnvironment } from "./environment.ts";
import { chooseHost, existingFolders, freePort, intentions } from "./host.ts";
import { startMinikube } from "./minikube.ts";
import { waitForPage } from "./page.ts";
import { unreachable } from "./place.ts";
import { applySettings, openStack, placeOf, selectStack, setting } from "./stack.ts";
import { keepStackFile } from "./stackFile.ts";
import { STEPS, runCommand } from "./steps.ts";
import { SUPPLY_CHOICE, SUPPLY_OPTIONS, SUPPLY_USAGE, askedSupply } from "./supplyOptions.ts";
import { hasVolume, saveAbandoned, update } from "./update.ts";
import { withoutSecrets } from "./withoutSecrets.ts";

const USAGE = `Brings the product up: tools, Minikube, images, stack, URL. Safe to run again and to interrupt.

    npm run up -- [--yes] [--stack NAME] [--memory SIZE] [${SUPPLY_CHOICE}]

    --yes             do not ask before something is installed
    --stack NAME      the stack to bring up (default: local)
    --memory SIZE     memory of a Minikube that has to be made (default: 4g)
${SUPPLY_USAGE}`;

/** Whether the URL leads nowhere until the stack's accessCommand runs. */
const needsCommand = (outputs: Record<string, string>) =>
    String(outputs["urlNeedsAccessCommand"]) === "true";

const DEFAULTS = { yes: false, memory: "4g", ...SUPPLY_OPTIONS };

async function main(options: { stack: string } & typeof DEFAULTS): Promise<void> {
    const project = dirname(import.meta.dirname);
    const place = await placeOf(project, options.stack);
    const { context } = place;
    const namespace = await setting(project, options.stack, "namespace");
    const byName = (await setting(project, options.stack, "ingressHost")) !== "";
    const nodePort = Number(await setting(project, options.stack, "frontendNodePort"));
    const host = await chooseHost(project, place, askedSupply(options, USAGE));
    const { supply } = host;
    if (!place.isMinikube && host.cluster !== "running") {
        throw unreachable(place, options.stack);
    }
    if (supply.notices !== undefined) {
        console.log(supply.notices.before);
    }
    await confirm(intentions(host, context), {
        yes: options.yes,
        command: withYes("up"),
    });

    const { backend, isOwn } = await loginOf(project, process.env);
    const stack = await openStack(project, options.stack, host.env);
    const kubectl = kubectlIn(place, namespace, stack.env);
    let opened: Record<string, string> = {};
    const steps = new Listr(
        [
            {
                title: "Docker engine",
                skip: () => host.lacksEngine === undefined && "one answers, or none is needed",
                task: (_, task) => startEngine((line) => (task.output = line)),
            },
            {
                title: "Tools",
                skip: () => host.missing.length === 0 && "pulumi and minikube are there",
                task: (_, task) =>
                    supply.installTools(host.missing, (line) => (task.output = line)),
            },
            {
                title: `Minikube, profile ${context}`,
                enabled: () => place.isMinikube,
                skip: () => host.cluster === "running" && "it is running",
                task: async (_, task) => {
                    const listener = (line: string) => (task.output = line);
                    await startMinikube(project, {
                        name: context,
                        memory: options.memory,
                        publish: `127.0.0.1:${await freePort(nodePort)}:${nodePort}`,
                        flags: await supply.minikubeFlags(listener),
                        env: host.env,
                        listener,
                    });
                },
            },
            {
                title: `Stack ${options.stack}${isOwn ? "" : `, kept at ${withoutSecrets(backend)}`}`,
                task: async () => {
                    await supply.installPlugins();
                    await writeEnvironment(project, stack.env, existingFolders(supply));
                    await selectStack(stack);
                    await applySettings(stack, supply, await hasVolume(stack, kubectl));
                    await keepStackFile(project, options.stack);
                },
            },
            {
                title: "pulumi up",
                task: async (_, task) => {
                    const backup = await saveAbandoned(stack);
                    task.title += backup === undefined ? "" : `, after a backup: ${backup}`;
                    opened = await update(
                        { ...stack, listener: (line) => (task.output = line) },
                        kubectl,
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
    if (supply.notices !== undefined) {
        console.log(`\n${supply.notices.after}`);
    }
    console.log(`
The habit tracker is open at ${opened["url"]}${needsCommand(opened) ? `, while this runs: ${opened["accessCommand"]}` : ""}

Next:
    source .local/env                               # pulumi, minikube and this stack in your shell
    pulumi config set --secret geminiApiKey         # the chatbot's key; then
    npm run up                                      # every change: source, settings, secrets
    npm run status                                  # what runs, and whether it answers; npm run logs, npm run open
    npm run down                                    # takes it all away
`);
}

await runCommand(USAGE, DEFAULTS, main);
