// Writes the stack's Kubernetes objects as YAML, for review or GitOps. `npm run render -- --help` says how.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inspectHost } from "./host.ts";
import { manifests } from "./manifests.ts";
import { openStack, plannedState, setting } from "./stack.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Writes what the next pulumi up would have in the cluster as YAML, secrets masked.

    npm run render -- [--stack NAME] [--out FILE]

    --stack NAME    the stack to render (default: local)
    --out FILE      where to (default: .local/rendered.yaml)
`;

async function main(options: { stack: string; out: string }): Promise<void> {
    const project = dirname(dirname(fileURLToPath(import.meta.url)));
    const profile = await setting(project, options.stack, "minikubeProfile");
    const host = await inspectHost(project, profile);
    const stack = await openStack(project, options.stack, host.env);
    const { text, count } = manifests(await plannedState(stack));
    const file = resolve(options.out);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${count} objects in ${file}, secrets masked`);
}

await runCommand(USAGE, { out: join(".local", "rendered.yaml") }, main);
