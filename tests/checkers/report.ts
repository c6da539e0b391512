// Has kube-score, kubeconform and checkov look at the rendered objects and the Dockerfiles, and network-config-analyzer
// at what the network policies leave open. `npm run scan -- --help` says how.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifests } from "../../scripts/manifests.ts";
import { plannedState, setting } from "../../scripts/stack.ts";
import { runCommand } from "../../scripts/steps.ts";
import { openCluster } from "../cluster.ts";
import { installTools } from "../tools.ts";
import { type Finding, findAll } from "./findings.ts";
import { applying, imageKinds, readWaivers } from "./waivers.ts";

const USAGE = `Runs kube-score, kubeconform, checkov and network-config-analyzer on what the stack would have in the cluster.

    npm run scan -- [--stack NAME]

    --stack NAME    the stack to look at (default: local)
`;

const key = ({ checker, check, object }: Finding) => `${checker}  ${check}  ${object}`;

async function main(options: { stack: string }): Promise<void> {
    const project = process.cwd();
    const tools = await installTools();
    const { stack, kubectl, config: readConfig } = await openCluster(project, options.stack);
    const namespace = await setting(project, options.stack, "namespace");
    const { text, objects } = manifests(await plannedState(stack), {
        secrets: "by name",
    });
    const dockerfiles = ["docker/backend/Dockerfile", "docker/frontend/Dockerfile"];
    const folder = await mkdtemp(join(tmpdir(), "habit-tracker-scan-"));
    const file = join(folder, "rendered.yaml");
    await writeFile(file, text);
    const { findings, connections } = await findAll(tools, {
        manifests: file,
        objects,
        dockerfiles,
        openApi: await kubectl("get", "--raw", "/openapi/v2"),
        namespace,
        folder,
    });
    await rm(folder, { recursive: true });

    const config = await readConfig();
    const value = (name: string) => config[name]?.value ?? "";
    // pushed images go by their digest, those that were built elsewhere by their own reference
    const built = ["backend", "frontend"]
        .filter((tier) => value(`${tier}Image`) === "")
        .map((tier) => `${value(`${tier}ImageName`)}:${value(`${tier}ImageTag`)}`);
    const looked = {
        namespace,
        objects: [...objects, ...dockerfiles],
        images: imageKinds(text, built),
    };
    const listed = await readWaivers();
    const forced = applying(listed.waivers, looked);
    const decided = applying(listed.decisions, looked);
    const waived = [...forced, ...decided];
    const found = new Set(findings.map(key));
    const unlisted = [...found].filter(
        (finding) => !waived.some((waiver) => key(waiver) === finding),
    );
    const needless = waived.map(key).filter((waiver) => !found.has(waiver));

    const isSet = (name: string) => {
        const entry = config[name];
        return entry !== undefined && (entry.secret || Boolean(entry.value));
    };
    const expected = listed.connections
        .filter(({ when }) => when === undefined || isSet(when))
        .map(({ rule }) => rule);

    for (const waiver of forced) {
        console.log(`forced    ${key(waiver)}\n          seed: ${waiver.seed}; ${waiver.because}`);
    }
    for (const decision of decided) {
        console.log(`decided   ${key(decision)}\n          ${decision.because}`);
    }
    console.log(connections.map((line) => `open      ${line}`).join("\n"));
    console.log(
        `\n${objects.length} objects in the namespace ${namespace}, ${dockerfiles.length} Dockerfiles: ${found.size} findings, ` +
            `${forced.length} forced by the seed, ${decided.length} decided here, ${unlisted.length} of them unlisted; ${needless.length} waivers needless; ` +
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
            "Mend it, or list it in tests/checkers/waivers.yaml with the line of the seed that forces it, or as a decision",
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
