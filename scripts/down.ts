// Takes the stack away. `npm run down -- --help` says how.
import { dirname } from "node:path";
import { execa } from "execa";
import { Listr } from "listr2";
import { STACK_LABEL } from "../components/contents.ts";
import { leadTo } from "../components/kubeconfig.ts";
import { confirm, withYes } from "./confirm.ts";
import { Failure } from "./failure.ts";
import { authority, madeProfiles } from "./minikube.ts";
import { type Place, kubectlCommand, unreachable } from "./place.ts";
import {
    type Belongings,
    type Stack,
    belongings,
    destroy,
    forget,
    openInstalled,
    readState,
    selectStack,
    setting,
} from "./stack.ts";
import { STEPS, runCommand } from "./steps.ts";

const USAGE = `Destroys everything that the stack made. Safe to run again and to interrupt.

    npm run down -- [--yes] [--stack NAME]

    --yes           do not ask before the database's volume is deleted
    --stack NAME    the stack to destroy (default: local)
`;

/**
 * Makes sure that the settings lead to the stack's own cluster. A cluster that is absent here may live on elsewhere: its
 * stack is not to be forgotten.
 */
async function requireHome(
    stack: string,
    { home, guarded, volumes }: Belongings,
    here: Place,
    absent: boolean,
): Promise<void> {
    if (home === undefined || !guarded) {
        if (volumes.length === 0) {
            return;
        }
        throw new Failure(
            `The stack ${stack} was last brought up by an earlier version of this program`,
            "Its state does not say which cluster it is in, nor what to keep of it.",
            `npm run up, then npm run down; if its cluster is gone for good: pulumi state delete --all --stack ${stack}`,
        );
    }
    if (home.profile !== here.context) {
        throw new Failure(
            `The stack ${stack} lives in the cluster "${home.profile}"`,
            `The settings lead to "${here.context}", where there is nothing of it.`,
            `${leadTo(home.profile, stack)}, then npm run down`,
        );
    }
    if (absent && home.authority !== (await authority())) {
        throw new Failure(
            `The stack ${stack} lives in a Minikube of another machine, or of another user`,
            `This machine has no profile "${home.profile}", which says nothing of that one.`,
            `npm run down there; if it is gone for good: pulumi state delete --all --stack ${stack}`,
        );
    }
}

/** All volumes that the destroy removes, each `NAMESPACE/NAME`: also one that the database left behind. */
async function volumesOf(
    { id, volumes }: Belongings,
    place: Place,
    { name: stack, env }: Pick<Stack, "name" | "env">,
): Promise<string[]> {
    const list = 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
    const label = `${STACK_LABEL}=${id ?? ""}`;
    const { stdout, stderr, exitCode } = await execa(
        ...kubectlCommand(
            place,
            ...["get", "pvc", "-A", "-l", label, "-o", list, "--request-timeout=10s"],
        ),
        { env, reject: false },
    );
    // what a destroy would delete has to be said before it does
    if (exitCode !== 0) {
        const { what, why, next } = unreachable(place, stack);
        throw new Failure(what, [why, stderr.trim()].filter(Boolean).join("\n   "), next);
    }
    return [...new Set([...volumes, ...stdout.split("\n").filter((line) => line.includes("/"))])];
}

async function main(options: { stack: string; yes: boolean }): Promise<void> {
    const project = dirname(import.meta.dirname);
    const { place, host, stack } = await openInstalled(project, options.stack);
    const { context } = place;
    await selectStack(stack);
    const own = belongings(await readState(stack));
    const absent = host.cluster === "absent";
    await requireHome(options.stack, own, place, absent);
    const retain = await setting(project, options.stack, "databaseRetain");
    const keeps = retain.toLowerCase() === "true";
    const taken = await setting(project, options.stack, "databaseExistingClaim");
    await confirm(
        absent || keeps
            ? []
            : (await volumesOf(own, place, stack))
                  .filter((volume) => !taken || !volume.endsWith(`/${taken}`))
                  .map(
                      (volume) =>
                          `delete the volume ${volume} with all that is in it (npm run backup saves it, databaseRetain keeps it)`,
                  ),
        { yes: options.yes, command: withYes("down") },
    );
    const steps = new Listr(
        [
            {
                title: "pulumi destroy",
                task: async (_, task) => {
                    const listening = {
                        ...stack,
                        listener: (line: string) => (task.output = line),
                    };
                    if (absent) {
                        task.title = `The profile ${context} is gone, and all with it: the stack's state is emptied`;
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
    const made = place.isMinikube && (await madeProfiles(project)).includes(context) && !absent;
    console.log(`
The stack ${options.stack} is empty. Its settings, secrets included, are kept for the next npm run up.
${keeps ? `Its volume is kept: pulumi config set databaseExistingClaim ${await setting(project, options.stack, "databaseClaimName")} takes it up again.\n` : ""}${made ? `\nMinikube goes on running: minikube stop -p ${context}, or minikube delete -p ${context}\n` : ""}`);
}

await runCommand(USAGE, { yes: false }, main);
