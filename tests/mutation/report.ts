// Has Stryker change components/ in small ways, one at a time, to see whether a test notices, and prints the scores.
// `npm run mutate -- --help` says how.
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const USAGE = `Changes components/ in small ways, one at a time, and sees whether a test notices.

    npm run mutate -- [COMPONENT[:LINE-LINE] …]

    COMPONENT    such as removal, or removal:98-140 (default: all of them, one after another; takes hours)

A component whose code and tests have not changed since is not tried again: a run that was interrupted goes on.
.local/mutation/ has a report for each, as HTML and JSON.
`;

/** The whole program, recorded. unit/keys and unit/conformance notice more of it, and take minutes for a change. */
const PROGRAM = "unit/program";

/** What tests each component: the tests that are about it, and all of the recorded program for what only wires. */
const TESTS: Record<string, readonly string[]> = {
    // what loses data, or somebody else's, comes first
    ownership: ["unit/ownership", "unit/existingSecret"],
    removal: ["unit/removal"],
    teardown: ["unit/ownership", "unit/removal", PROGRAM],
    contents: ["unit/ownership", "unit/existingSecret", "unit/backups", "unit/scaling"],
    existingSecret: ["unit/existingSecret", "unit/ownership"],
    database: [PROGRAM, "unit/ownership"],
    backups: ["unit/backups", PROGRAM],
    namespace: ["unit/namespace", PROGRAM, "unit/ownership"],
    identity: ["unit/ownership", PROGRAM],
    imageStore: ["unit/imagePlacing"],
    imagePlacing: ["unit/imagePlacing"],
    deliveryChoice: ["unit/delivery", "unit/minikube"],
    settings: ["unit/settings", "unit/existingSecret"],
    configuration: ["unit/configuration", "unit/existingSecret", PROGRAM],
    access: ["unit/access"],
    scaling: ["unit/scaling"],
    cluster: [
        "unit/configuration",
        "unit/minikube",
        "unit/contextCluster",
        "unit/delivery",
        "unit/ownership",
        PROGRAM,
    ],
    contextCluster: ["unit/contextCluster"],
    host: ["unit/host", "unit/contextCluster", "unit/delivery", "unit/minikube"],
    kubeconfig: ["unit/kubeconfig", "unit/contextCluster", "unit/minikube", "unit/delivery"],
    minikube: ["unit/minikube", "unit/delivery"],
    preflight: ["unit/minikube", "unit/delivery", PROGRAM],
    problems: ["unit/settings", "unit/minikube"],
    ...Object.fromEntries(
        ["image", "minikubeDaemon", "nodeImages", "placedImage", "prebuiltImage"].map((name) => [
            name,
            ["unit/delivery", PROGRAM],
        ]),
    ),
    dynamic: ["unit/delivery", "unit/imagePlacing"],
    pullSecret: ["unit/delivery", PROGRAM],
    registryImages: ["unit/delivery", PROGRAM],
    pods: ["unit/configuration", "unit/existingSecret", PROGRAM],
    ingress: ["unit/access", PROGRAM],
    tier: ["unit/scaling", "unit/delivery", PROGRAM],
    backend: [PROGRAM],
    frontend: [PROGRAM],
};

/** Tries the changes of one component, or of some of its lines. */
async function tryChanges(target: string): Promise<string> {
    const [name = "", lines] = target.split(":");
    const file = `components/${name}.ts`;
    const report = (ending: string) => `.local/mutation/${target.replace(":", "-")}.${ending}`;
    const results = await new Stryker({
        configFile: "tests/mutation/stryker.config.mjs",
        mutate: [lines === undefined ? file : `${file}:${lines}`],
        testFiles: TESTS[name]?.map((test) => `tests/${test}.test.ts`) ?? [],
        incrementalFile: report("incremental.json"),
        htmlReporter: { fileName: report("html") },
        jsonReporter: { fileName: report("json") },
    }).runMutationTest();
    const count = (...wanted: string[]) =>
        results.filter(({ status }) => wanted.includes(status)).length;
    const noticed = count("Killed", "Timeout");
    const not = count("Survived", "NoCoverage");
    const score = ((100 * noticed) / (noticed + not)).toFixed(1);
    return `${name}: ${score} % of ${noticed + not} noticed, ${not} not; ${count("Ignored")} not tried`;
}

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", default: false } },
});
const wrong = positionals.filter((target) => !((target.split(":")[0] ?? "") in TESTS));
if (values.help || wrong.length > 0) {
    console.log(USAGE);
    process.exitCode = wrong.length > 0 ? 2 : 0;
} else {
    const lines: string[] = [];
    for (const target of positionals.length > 0 ? positionals : Object.keys(TESTS)) {
        lines.push(await tryChanges(target));
    }
    console.log(["", ...lines].join("\n"));
}
