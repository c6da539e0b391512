// Shows what the pods print. `npm run logs -- --help` says how.
import { dirname } from "node:path";
import { execa } from "execa";
import { OURS } from "./diagnosis.ts";
import { toolsEnvironment } from "./facts.ts";
import { Failure } from "./failure.ts";
import { ofStack } from "./findings.ts";
import { kubectlCommand, placeState, unreachable } from "./place.ts";
import { endAtOnce } from "./run.ts";
import { placeOf, setting } from "./stack.ts";
import { WrongUsage, runCommand } from "./steps.ts";
import { usedSupply } from "./supply.ts";

const TIERS = ["backend", "frontend", "database"];

const USAGE = `Shows the logs of all pods of a tier, each line with its pod; without a tier, of all that the stack runs.

    npm run logs -- [${TIERS.join("|")}] [--follow] [--previous] [--tail N] [--stack NAME]

    --follow        go on until Ctrl-C
    --previous      of the containers before the last restart
    --tail N        so many lines of each container (default: 100)
    --stack NAME    the stack whose logs to show (default: local)
`;

interface Options {
    stack: string;
    follow: boolean;
    previous: boolean;
    tail: string;
}

async function main({ stack, follow, previous, tail }: Options, tier: string): Promise<void> {
    if (tier !== "" && !TIERS.includes(tier)) {
        throw new WrongUsage(`There is no tier ${tier}`, USAGE);
    }
    if (!/^\d+$/.test(tail)) {
        throw new WrongUsage(`--tail takes a number of lines, not ${tail}`, USAGE);
    }
    endAtOnce();
    const project = dirname(import.meta.dirname);
    const place = await placeOf(project, stack);
    const namespace = await setting(project, stack, "namespace");
    const env = toolsEnvironment(await usedSupply(project));
    if ((await placeState(place, env)) !== "running") {
        throw unreachable(place, stack);
    }
    const selector = tier === "" ? OURS : `${OURS},component=${tier}`;
    const list = ["get", "pods", "-l", selector, "-o", "name", "--request-timeout=10s"];
    const pods = await execa(...kubectlCommand(place, "-n", namespace, ...list), {
        env,
        reject: false,
    });
    if (pods.exitCode === 0 && pods.stdout.trim() === "") {
        throw new Failure(
            `There is no pod of ${tier === "" ? "the stack" : `the ${tier}`} in the namespace ${namespace}`,
            "Nothing was started there, or somebody scaled it to none.",
            `npm run doctor${ofStack(stack)}, which says what is there`,
        );
    }
    const { exitCode } = await execa(
        ...kubectlCommand(
            place,
            ...["-n", namespace, "logs", "-l", selector, "--prefix", "--all-containers"],
            ...["--ignore-errors", "--max-log-requests=30", `--tail=${tail}`],
            ...(follow ? ["--follow"] : []),
            ...(previous ? ["--previous"] : []),
        ),
        { env, reject: false, stdin: "ignore", stdout: "inherit", stderr: "inherit" },
    );
    if (exitCode !== 0) {
        throw new Failure(
            "The logs cannot be shown",
            "kubectl says why above.",
            `npm run doctor${ofStack(stack)}, which says what is there`,
        );
    }
}

await runCommand(USAGE, { follow: false, previous: false, tail: "100" }, main, "[TIER]");
