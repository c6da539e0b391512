import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { report } from "../../components/problems.ts";
import {
    KEYS,
    SECRET_KEYS,
    allowedRange,
    checkSettings,
    quantity,
} from "../../components/settings.ts";
import { REFUSED, TAKEN } from "./badValues.ts";
import { defaults, rawConfig } from "./harness.ts";

/** What the problems of a configuration say, as Pulumi would print it. */
const refusal = (own: Record<string, string>) => report(checkSettings(rawConfig(own)).problems);

describe("settings", () => {
    it("declares every key in Pulumi.yaml, with type, default and description", () => {
        const { config } = parse(readFileSync("Pulumi.yaml", "utf8")) as {
            config: Record<string, { type?: string; default?: unknown; description?: string }>;
        };
        const declared = Object.entries(config).filter(([key]) => !key.includes(":"));
        expect(declared.map(([key]) => key)).to.have.members([...KEYS]);
        for (const [key, { type, default: value, description }] of declared) {
            expect(type, key).to.be.oneOf(["string", "integer", "boolean", "array"]);
            expect(value, key).not.to.equal(undefined);
            expect(description, key).to.match(/^\S.{9,}/);
            expect(allowedRange(key), key).to.match(/^\S.{3,}/);
        }
    });

    it("accepts the defaults", () => {
        const { settings, problems } = checkSettings(rawConfig());
        expect(problems).to.deep.equal([]);
        expect(settings?.configuration.databaseUrl).to.equal(undefined);
        expect(settings?.configuration.jwtSecret).to.equal(undefined);
        expect(settings?.backend.maxReplicas).to.equal(undefined);
        expect(settings?.ingress).to.equal(undefined);
    });

    it("refuses secrets in plain text", () => {
        const values = { ...defaults(), jwtSecret: "0123456789".repeat(4) };
        const { problems } = checkSettings({ values, isEncrypted: () => false });
        expect(report(problems)).to.contain("jwtSecret is stored in plain text");
        expect(report(problems)).not.to.contain("0123456789");
    });

    it("refuses encrypted what would be shown in plain text: in a ConfigMap, in the state", () => {
        const values = {
            ...defaults(),
            ...{ extraConfig: '["TOKEN=hunter2"]', backendReplicas: "hunter2" },
            jwtSecret: "0123456789".repeat(4),
        };
        const { problems } = checkSettings({
            values,
            isEncrypted: (key) => ["extraConfig", "backendReplicas", "jwtSecret"].includes(key),
        });
        const text = report(problems);
        expect(text)
            .to.contain("extraConfig is encrypted")
            .and.to.contain("backendReplicas is (not shown)");
        expect(text).to.contain("pulumi config set --plaintext extraConfig VALUE");
        expect(text).not.to.contain("hunter2");
        expect(text).to.contain("2 problems");
    });

    it("refuses a key that nothing reads", () => {
        expect(refusal({ backendReplica: "2" })).to.contain("pulumi config rm backendReplica");
    });

    it("refuses a request above its limit", () => {
        expect(refusal({ backendCpuRequest: "1" })).to.contain(
            "backendCpuRequest is 1, more than backendCpuLimit with 500m",
        );
    });

    it("refuses a jwtSecret that is too short for its algorithm", () => {
        const own = { jwtSecret: "0123456789".repeat(4), jwtAlgorithm: "HS512" };
        expect(refusal(own)).to.contain("too short for the jwtAlgorithm HS512");
        expect(refusal(own)).not.to.contain("0123456789");
        const previous = { jwtSecretPrevious: own.jwtSecret, jwtAlgorithm: "HS384" };
        expect(refusal(previous)).to.contain("jwtSecretPrevious is too short");
        expect(checkSettings(rawConfig({ ...own, jwtAlgorithm: "HS256" })).problems).to.deep.equal(
            [],
        );
    });

    it("refuses an autoscaler that could make no pod, or fewer than it has to", () => {
        expect(refusal({ backendReplicas: "3", backendMaxReplicas: "2" }))
            .to.contain("backendMaxReplicas is 2, and backendReplicas is 3")
            .and.to.contain("pulumi config set backendMaxReplicas 3");
        expect(refusal({ frontendReplicas: "0", frontendMaxReplicas: "2" })).to.contain(
            "pulumi config set frontendReplicas 1",
        );
        for (const own of [
            { backendReplicas: "0" },
            { backendReplicas: "2", backendMaxReplicas: "2" },
            { backendReplicas: "5", backendMaxReplicas: "0" },
        ]) {
            expect(checkSettings(rawConfig(own)).problems).to.deep.equal([]);
        }
    });

    it("refuses a claim for a database that is not there", () => {
        const own = {
            databaseUrl: "postgresql://u:p@h:5432/d",
            databaseExistingClaim: "kept",
        };
        expect(refusal(own)).to.contain("both set");
    });

    it("refuses a schedule for a database that is not there", () => {
        const own = { databaseUrl: "postgresql://u:p@h:5432/d", backupSchedule: "0 3 * * *" };
        expect(refusal(own)).to.contain("databaseUrl and backupSchedule are both set");
    });

    it("takes schedules as cron has them", () => {
        for (const schedule of [
            "* * * * *",
            "*/15 3 1-31 * *",
            "*/5 0-6 1,15 1-12/3 0,6",
            "59 23 31 12 6",
        ]) {
            const { settings } = checkSettings(rawConfig({ backupSchedule: schedule }));
            expect(settings?.backups.schedule).to.equal(schedule);
        }
    });

    it("reports all mistakes at once", () => {
        const text = refusal({ backendReplicas: "x", frontendNodePort: "1", unknown: "y" });
        expect(text).to.contain("3 problems to mend");
    });

    it("groups the values by who reads them", () => {
        const { settings } = checkSettings(
            rawConfig({
                extraConfig: '["A=1=2","B="]',
                frontendServiceType: "ClusterIP",
                frontendServiceAnnotations: '["cloud.example/internal=a=b"]',
                ingressHost: "habits.example.org",
                databaseRetain: "true",
            }),
        );
        expect(settings?.configuration.extra).to.deep.equal({ A: "1=2", B: "" });
        expect(settings?.frontend.service).to.deep.equal({
            type: "ClusterIP",
            port: 3000,
            annotations: { "cloud.example/internal": "a=b" },
        });
        expect(settings?.ingress).to.deep.equal({
            host: "habits.example.org",
            className: undefined,
            tlsSecretName: undefined,
            annotations: {},
        });
        expect(settings?.database.retain).to.equal(true);
    });

    it("reads Kubernetes quantities", () => {
        expect(quantity("250m")).to.equal(0.25);
        expect(quantity("1.5")).to.equal(1.5);
        expect(quantity("1Gi")).to.equal(1024 ** 3);
        expect(quantity("1.25")).to.equal(1.25);
        expect(quantity("1GB")).to.be.NaN;
        expect(quantity("about 1")).to.be.NaN;
        expect(quantity("")).to.be.NaN;
    });

    it("takes quantities from the least to the greatest", () => {
        const bounded = KEYS.flatMap((key) => {
            const [, least, most] = / from (\S+) to (\S+)$/.exec(allowedRange(key)) ?? [];
            return /(Cpu|Memory|Storage)/.test(key) && least && most ? [{ key, least, most }] : [];
        });
        expect(bounded).to.have.length.above(10);
        for (const { key, least, most } of bounded) {
            // beside another one, a request may be too much
            const said = (value: string) => refusal({ [key]: value });
            expect(said(least), key).not.to.contain(`${key} is "`);
            expect(said(most), key).not.to.contain(`${key} is "`);
        }
    });

    it("knows which keys are secret", () => {
        expect(SECRET_KEYS.every((key) => KEYS.includes(key))).to.equal(true);
    });
});

describe("settings that need each other", () => {
    /** What is refused of these values; a secret is encrypted. */
    const refused = (own: Record<string, string>) =>
        checkSettings(rawConfig(own)).problems.map(({ what, next }) => `${what}: ${next}`);
    const login = { imageRegistryUser: "robot", imageRegistryPassword: "t0ken" };
    const registry = { imageRegistry: "registry.example/team" };

    for (const [own, wanted] of [
        [
            { ...registry, imageRegistryUser: "robot" },
            "imageRegistryUser is set, and imageRegistryPassword is not: pulumi config set --secret imageRegistryPassword",
        ],
        [
            { ...registry, imageRegistryPassword: "t0ken" },
            "imageRegistryPassword is set, and imageRegistryUser is not: pulumi config set imageRegistryUser VALUE",
        ],
        [
            login,
            "imageRegistryUser is set, and imageRegistry is not: pulumi config set imageRegistry HOST/PATH",
        ],
        [
            { imagePullPolicy: "Never", ...registry, imageDelivery: "registry" },
            "imagePullPolicy is Never, and images come by a registry (imageDelivery, kubeContext): pulumi config set imagePullPolicy IfNotPresent",
        ],
        [
            { imagePullPolicy: "Never", ...registry, kubeContext: "prod", backendImage: "a/b:1" },
            "imagePullPolicy is Never, and images come by a registry (imageDelivery, kubeContext): pulumi config set imagePullPolicy IfNotPresent",
        ],
        [
            { ingressClassName: "nginx" },
            "ingressClassName is set, and ingressHost is not: pulumi config set ingressHost HOST",
        ],
        [
            { ingressTlsSecretName: "tls" },
            "ingressTlsSecretName is set, and ingressHost is not: pulumi config set ingressHost HOST",
        ],
    ] as const) {
        it(`are refused one by one: ${Object.keys(own).join(", ")}`, () => {
            expect(refused(own)).to.deep.equal([wanted]);
        });
    }

    it("are taken together", () => {
        expect(refused({ ...login, ...registry })).to.deep.equal([]);
        expect(refused({ ...registry, imageDelivery: "registry" })).to.deep.equal([]);
        expect(refused({ ingressClassName: "nginx", ingressHost: "habits.example" })).to.deep.equal(
            [],
        );
        expect(refused({ imagePullPolicy: "Never" })).to.deep.equal([]);
        // nothing is built, so nothing comes by the registry
        expect(
            refused({
                imagePullPolicy: "Never",
                kubeContext: "prod",
                backendImage: "a/b:1",
                frontendImage: "a/c:1",
            }),
        ).to.deep.equal([]);
        // a limit may be what is asked for
        expect(refused({ backendCpuRequest: "300m", backendCpuLimit: "0.3" })).to.deep.equal([]);
    });

    it("are not compared where one of them is wrong by itself", () => {
        const one = (own: Record<string, string>) => {
            const problems = refused(own);
            expect(problems, problems.join("\n")).to.have.length(1);
            return problems[0];
        };
        expect(one({ ...registry, imageRegistryUser: "two words" })).to.contain(
            "imageRegistryUser is",
        );
        expect(one({ backendCpuRequest: "much", backendCpuLimit: "50m" })).to.contain(
            "backendCpuRequest is",
        );
        expect(one({ backendReplicas: "many", backendMaxReplicas: "1" })).to.contain(
            "backendReplicas is",
        );
        expect(one({ ingressClassName: "Two Words" })).to.contain("ingressClassName is");
        expect(one({ backendReplicas: "3", backendMaxReplicas: "many" })).to.contain(
            "backendMaxReplicas is",
        );
        expect(one({ existingSecret: "Two Words", geminiApiKey: "key" })).to.contain(
            "existingSecret is",
        );
    });

    it("show no value of a secret, of one that is none to this program either", () => {
        const { problems } = checkSettings({
            values: { ...defaults(), backendReplicas: "hunter2" },
            isEncrypted: (key) => key === "backendReplicas",
        });
        expect(report(problems))
            .to.contain("backendReplicas is (not shown)")
            .and.not.to.contain("hunter");
    });
});

describe("a good value of a setting", () => {
    const login = {
        imageRegistry: "registry.example",
        imageRegistryUser: "robot",
        imageRegistryPassword: "t0ken",
    };
    for (const [key, values] of Object.entries(TAKEN)) {
        it(`is taken: ${key}`, () => {
            for (const value of values) {
                const { problems } = checkSettings(rawConfig({ ...login, [key]: value }));
                expect(problems, value).to.deep.equal([]);
            }
        });
    }
});

describe("a bad value of a setting", () => {
    it("has a row below", () => {
        expect(Object.keys(REFUSED)).to.have.members([...KEYS]);
    });

    for (const [key, values] of Object.entries(REFUSED)) {
        it(`is refused, with key, value, range and command: ${key}`, () => {
            for (const value of values) {
                const secret = SECRET_KEYS.includes(key);
                const text = report(checkSettings(rawConfig({ [key]: value })).problems);
                expect(text).to.contain("1 problem to mend");
                expect(text).to.contain(
                    `${key} is ${secret ? "(not shown)" : JSON.stringify(value)}`,
                );
                expect(text).to.contain(allowedRange(key));
                expect(text).to.contain(
                    `Mend it: pulumi config set ${secret ? `--secret ${key}` : `${key} VALUE`}`,
                );
                expect(text).not.to.match(/hunter/);
            }
        });
    }
});
