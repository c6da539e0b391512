// Has kube-score, kubeconform and checkov look at the rendered objects and the Dockerfiles, and network-config-analyzer
// at what the network policies leave open. `npm run scan -- --help` says how.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { manifests } from "../../scripts/manifests.ts";
import { plannedState, setting } from "../../scripts/stack.ts";
import { runCommand } from "../../scripts/steps.ts";
import { openCluster } from "../cluster.ts";
import { installTools } from "../tools.ts";
import { type Finding, findAll } from "./findings.ts";

const USAGE = `Runs kube-score, kubeconform, checkov and network-config-analyzer on what the stack would have in the cluster.

    npm run scan -- [--stack NAME]

    --stack NAME    the stack to look at (default: local)
`;

const Waivers = z.object({
    waivers: z.array(
        z.object({
            checker: z.string(),
            check: z.string(),
            objects: z.array(z.string()),
            /** The line of the seed that forces it. */
            seed: z.string(),
            because: z.string(),
            /** Only where the stack is in this namespace. */
            namespace: z.string().optional(),
        }),
    ),
    connections: z.array(
        z.object({
            rule: z.string(),
            /** Only with this setting. */
            when: z.string().optional(),
        }),
    ),
});

const key = ({ checker, check, object }: Finding) => `${checker}  ${check}  ${object}`;

async function main(options: { stack: string }): Promise<void> {
    const project = process.cwd();
    const tools = await installTools();
    const { stack, kubectl, config: readConfig } = await openCluster(project, options.stack);
    const namespace = await setting(project, options.stack, "namespace");
    const { text, count } = manifests(await plannedState(stack));
    const folder = await mkdtemp(join(tmpdir(), "habit-tracker-scan-"));
    const file = join(folder, "rendered.yaml");
    await writeFile(file, text);
    const { findings, connections } = await findAll(tools, {
        manifests: file,
        count,
        dockerfiles: ["docker/backend/Dockerfile", "docker/frontend/Dockerfile"],
        openApi: await kubectl("get", "--raw", "/openapi/v2"),
        namespace,
        folder,
    });
    await rm(folder, { recursive: true });

    const here = dirname(fileURLToPath(import.meta.url));
    const listed = Waivers.parse(parse(await readFile(join(here, "waivers.yaml"), "utf8")));
    const waived = listed.waivers
        .filter((waiver) => waiver.namespace === undefined || waiver.namespace === namespace)
        .flatMap(({ objects, ...waiver }) => objects.map((object) => ({ ...waiver, object })));
    const found = new Set(findings.map(key));
    const unlisted = [...found].filter(
        (finding) => !waived.some((waiver) => key(waiver) === finding),
    );
    const needless = waived.map(key).filter((waiver) => !found.has(waiver));

    const config = await readConfig();
    const isSet = (name: string) => {
        const entry = config[name];
        return entry !== undefined && (entry.secret || Boolean(entry.value));
    };
    const expected = listed.connections
        .filter(({ when }) => when === undefined || isSet(when))
        .map(({ rule }) => rule);

    for (const waiver of waived) {
        console.log(`waived    ${key(waiver)}\n          seed: ${waiver.seed}; ${waiver.because}`);
    }
    console.log(connections.map((line) => `open      ${line}`).join("\n"));
    console.log(
        `\n${count} objects in the namespace ${namespace}, 2 Dockerfiles: ${found.size} findings, ` +
            `${unlisted.length} of them unlisted; ${needless.length} waivers needless; ` +
            `${connections.length} kinds of connections open`,
    );
    for (const [what, list] of [
        [
            "Open, and not listed in tests/checkers/waivers.yaml",
            connections.filter((rule) => !expected.includes(rule)),
        ],
        [
            "Listed in tests/checkers/waivers.yaml, and not open",
            expected.filter((rule) => !connections.includes(rule)),
        ],
        [
            "Mend it, or list it in tests/checkers/waivers.yaml with the line of the seed that forces it",
            unlisted,
        ],
        ["No longer found: remove it from tests/checkers/waivers.yaml", needless],
    ] as const) {
        if (list.length > 0) {
            console.error(`\n${what}:\n${list.join("\n")}`);
            process.exitCode = 1;
        }
    }
}

await runCommand(USAGE, {}, main);
