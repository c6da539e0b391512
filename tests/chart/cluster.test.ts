// What the chart makes of what is in the cluster already: secrets that stay, and data that nobody leaves behind.
import { expect } from "chai";
import { secretCommands } from "../../components/existingSecret.ts";
import { installGoTools } from "../tools.ts";
import { Cluster, type PutObject } from "./cluster.ts";
import {
    type KubernetesObject,
    RELEASE,
    type Rendering,
    readObjects,
    runHelm,
    template,
} from "./helm.ts";
import { COMBINATIONS, GIVEN, OTHER_VALUES } from "./settings.ts";

const CLAIM = "habit-tracker-database";
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the chart in a cluster", () => {
    let cluster: Cluster;
    let helm: string;
    before(async function () {
        this.timeout(0);
        ({ helm } = await installGoTools());
    });
    beforeEach(async () => {
        cluster = await Cluster.start();
    });
    afterEach(() => cluster.stop());

    const put = (plural: string, object: PutObject) => {
        cluster.put(plural, object);
    };
    const claim = (own: object = {}, name = CLAIM) =>
        put("persistentvolumeclaims", {
            metadata: { name, ...own },
            spec: {
                resources: { requests: { storage: "1Gi" } },
                storageClassName: "standard",
            },
        });
    const writtenBy = (major: string, user = "999") => ({
        annotations: {
            "meta.helm.sh/release-name": RELEASE,
            "habit-tracker/postgres-major": major,
            "habit-tracker/postgres-user-id": user,
        },
    });
    const usingVolume = (claimName = CLAIM, own: object = {}, image = "postgres:17-bookworm") =>
        put("statefulsets", {
            metadata: { name: "habit-tracker-database", ...own },
            spec: {
                template: {
                    spec: {
                        containers: [{ name: "postgres", image }],
                        volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
                    },
                },
            },
        });
    const PRODUCT = { "app.kubernetes.io/part-of": "habit-tracker" };
    const OF_STACK = {
        labels: {
            ...PRODUCT,
            "app.kubernetes.io/instance": "local",
            "habit-tracker/stack": "0123",
        },
        annotations: {},
    };
    const secrets = (data: Record<string, string> = {}, name = "habit-tracker-secrets") => {
        const entries = Object.entries<string>({
            DATABASE_URL:
                "postgresql://habit_tracker:kept-password@habit-tracker-database:5432/habit_tracker",
            JWT_SECRET: "kept-jwt-secret",
            ...data,
        });
        put("secrets", {
            metadata: { name, labels: { component: "configuration" } },
            data: Object.fromEntries(entries.map(([key, value]) => [key, base64(value)])),
        });
        put("secrets", {
            metadata: { name: "habit-tracker-database" },
            data: { password: base64("kept-password") },
        });
    };

    const render = (rendering: Rendering, upgrade: boolean) =>
        template(helm, {
            ...rendering,
            ...cluster.rendering,
            args: ["--dry-run=server", ...(upgrade ? ["--is-upgrade"] : [])],
        });
    async function objects(rendering: Rendering = {}, upgrade = true): Promise<KubernetesObject[]> {
        const { exitCode, stdout, stderr } = await render(rendering, upgrade);
        expect(stderr).to.equal("");
        expect(exitCode).to.equal(0);
        return readObjects(stdout);
    }
    async function refusal(settings: Record<string, string>, upgrade = true): Promise<string> {
        const { exitCode, stderr } = await render({ settings }, upgrade);
        expect(exitCode, "it was to be refused").not.to.equal(0);
        return stderr;
    }
    const find = (all: readonly KubernetesObject[], kind: string, name: string) =>
        all.find((object) => object.kind === kind && object.metadata.name === name);
    const entry = (all: readonly KubernetesObject[], secret: string, name: string) =>
        Buffer.from(
            (find(all, "Secret", secret)?.["data"] as Record<string, string>)[name] ?? "",
            "base64",
        ).toString();
    const digests = (all: readonly KubernetesObject[]) =>
        Object.fromEntries(
            ["backend", "frontend"].map((tier) => {
                const { spec } = find(all, "Deployment", `habit-tracker-${tier}`) as unknown as {
                    spec: { template: { metadata: { annotations: Record<string, string> } } };
                };
                const { annotations } = spec.template.metadata;
                return [tier, annotations["habit-tracker/configuration-digest"]];
            }),
        );

    it("makes a database's password and a JWT secret once for all that read them", async () => {
        const all = await objects({}, false);
        const password = entry(all, "habit-tracker-database", "password");
        expect(password).to.match(/^\w{64}$/);
        expect(entry(all, "habit-tracker-secrets", "DATABASE_URL")).to.equal(
            `postgresql://habit_tracker:${password}@habit-tracker-database:5432/habit_tracker`,
        );
        const jwtSecret = entry(all, "habit-tracker-secrets", "JWT_SECRET");
        expect(jwtSecret)
            .to.match(/^\w{64}$/)
            .and.not.to.equal(password);
    });

    it("keeps both with an upgrade, which changes nothing at all", async () => {
        secrets();
        claim(writtenBy("17"));
        usingVolume();
        const all = await objects();
        expect(entry(all, "habit-tracker-database", "password")).to.equal("kept-password");
        expect(entry(all, "habit-tracker-secrets", "JWT_SECRET")).to.equal("kept-jwt-secret");
        expect(entry(all, "habit-tracker-secrets", "DATABASE_URL")).to.contain(":kept-password@");
        expect(await objects()).to.deep.equal(all);
    });

    it("keeps both when the Secret gets another name", async () => {
        secrets();
        const all = await objects({ settings: { secretName: "other" } });
        expect(entry(all, "other", "JWT_SECRET")).to.equal("kept-jwt-secret");
        expect(entry(all, "other", "DATABASE_URL")).to.contain(":kept-password@");
    });

    it("does not take another release's", async () => {
        secrets();
        put("secrets", {
            metadata: {
                name: "habit-tracker-secrets",
                labels: { component: "configuration" },
                annotations: { "meta.helm.sh/release-name": "other" },
            },
            data: { JWT_SECRET: base64("kept-jwt-secret") },
        });
        const all = await objects();
        expect(entry(all, "habit-tracker-secrets", "JWT_SECRET")).to.match(/^\w{64}$/);
    });

    /** What each tier reads, as tests/unit/keys.test.ts says of the program. */
    const ROLLS: Record<string, string[]> = {
        apiUrl: ["frontend"],
        extraConfig: ["backend", "frontend"],
        ...Object.fromEntries(
            ["geminiModel", "geminiBaseUrl", "geminiApiKey", "jwtSecret", "jwtSecretPrevious"].map(
                (key) => [key, ["backend"]],
            ),
        ),
        jwtAlgorithm: ["backend"],
        databaseUrl: ["backend"],
        // what is in them is the same
        secretName: [],
        configMapName: [],
        backendServicePort: [],
    };
    for (const [key, tiers] of Object.entries(ROLLS)) {
        it(`rolls what reads ${key} by its digest, and nothing else`, async () => {
            secrets();
            const given = GIVEN[key] ?? {};
            const before = digests(await objects({ settings: given }));
            const { [key]: value = "" } = OTHER_VALUES;
            const after = digests(await objects({ settings: { ...given, [key]: value } }));
            expect(
                Object.keys(before).filter((tier) => before[tier] !== after[tier]),
            ).to.have.members(tiers);
        });
    }

    it("leaves the number of pods to an autoscaler", async () => {
        put("deployments", { metadata: { name: "habit-tracker-backend" }, spec: { replicas: 4 } });
        const replicas = async (settings: Record<string, string>) =>
            find(await objects({ settings }), "Deployment", "habit-tracker-backend")?.["spec"];
        expect(await replicas({ backendMaxReplicas: "5" })).to.include({ replicas: 4 });
        expect(await replicas({})).to.include({ replicas: 1 });
    });

    describe("with a volume that is there", () => {
        it("declares its own again, the dumps' too, to be kept whatever happens", async () => {
            claim(writtenBy("17"));
            const all = await objects({ settings: { backupSchedule: "0 3 * * *" } });
            const claims = all.filter(({ kind }) => kind === "PersistentVolumeClaim");
            expect(claims.map(({ metadata }) => metadata.name)).to.have.members([
                CLAIM,
                "habit-tracker-backups",
            ]);
            for (const { metadata } of claims) {
                expect(metadata.annotations).to.include({ "helm.sh/resource-policy": "keep" });
            }
        });

        it("refuses one that an uninstall left, and takes it up where it is told to", async () => {
            claim();
            expect(await refusal({}, false))
                .to.contain(
                    `The volume default/${CLAIM} was kept when a Helm release was uninstalled`,
                )
                .and.to.contain(`--set-string databaseExistingClaim=${CLAIM}`);
            for (const upgrade of [false, true]) {
                const all = await objects({ settings: { databaseExistingClaim: CLAIM } }, upgrade);
                expect(find(all, "PersistentVolumeClaim", CLAIM)).to.equal(undefined);
                expect(JSON.stringify(find(all, "StatefulSet", CLAIM))).to.contain(
                    `"claimName":"${CLAIM}"`,
                );
            }
        });

        it("says when it was a stack that kept it, and takes that one up", async () => {
            claim({ labels: PRODUCT, annotations: { "habit-tracker/kept": "2026-01-01" } });
            expect(await refusal({}, false)).to.contain("was kept when a stack was destroyed");
            await objects({ settings: { databaseExistingClaim: CLAIM } }, false);
        });

        for (const [already, own, handOver] of [
            [
                'the product already, as the Helm release "first"',
                { annotations: { "meta.helm.sh/release-name": "first" } },
                "in its place: helm uninstall first -n default, which leaves the database's volume",
            ],
            [
                'the stack "local" (ID 0123) already',
                OF_STACK,
                "in its place: pulumi config set databaseRetain true && npm run down",
            ],
        ] as const) {
            it(`refuses one in use where the namespace holds ${already}`, async () => {
                claim(own);
                usingVolume(CLAIM, own);
                for (const settings of [
                    {},
                    { databaseExistingClaim: CLAIM },
                    { databaseClaimName: "other" },
                    { databaseUrl: "postgresql://u:p@elsewhere/d" },
                ]) {
                    const said = await refusal(settings, false);
                    expect(said)
                        .to.contain("1 problem to mend")
                        .and.to.contain(`The namespace "default" holds ${already}`)
                        .and.to.contain("Names are fixed, so both would fight over")
                        .and.to.contain("Mend it: --namespace NAME")
                        .and.to.contain(handOver)
                        .and.to.contain(`then --set-string databaseExistingClaim=${CLAIM}`);
                }
            });
        }

        it("refuses a server that nobody tells whose it is, unless its volume is asked for", async () => {
            const nobodys = { labels: PRODUCT, annotations: {} };
            claim(nobodys);
            usingVolume(CLAIM, nobodys);
            expect(await refusal({}, false))
                .to.contain('The namespace "default" holds somebody\'s database already')
                .and.to.contain(`--take-ownership --set-string databaseExistingClaim=${CLAIM}`);
            // Helm asks for --take-ownership itself
            await objects({ settings: { databaseExistingClaim: CLAIM } }, false);
        });

        it("refuses a stack's, which would go with it, whatever is asked for", async () => {
            claim(OF_STACK);
            for (const settings of [{}, { databaseExistingClaim: CLAIM }]) {
                expect(await refusal(settings, false))
                    .to.contain(`The volume default/${CLAIM} is of the stack "local" (ID 0123)`)
                    .and.to.contain("pulumi config set databaseRetain true && npm run down")
                    .and.to.contain(`kubectl label pvc ${CLAIM} -n default habit-tracker/stack-`)
                    .and.to.contain(`then --set-string databaseExistingClaim=${CLAIM}`);
            }
            cluster.remove("persistentvolumeclaims", CLAIM);
            claim(OF_STACK, "habit-tracker-backups");
            expect(await refusal({ backupSchedule: "0 3 * * *" }, false)).to.contain(
                "The volume default/habit-tracker-backups is of the stack",
            );
        });

        it("refuses somebody else's", async () => {
            claim({ labels: {}, annotations: {} });
            expect(await refusal({})).to.contain("this release did not make it");
            claim({ labels: {}, annotations: {} }, "habit-tracker-backups");
            expect(
                await refusal({ backupSchedule: "0 3 * * *", databaseClaimName: "other" }),
            ).to.contain("habit-tracker-backups is there already");
        });

        it("refuses one that is to be taken up and is not there", async () => {
            expect(await refusal({ databaseExistingClaim: "kept" }, false)).to.contain(
                'databaseExistingClaim is "kept", and there is no such claim',
            );
        });

        it("refuses to leave it, unless it is told to", async () => {
            claim(writtenBy("17"));
            usingVolume();
            const abandon = { databaseAbandon: `default/${CLAIM}` };
            for (const settings of [
                { databaseClaimName: "other" },
                { databaseUrl: "postgresql://u:p@elsewhere/d" },
            ]) {
                expect(await refusal(settings)).to.contain(
                    `The database would no longer use its volume default/${CLAIM}`,
                );
                expect(
                    await refusal({ ...settings, databaseAbandon: "default/another" }),
                ).to.contain("would no longer use its volume");
                await objects({ settings: { ...settings, ...abandon } });
            }
        });

        it("refuses what its PostgreSQL could not read", async () => {
            claim(writtenBy("16"));
            expect(await refusal({})).to.contain("was written by PostgreSQL 16");
            const takenUp = { databaseExistingClaim: CLAIM };
            expect(await refusal(takenUp, false)).to.contain("was written by PostgreSQL 16");
            claim(writtenBy("17", "70"));
            expect(await refusal({})).to.contain("belongs to user 70");
            expect(await refusal(takenUp, false)).to.contain("belongs to user 70");
        });

        it("goes by the PostgreSQL that runs on it where it does not say what wrote it", async () => {
            const next = { databaseImage: "postgres:18-bookworm" };
            usingVolume();
            claim();
            expect(await refusal(next)).to.contain("was written by PostgreSQL 17");
            claim({ labels: {}, annotations: {} });
            const takenUp = { databaseExistingClaim: CLAIM };
            await objects({ settings: takenUp });
            expect(await refusal({ ...takenUp, ...next })).to.contain(
                "was written by PostgreSQL 17",
            );
            // nobody knows
            usingVolume("another");
            await objects({
                settings: { ...takenUp, ...next, databaseAbandon: "default/another" },
            });
        });

        it("still says what wrote it under an image that does not", async () => {
            const settings = { databaseImage: `postgres@sha256:${"0".repeat(64)}` };
            for (const own of [writtenBy("17"), {}]) {
                usingVolume();
                claim(own);
                const all = await objects({ settings });
                expect(find(all, "PersistentVolumeClaim", CLAIM)?.metadata.annotations).to.include({
                    "habit-tracker/postgres-major": "17",
                });
            }
        });

        it("refuses another size or class than it can get", async () => {
            claim(writtenBy("17"));
            expect(await refusal({ databaseStorage: "500Mi" })).to.contain("never gets smaller");
            const larger = { databaseStorage: "2Gi" };
            expect(await refusal(larger)).to.contain("cannot make a volume larger");
            put("storageclasses", { metadata: { name: "standard" }, allowVolumeExpansion: true });
            await objects({ settings: larger });
            expect(await refusal({ storageClass: "fast" })).to.contain('of the class "standard"');
        });

        it("counts in the quota what is there, whosever it is", async () => {
            const hard = async (settings: Record<string, string>) => {
                const all = await objects({ settings: { ...settings, ownNamespace: "true" } });
                const { spec } = find(all, "ResourceQuota", "habit-tracker") as unknown as {
                    spec: { hard: Record<string, string> };
                };
                return spec.hard;
            };
            expect(await hard({})).to.include({
                persistentvolumeclaims: "1",
                "requests.storage": "1Gi",
            });
            claim(writtenBy("17"));
            claim({}, "habit-tracker-backups");
            claim({ labels: {}, annotations: {} }, "left-behind");
            expect(await hard({})).to.include({
                persistentvolumeclaims: "3",
                "requests.storage": "3072Mi",
            });
            claim({ labels: {}, annotations: {} }, "another");
            // the database's own once, by whatever name
            cluster.remove("persistentvolumeclaims", CLAIM);
            expect(await hard({ databaseExistingClaim: "another" })).to.include({
                persistentvolumeclaims: "3",
            });
        });

        it("leaves the dumps where they are when there is no schedule any more", async () => {
            claim({}, "habit-tracker-backups");
            const all = await objects({ settings: { storageClass: "fast" } });
            const found = find(all, "PersistentVolumeClaim", "habit-tracker-backups");
            expect(found?.["spec"]).to.include({ storageClassName: "standard" });
            expect(JSON.stringify(find(all, "StatefulSet", CLAIM))).to.contain(
                "/var/backups/habit-tracker",
            );
            expect(find(all, "CronJob", "habit-tracker-backup")).to.equal(undefined);
        });
    });

    describe("with a Secret that exists already", () => {
        const MINE = { existingSecret: "mine" };
        const KEY = "canary-key-0123456789-0123456789-abc";
        const OTHER_KEY = "canary-other-0123456789-0123456789-a";
        const EXTERNAL = "postgresql://user:canary-password@elsewhere:6432/habits";
        const INSIDE = `postgresql://habit_tracker:kept-password@${CLAIM}:5432/habit_tracker`;
        const NOBODYS = { labels: {}, annotations: {} };
        const mine = (
            entries: Record<string, string> = {},
            more: object = NOBODYS,
            type = "Opaque",
        ) =>
            put("secrets", {
                metadata: { name: "mine", ...more },
                type,
                data: Object.fromEntries(
                    Object.entries({ DATABASE_URL: EXTERNAL, JWT_SECRET: KEY, ...entries }).map(
                        ([key, value]) => [key, base64(value)],
                    ),
                ),
            });
        /** The backend's Deployment, with a Secret of the release's own or one that exists. */
        const backend = (name: string, existing?: string) =>
            put("deployments", {
                metadata: {
                    name: "habit-tracker-backend",
                    annotations: {
                        "meta.helm.sh/release-name": RELEASE,
                        ...(existing === undefined
                            ? {}
                            : { "habit-tracker/existing-secret": existing }),
                    },
                },
                spec: {
                    replicas: 1,
                    template: { spec: { containers: [{ envFrom: [{ secretRef: { name } }] }] } },
                },
            });
        const COMMANDS = secretCommands("kubectl", "default");
        async function refused(settings: Record<string, string> = MINE, upgrade = true) {
            const said = await refusal(settings, upgrade);
            expect(said).not.to.match(/canary|error calling|nil pointer/);
            return said;
        }

        it("makes none, names that one and shows nothing of it", async () => {
            mine();
            const all = await objects({ settings: MINE }, false);
            expect(all.filter(({ kind }) => kind === "Secret")).to.deep.equal([]);
            expect(find(all, "StatefulSet", CLAIM)).to.equal(undefined);
            const found = find(all, "Deployment", "habit-tracker-backend");
            expect(JSON.stringify(found?.["spec"])).to.contain('"secretRef":{"name":"mine"}');
            expect(found?.metadata.annotations).to.include({
                "habit-tracker/existing-secret": "mine",
            });
            expect(JSON.stringify(all)).not.to.contain("canary");
        });

        it("rolls the backend once its data changed, and nothing else", async () => {
            mine();
            const before = digests(await objects({ settings: MINE }));
            expect(digests(await objects({ settings: MINE }))).to.deep.equal(before);
            mine({ GEMINI_API_KEY: "canary" });
            const after = digests(await objects({ settings: MINE }));
            expect(after["frontend"]).to.equal(before["frontend"]);
            expect(after["backend"]).not.to.equal(before["backend"]);
        });

        it("lets the backend out to its database, and to the model where it has a key", async () => {
            const policy = async () =>
                JSON.stringify(
                    find(
                        await objects({ settings: MINE }),
                        "NetworkPolicy",
                        "habit-tracker-backend",
                    ),
                );
            mine();
            expect(await policy())
                .to.contain('"port":6432')
                .and.not.to.contain("0.0.0.0/0");
            mine({ GEMINI_API_KEY: "canary" });
            expect(await policy()).to.contain("0.0.0.0/0");
        });

        it("goes on with the database in the cluster, where it has its password", async () => {
            secrets();
            claim(writtenBy("17"));
            usingVolume();
            mine({ DATABASE_URL: INSIDE });
            const all = await objects({ settings: { ...MINE, backupSchedule: "0 3 * * *" } });
            expect(find(all, "StatefulSet", CLAIM)).not.to.equal(undefined);
            expect(entry(all, CLAIM, "password")).to.equal("kept-password");
            const policy = find(all, "NetworkPolicy", "habit-tracker-backend");
            expect(JSON.stringify(policy)).to.contain(CLAIM);
        });

        it("is refused where its URL names that database and would not get in", async () => {
            mine({ DATABASE_URL: INSIDE });
            expect(await refused(MINE, false)).to.contain("the release has yet to generate");
            expect(await refused()).to.contain("the release has yet to generate");
            secrets();
            for (const url of [
                INSIDE.replace("kept-password", "canary"),
                ...["host=elsewhere", "port=1", "user=canary", "password=canary"].map(
                    (query) => `${INSIDE}?${query}`,
                ),
                `${INSIDE}s`,
                INSIDE.replace("@", "@elsewhere,"),
                `${EXTERNAL}?host=${CLAIM}.default.svc`,
            ]) {
                mine({ DATABASE_URL: url });
                expect(await refused(), url)
                    .to.contain("would not get into it")
                    .and.to.contain(COMMANDS.useOwnDatabase("mine"));
            }
            for (const host of [
                `${CLAIM}.default`,
                `${CLAIM}.default.svc.cluster.local`,
                CLAIM.toUpperCase(),
            ]) {
                mine({ DATABASE_URL: INSIDE.replace(CLAIM, host).replace(":5432", "") });
                await objects({ settings: MINE });
            }
        });

        it("is refused where it is not there, with the command that makes it", async () => {
            expect(await refused(MINE, false))
                .to.contain('there is no such Secret in the namespace "default"')
                .and.to.contain(COMMANDS.create("mine"));
            secrets();
            backend("habit-tracker-secrets");
            expect(await refused()).to.contain(COMMANDS.copy("habit-tracker-secrets", "mine"));
        });

        it("is refused where entries are missing, wrong or not its own to say", async () => {
            mine({ DATABASE_URL: " ", JWT_SECRET: "" });
            expect(await refused())
                .to.contain("the Secret default/mine has no DATABASE_URL and no JWT_SECRET")
                .and.to.contain(COMMANDS.replace("mine"));
            const wrong = {
                DATABASE_URL: "canary",
                JWT_SECRET: `CHANGE_ME-${KEY}`,
                JWT_SECRET_PREVIOUS: "canary",
                JWT_ALGORITHM: "canary",
                GEMINI_API_KEY: "canary canary",
            };
            mine(wrong);
            const said = await refused();
            for (const name of Object.keys(wrong)) {
                expect(said).to.contain(`${name} in the Secret default/mine is (not shown)`);
            }
            for (const ends of [`${KEY}\n`, ` ${KEY}`]) {
                mine({ JWT_SECRET: ends });
                expect(await refused())
                    .to.contain("JWT_SECRET in the Secret default/mine is (not shown)")
                    .and.to.contain("a signing key has no white space at its ends");
            }
            mine({ JWT_ALGORITHM: "HS384" });
            expect(await refused()).to.contain("JWT_SECRET in the Secret default/mine is (not");
            mine({ GEMINI_MODEL: "canary", FLAG: "canary" });
            expect(await refused({ ...MINE, extraConfig: '["FLAG=on"]' }))
                .to.contain("has GEMINI_MODEL and FLAG as well")
                .and.to.contain(COMMANDS.remove("mine", ["GEMINI_MODEL", "FLAG"]));
            mine({}, NOBODYS, "kubernetes.io/tls");
            expect(await refused()).to.contain("is of the type kubernetes.io/tls");
            mine();
            expect(await refused({ ...MINE, backupSchedule: "0 3 * * *" })).to.contain(
                "names a database of your own, and backupSchedule is set",
            );
        });

        it("is refused where it is the release's own, or somebody else's", async () => {
            mine({}, {});
            expect(await refused()).to.contain("that Secret is the release's own");
            mine({}, { annotations: { "meta.helm.sh/release-name": "other" } });
            expect(await refused()).to.contain('that Secret is of the release "other"');
            mine({}, OF_STACK);
            expect(await refused()).to.contain('that Secret is of the stack "local" (ID 0123)');
        });

        it("is not left or taken as if by the way", async () => {
            secrets({ JWT_SECRET: OTHER_KEY, DATABASE_URL: EXTERNAL });
            backend("habit-tracker-secrets");
            mine();
            expect(await refused())
                .to.contain("Everybody would have to log in again")
                .and.to.contain(COMMANDS.keepSessions("habit-tracker-secrets", "mine"));
            for (const previous of [OTHER_KEY, ""]) {
                mine({ JWT_SECRET_PREVIOUS: previous });
                await objects({ settings: MINE });
            }
            // another algorithm ends them with the same key, too
            const long = { JWT_SECRET: KEY.repeat(2) };
            secrets({ ...long, DATABASE_URL: EXTERNAL, JWT_ALGORITHM: "HS256" });
            mine({ ...long, JWT_ALGORITHM: "HS384" });
            expect(await refused()).to.contain("JWT_ALGORITHM HS256 in it");
            backend("mine", "mine");
            mine();
            expect(await refused({ databaseUrl: EXTERNAL }))
                .to.contain("the sessions are signed with JWT_SECRET in the Secret default/mine")
                .and.to.contain(
                    "kubectl get secret mine -n default -o go-template=" +
                        `'jwtSecret: {{.data.JWT_SECRET | base64decode | printf "%q"}}{{"\\n"}}' >> FILE, then -f FILE`,
                );
            cluster.remove("secrets", "habit-tracker-secrets");
            expect(await refused({ jwtSecret: KEY })).to.contain(
                "The backend would leave the database that DATABASE_URL in the Secret default/mine names",
            );
            await objects({ settings: { jwtSecret: KEY, databaseUrl: EXTERNAL } });
        });

        it("is taken for one of a database elsewhere where nobody can look", async () => {
            const { exitCode, stdout } = await template(helm, { settings: MINE });
            expect(exitCode).to.equal(0);
            const all = readObjects(stdout);
            expect(
                all.filter(({ kind }) => ["Secret", "StatefulSet"].includes(kind)),
            ).to.deep.equal([]);
            const policy = find(all, "NetworkPolicy", "habit-tracker-backend");
            expect(JSON.stringify(policy)).to.contain('"port":5432').and.to.contain("0.0.0.0/0");
            const again = await template(helm, { settings: MINE });
            expect(again.stdout).to.equal(stdout);
        });
    });

    /** What Helm prints after an installation. */
    async function notes(settings: Record<string, string>): Promise<string> {
        const { stdout, stderr } = await runHelm(helm, ["install", RELEASE], {
            settings,
            ...cluster.rendering,
            args: ["--dry-run=client", "--disable-openapi-validation"],
        });
        return stdout.split("NOTES:\n")[1] ?? stderr;
    }

    it("says how to open it, and what an uninstall leaves", async () => {
        const text = await notes({});
        expect(text).to.contain(":30080").and.to.contain("http://localhost:3000");
        expect(text).to.contain("leaves the database's volume");
        expect(text).to.contain(`--set-string databaseExistingClaim=${CLAIM}`);
        const tunnel = await notes({ frontendServiceType: "LoadBalancer" });
        expect(tunnel).to.contain("http://localhost:3000").and.to.contain("minikube tunnel");
        expect(await notes({ ...COMBINATIONS["an Ingress with a certificate"] })).to.contain(
            "https://habits.example.org",
        );
        const own = await notes({ databaseUrl: "postgresql://u:p@elsewhere/d" });
        expect(own).to.contain("The JWT secret").and.not.to.contain("volume");
        expect(own).to.contain("geminiApiKey in a values file of your own, mode 0600");
        const existing = await notes({ existingSecret: "mine" });
        expect(existing).to.contain("in the Secret mine").and.not.to.contain("generated");
    });

    it("names the volumes to take up and to delete, and no others", async () => {
        for (const [settings, name, dumps] of [
            [{}, CLAIM, ""],
            [{ databaseClaimName: "other" }, "other", ""],
            [{ databaseExistingClaim: "kept" }, "kept", ""],
            [{ backupSchedule: "0 3 * * *" }, CLAIM, " habit-tracker-backups"],
        ] as const) {
            const text = await notes(settings);
            expect(text).to.match(new RegExp(`--set-string databaseExistingClaim=${name}\n`));
            expect(`${text}\n`).to.match(
                new RegExp(`kubectl delete pvc -n default ${name}${dumps}\n`),
            );
        }
    });

    it("takes no Kubernetes without the autoscaler that it makes", async () => {
        const version = async (kubernetes: string) =>
            template(helm, { args: ["--kube-version", kubernetes] });
        expect((await version("1.22.17")).stderr).to.contain(
            "which is incompatible with Kubernetes v1.22.17",
        );
        expect((await version("1.23.0")).exitCode).to.equal(0);
    });

    it("shows no secret in what it says", async () => {
        const text = await notes({
            databaseUrl: "postgresql://u:canary-password@elsewhere/d",
            jwtSecret: "canary-key-0123456789-0123456789-abc",
            jwtSecretPrevious: "canary-before-0123456789-0123456789",
            geminiApiKey: "canary-gemini",
        });
        expect(text).to.contain("http://localhost:3000");
        expect(text).not.to.match(/canary|Y2FuYXJ5/);
    });

    it("refuses to put an empty database in the place of somebody's own", async () => {
        secrets({ DATABASE_URL: "postgresql://u:p@elsewhere/d" });
        expect(await refusal({}))
            .to.contain("databaseUrl is not set any more")
            .and.to.contain("Mend it: databaseUrl in a values file of your own, mode 0600");
        await objects({ settings: { databaseUrl: "postgresql://u:p@elsewhere/d" } });
    });
});
