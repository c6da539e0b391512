// Takes the stack away. `npm run down -- --help` says how.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { Listr } from "listr2";
import { STACK_LABEL } from "../components/contents.ts";
import { confirm } from "./confirm.ts";
import { Failure } from "./failure.ts";
import { authority, kubectlArguments, madeProfiles } from "./minikube.ts";
import {
    type Belongings,
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
    here: { profile: string; absent: boolean },
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
    if (home.profile !== here.profile) {
        throw new Failure(
            `The stack ${stack} lives in the Minikube profile "${home.profile}"`,
            `minikubeProfile is "${here.profile}", where there is nothing of it.`,
            `pulumi config set minikubeProfile ${home.profile} --stack ${stack}, then npm run down`,
        );
    }
    if (here.absent && home.authority !== (await authority())) {
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
    profile: string,
    env: Record<string, string>,
): Promise<string[]> {
    const list = 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
    const { stdout } = await execa(
        "minikube",
        [
            ...kubectlArguments(profile, "get", "pvc", "-A"),
            ...["-l", `${STACK_LABEL}=${id ?? ""}`, "-o", list],
        ],
        // a cluster that does not answer is told by the destroy
        { env, reject: false },
    );
    return [...new Set([...volumes, ...stdout.split("\n").filter((line) => line.includes("/"))])];
}

async function main(options: { stack: string; yes: boolean }): Promise<void> {
    const project = dirname(dirname(fileURLToPath(import.meta.url)));
    const { profile, host, stack } = await openInstalled(project, options.stack);
    await selectStack(stack);
    const own = belongings(await readState(stack));
    const absent = host.minikube === "absent";
    await requireHome(options.stack, own, { profile, absent });
    const retain = await setting(project, options.stack, "databaseRetain");
    const keeps = retain.toLowerCase() === "true";
    const taken = await setting(project, options.stack, "databaseExistingClaim");
    await confirm(
        absent || keeps
            ? []
            : (await volumesOf(own, profile, stack.env))
                  .filter((volume) => !taken || !volume.endsWith(`/${taken}`))
                  .map(
                      (volume) =>
                          `delete the volume ${volume} with all that is in it (npm run backup saves it, databaseRetain keeps it)`,
                  ),
        { yes: options.yes, command: "npm run down -- --yes" },
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
    const made = (await madeProfiles(project)).includes(profile) && !absent;
    console.log(`
The stack ${options.stack} is empty. Its settings, secrets included, are kept for the next npm run up.
${keeps ? `Its volume is kept: pulumi config set databaseExistingClaim ${await setting(project, options.stack, "databaseClaimName")} takes it up again.\n` : ""}${made ? `\nMinikube goes on running: minikube stop -p ${profile}, or minikube delete -p ${profile}\n` : ""}`);
}

await runCommand(USAGE, { yes: false }, main);
