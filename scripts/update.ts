import { NoDatabase, openDatabase } from "./database.ts";
import { type Kubectl, diagnose } from "./diagnosis.ts";
import { defaultFile, writeDump } from "./dump.ts";
import { Failure, indent } from "./failure.ts";
import { interrupts } from "./run.ts";
import { type Stack, UP_FAILED, outputs, setting, up } from "./stack.ts";

/** Whether the volume of a stack's database is there, or may be. */
export async function hasVolume({ project, name }: Stack, kubectl: Kubectl): Promise<boolean> {
    const claim =
        (await setting(project, name, "databaseExistingClaim")) ||
        (await setting(project, name, "databaseClaimName"));
    const { exitCode, stdout } = await kubectl(
        "get",
        "pvc",
        claim,
        "--ignore-not-found",
        "-o=name",
    );
    return exitCode !== 0 || stdout !== "";
}

/**
 * Saves what is in a volume that the settings let the database leave behind (databaseAbandon), where it still runs on it.
 *
 * @returns the file; undefined where no volume is left behind
 */
export async function saveAbandoned({
    project,
    name: stack,
}: Pick<Stack, "project" | "name">): Promise<string | undefined> {
    const abandoned = await setting(project, stack, "databaseAbandon");
    if (abandoned === "") {
        return undefined;
    }
    try {
        const database = await openDatabase(project, stack);
        if (database.volume !== abandoned) {
            return undefined;
        }
        const file = defaultFile(project, stack, new Date());
        await writeDump(database, file);
        return file;
    } catch (error) {
        // one that is not there is not left behind either
        if (error instanceof NoDatabase) {
            return undefined;
        }
        throw new Failure(
            `There is no backup of ${abandoned}, which the settings let the database leave behind`,
            (error as Error).message,
            "pulumi up goes on without one: the volume stays where it is until the stack is destroyed",
        );
    }
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

/**
 * Brings the stack up; a failure says what the cluster knows of it too.
 *
 * @returns the stack's outputs
 */
export async function update(stack: Stack, kubectl: Kubectl): Promise<Record<string, string>> {
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
