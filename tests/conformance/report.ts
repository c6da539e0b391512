// Proves every statement of the seed on the program and on a deployed stack, and prints the table.
import { runCommand } from "../../scripts/steps.ts";
import { installFakeMinikube } from "../unit/harness.ts";
import { readStack } from "./live.ts";
import { recordStack } from "./recorded.ts";
import { STATEMENTS } from "./statements.ts";

const USAGE = `Proves the resource model's statements on the program and on the deployed stack.

    npm run conformance -- [--stack NAME]

    --stack NAME    the stack to look at (default: local)
`;

/** Undefined where the check passes, else why not. */
async function outcome(check: () => void | Promise<void>): Promise<string | undefined> {
    try {
        await check();
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

async function main(options: { stack: string }): Promise<void> {
    const live = await readStack(process.cwd(), options.stack);
    const minikube = await installFakeMinikube();
    const recorded = await recordStack();
    await minikube.uninstall();

    const failures: string[] = [];
    let section = "";
    console.log("program  cluster  statement");
    for (const statement of STATEMENTS) {
        const program = await outcome(() => statement.recorded(recorded));
        const cluster = await outcome(() => statement.live(live));
        if (statement.section !== section) {
            ({ section } = statement);
            console.log(`\n${section}`);
        }
        const word = (failure: string | undefined) => (failure === undefined ? "pass" : "FAIL");
        const changed =
            statement.changed === undefined ? "" : `\n${" ".repeat(18)}but: ${statement.changed}`;
        console.log(
            `${word(program).padEnd(9)}${word(cluster).padEnd(9)}${statement.says}${changed}`,
        );
        for (const failure of [program, cluster]) {
            if (failure !== undefined) {
                failures.push(`${section}: ${statement.says}\n    ${failure}`);
            }
        }
    }
    const changed = STATEMENTS.filter((statement) => statement.changed !== undefined).length;
    console.log(
        `\n${STATEMENTS.length} statements, ${changed} of them in the form that the design gave them; ${failures.length} checks failed`,
    );
    if (failures.length > 0) {
        console.error(`\n${failures.join("\n\n")}`);
        process.exitCode = 1;
    }
}

await runCommand(USAGE, {}, main);
