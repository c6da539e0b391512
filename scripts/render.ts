// Writes the stack's Kubernetes objects as YAML, for review or GitOps. `npm run render -- --help` says how.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { manifests } from "./manifests.ts";
import { openInstalled, plannedState } from "./stack.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Writes what the next pulumi up would have in the cluster as YAML, without the Secrets.

    npm run render -- [--stack NAME] [--out FILE]

    --stack NAME    the stack to render (default: local)
    --out FILE      where to (default: .local/rendered.yaml)
`;

async function main(options: { stack: string; out: string }): Promise<void> {
    const project = dirname(import.meta.dirname);
    const { stack } = await openInstalled(project, options.stack);
    const { text, objects, leftOut, needed } = manifests(await plannedState(stack));
    const file = resolve(options.out);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${objects.length} objects in ${file}`);
    for (const [names, says] of [
        [leftOut, "left out, and made by pulumi up from the encrypted settings, or by kubectl"],
        [needed, "needed, and not made by the program"],
    ] as const) {
        if (names.length > 0) {
            console.log(`${names.join(", ")}: ${says}`);
        }
    }
}

await runCommand(USAGE, { out: join(".local", "rendered.yaml") }, main);
