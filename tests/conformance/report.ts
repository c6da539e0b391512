// Proves every statement of the seed on the program and on a deployed stack, and prints the table.
import { runCommand } from "../../scripts/steps.ts";
import { readStack } from "./live.ts";
import { installCluster, recordStack } from "./recorded.ts";
import { outcome, summary, tableOf } from "./table.ts";

const USAGE = `Proves the resource model's statements on the program and on the deployed stack.

    npm run conformance -- [--stack NAME]

    --stack NAME    the stack to look at (default: local)

A statement holds, holds in another form, or is absent: the table says why. Where this stack's settings differ from the
seed's, its objects are compared with the settings, and the row says so. "-" is a check that cannot tell. What takes Helm is
not tried here: the row says which command does.
`;

async function main(options: { stack: string }): Promise<void> {
    const live = await readStack(process.cwd(), options.stack);
    const minikube = await installCluster();
    const recorded = await recordStack();
    const rows = await tableOf(recorded, live);
    await minikube.uninstall();

    let section = "";
    console.log("program  cluster  statement");
    for (const row of rows) {
        if (row.section !== section) {
            ({ section } = row);
            console.log(`\n${section}`);
        }
        const words = [row.program, row.cluster].map((said) => outcome(said).padEnd(9)).join("");
        console.log([`${words}${row.says}`, ...row.remarks].join(`\n${" ".repeat(18)}`));
    }
    console.log(`\n${summary(rows)}`);
    const failures = rows.filter(({ failures: { length } }) => length > 0);
    if (failures.length > 0) {
        const texts = failures.map((row) =>
            [`${row.section}: ${row.says}`, ...row.failures].join("\n    "),
        );
        console.error(`\n${texts.join("\n\n")}`);
        process.exitCode = 1;
    }
}

await runCommand(USAGE, {}, main);
