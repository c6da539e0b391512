// Takes the stack away. `npm run down -- --help` says how.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Listr } from "listr2";
import { madeProfiles } from "./minikube.ts";
import { destroy, forget, openInstalled, selectStack } from "./stack.ts";
import { STEPS, runCommand } from "./steps.ts";

const USAGE = `Destroys everything that the stack made. Safe to run again and to interrupt.

    npm run down -- [--stack NAME]

    --stack NAME    the stack to destroy (default: local)
`;

async function main(options: { stack: string }): Promise<void> {
    const project = dirname(dirname(fileURLToPath(import.meta.url)));
    const { profile, host, stack } = await openInstalled(project, options.stack);
    const steps = new Listr(
        [
            {
                title: `Stack ${options.stack}`,
                task: () => selectStack(stack),
            },
            {
                title: "pulumi destroy",
                task: async (_, task) => {
                    const listening = {
                        ...stack,
                        listener: (line: string) => (task.output = line),
                    };
                    if (host.minikube === "absent") {
                        task.title = `The profile ${profile} is gone, and all with it: the stack's state is emptied`;
                        await forget(listening);
                    } else {
                        await destroy(listening);
                    }
                },
            },
        ],
        STEPS,
    );
    await steps.run();
    const made = (await madeProfiles(project)).includes(profile) && host.minikube !== "absent";
    console.log(`
The stack ${options.stack} is empty. Its settings, secrets included, are kept for the next npm run up.
${made ? `\nMinikube goes on running: minikube stop -p ${profile}, or minikube delete -p ${profile}\n` : ""}`);
}

await runCommand(USAGE, {}, main);
