// What the chart has from the program is up to date, and refuses what the program refuses.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { KEYS, SECRET_KEYS, allowedRange, checkSettings } from "../../components/settings.ts";
import { CHART_FOLDER, PULUMI_ONLY, chartFiles } from "../../scripts/chartFiles.ts";
import { installGoTools } from "../tools.ts";
import { REFUSED, TAKEN } from "../unit/badValues.ts";
import { rawConfig } from "../unit/harness.ts";
import { DEFAULTS, template } from "./helm.ts";
import { OTHER_VALUES } from "./settings.ts";

/** The seed's list. */
const FILES = [
    ...["Chart.yaml", "values.yaml", "values-local.yaml", "templates/_helpers.tpl"],
    ...["backend", "frontend"].flatMap((tier) => [
        `templates/${tier}-deployment.yaml`,
        `templates/${tier}-service.yaml`,
    ]),
    ...["templates/configmap.yaml", "templates/secret.yaml"],
];

const CHART_KEYS = KEYS.filter((key) => !(key in PULUMI_ONLY));

describe("the chart's files", () => {
    for (const [name, text] of Object.entries(chartFiles(readFileSync("Pulumi.yaml", "utf8")))) {
        it(`are up to date, or npm run chart writes them: ${name}`, () => {
            expect(readFileSync(join(CHART_FOLDER, name), "utf8")).to.equal(text);
        });
    }

    it("are those that the seed lists", () => {
        expect(FILES.filter((name) => !existsSync(join(CHART_FOLDER, name)))).to.deep.equal([]);
    });

    it("have the name, the versions and the description of the seed", () => {
        expect(parse(readFileSync(join(CHART_FOLDER, "Chart.yaml"), "utf8"))).to.include({
            name: "habit-tracker",
            version: "1.0.0",
            appVersion: "1.0.0",
            description: "Habit Tracker with AI Chatbot - Local Kubernetes Deployment",
        });
    });

    it("have a value for each setting that means something without Pulumi", () => {
        expect(Object.keys(DEFAULTS)).to.have.members([...CHART_KEYS, "ownNamespace"]);
    });
});

/** A value as the chart is given it: a number where the text is one, a list where it is JSON. */
function asValue(key: string, text: string): unknown {
    if (typeof DEFAULTS[key] === "string") {
        return text;
    }
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

describe("a good value of the chart", () => {
    let helm: string;
    before(async function () {
        this.timeout(0);
        ({ helm } = await installGoTools());
    });

    it("is taken, as the program takes it", async () => {
        const most = Math.max(...Object.values(TAKEN).map(({ length }) => length));
        for (let round = 0; round < most; round += 1) {
            const settings = Object.fromEntries(
                Object.entries(TAKEN).map(([key, values]) => [
                    key,
                    values[round % values.length] ?? "",
                ]),
            );
            const all = { ...settings, imageRegistry: "registry.example" };
            const { exitCode, stderr } = await template(helm, { settings: all });
            expect(exitCode, `${JSON.stringify(all)}: ${stderr}`).to.equal(0);
        }
    });
});

describe("a bad value of the chart", () => {
    let helm: string;
    before(async function () {
        this.timeout(0);
        ({ helm } = await installGoTools());
    });

    /** What Helm says of values that it has to refuse. */
    async function refusal(values: Record<string, unknown>, namespace = "default") {
        const { exitCode, stderr } = await template(helm, { namespace }, values);
        expect(exitCode, JSON.stringify(values)).not.to.equal(0);
        return stderr;
    }

    // as many at once as have so many: a rendering names all, those first that the schema knows
    const most = Math.max(...CHART_KEYS.map((key) => REFUSED[key]?.length ?? 0));
    for (let round = 0; round < most; round += 1) {
        it(`is refused by its name, whatever else is wrong: no. ${round + 1} of each`, async () => {
            const bad = new Map(
                CHART_KEYS.flatMap((key) => {
                    const text = REFUSED[key]?.[round];
                    return text === undefined ? [] : [[key, asValue(key, text)] as const];
                }),
            );
            while (bad.size > 0) {
                const said = await refusal(Object.fromEntries(bad));
                const named = [...bad.keys()].filter((key) =>
                    new RegExp(`\\b${key}\\b`).test(said),
                );
                expect(named, `none of ${[...bad.keys()].join(", ")}: ${said}`).not.to.deep.equal(
                    [],
                );
                expect(said).not.to.match(/hunter|nil pointer|error calling/);
                named.forEach((key) => bad.delete(key));
            }
        });
    }

    it("of a namespace is refused", async () => {
        expect(await refusal({}, "kube-system")).to.contain('namespace is "kube-system"');
    });

    it("is refused where it is no setting, and where a setting has none", async () => {
        expect(await refusal({ backendReplica: 1 })).to.contain("backendReplica");
        expect(await refusal({ backendReplicas: null })).to.contain("backendReplicas");
    });

    it("is refused with the range in words, all at once, and without a secret", async () => {
        const said = await refusal({
            jwtSecret: "hunter2",
            backendCpuLimit: "65",
            ingressHost: "192.168.49.2",
        });
        expect(said).to.contain("3 problems to mend before anything is created or changed:");
        for (const key of ["jwtSecret", "backendCpuLimit", "ingressHost"]) {
            expect(said).to.contain(`Allowed: ${allowedRange(key)}.`);
        }
        expect(said).to.contain("jwtSecret is (not shown)").and.not.to.contain("hunter2");
    });
});

describe("values of the chart that are wrong together", () => {
    let helm: string;
    before(async function () {
        this.timeout(0);
        ({ helm } = await installGoTools());
    });

    const SECRET = "a-secret-of-32-characters-0123456789";
    const TOGETHER: Record<string, string>[] = [
        ...["backend", "frontend", "database"].flatMap((of) => [
            { [`${of}CpuRequest`]: "2" },
            { [`${of}MemoryRequest`]: "2Gi" },
            { [`${of}EphemeralStorageRequest`]: "2Gi" },
        ]),
        { backendMaxReplicas: "2", backendReplicas: "3" },
        { frontendMaxReplicas: "2", frontendReplicas: "0" },
        { jwtAlgorithm: "HS512", jwtSecret: SECRET },
        { jwtAlgorithm: "HS384", jwtSecretPrevious: SECRET },
        { imageRegistry: "registry.example", imageRegistryUser: "robot" },
        { imageRegistry: "registry.example", imageRegistryPassword: "t0ken" },
        { imageRegistryUser: "robot", imageRegistryPassword: "t0ken" },
        { ingressClassName: "nginx" },
        { ingressTlsSecretName: "tls" },
        { databaseUrl: OTHER_VALUES["databaseUrl"] ?? "", databaseExistingClaim: "kept" },
        { databaseUrl: OTHER_VALUES["databaseUrl"] ?? "", backupSchedule: "0 3 * * *" },
        { existingSecret: "mine", geminiApiKey: "a-hunter-key" },
        { existingSecret: "mine", jwtSecret: `${SECRET}-${SECRET}`, jwtAlgorithm: "HS384" },
    ];
    for (const settings of TOGETHER) {
        it(`are refused in the program's words: ${Object.keys(settings).join(", ")}`, async () => {
            const { problems } = checkSettings(rawConfig(settings));
            expect(problems).to.have.length(1);
            const { exitCode, stderr } = await template(helm, { settings });
            expect(exitCode).not.to.equal(0);
            expect(stderr).to.contain("1 problem to mend");
            for (const { what, why } of problems) {
                expect(stderr).to.contain(what);
                // this host's own login is nothing to Helm
                expect(stderr).to.contain(why.replace(/; without either.*$/, "."));
            }
            for (const key of SECRET_KEYS.filter((name) => settings[name])) {
                expect(stderr).not.to.contain(settings[key]);
            }
        });
    }

    /** What Helm is told by the commands that a refusal prints, but for those with a place to fill in. */
    const printed = (said: string) =>
        [...said.matchAll(/--set(?:-string)? (\w+)=([^\s;,]*)/g)]
            .filter(([, , value = ""]) => !/^[A-Z/]{2,}$/.test(value))
            .map(([command, key = ""]) => ({ key, args: command.split(" ") }));

    for (const [settings, keys] of [
        [{ backendCpuRequest: "2", backendCpuLimit: "1" }, ["backendCpuRequest"]],
        [{ backendMaxReplicas: "2", backendReplicas: "3" }, ["backendMaxReplicas"]],
        [{ frontendMaxReplicas: "2", frontendReplicas: "0" }, ["frontendReplicas"]],
        [{ existingSecret: "mine", geminiApiKey: "a-key" }, ["existingSecret"]],
        [{ imagePullPolicy: "Never", imageRegistry: "registry.example" }, ["imagePullPolicy"]],
        [
            {
                databaseUrl: OTHER_VALUES["databaseUrl"] ?? "",
                databaseExistingClaim: "kept",
                backupSchedule: "0 3 * * *",
            },
            ["databaseExistingClaim", "backupSchedule"],
        ],
    ] as const) {
        it(`are mended by the commands that are printed: ${keys.join(" ")}`, async () => {
            const { stderr } = await template(helm, { settings });
            const commands = printed(stderr).filter(({ key }) => keys.some((name) => name === key));
            expect(commands.map(({ key }) => key)).to.include.members([...keys]);
            const args = commands.flatMap((command) => command.args);
            const { exitCode, stderr: after } = await template(helm, { settings, args });
            expect(exitCode, after).to.equal(0);
        });
    }

    it("name a file for a secret, and no argument", async () => {
        const said = await Promise.all(
            [
                Object.fromEntries(SECRET_KEYS.map((key) => [key, "a b"])),
                { jwtAlgorithm: "HS512", jwtSecret: SECRET, jwtSecretPrevious: SECRET },
                { imageRegistry: "registry.example", imageRegistryUser: "robot" },
            ].map(async (settings) => (await template(helm, { settings })).stderr),
        );
        for (const key of SECRET_KEYS) {
            expect(said.join("")).to.contain(
                `Mend it: ${key} in a values file of your own, mode 0600, with -f FILE`,
            );
            expect(said.join("")).not.to.match(new RegExp(`--set(-string)? ${key}=`));
        }
    });

    it("are refused where the nodes may not pull what is in a registry", async () => {
        const settings = { imagePullPolicy: "Never", imageRegistry: "registry.example" };
        expect((await template(helm, { settings })).stderr).to.contain("imagePullPolicy is Never");
        const prebuilt = { ...settings, backendImage: "a:1", frontendImage: "b:1" };
        expect((await template(helm, { settings: prebuilt })).exitCode).to.equal(0);
    });
});
