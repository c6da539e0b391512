// What the chart makes of what is in the cluster already: secrets that stay, and data that nobody leaves behind.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Properties, Value } from "../../scripts/closed-network/providers/values.ts";
import { ApiServer } from "../providers/apiServer.ts";
import { installGoTools } from "../tools.ts";
import {
    type KubernetesObject,
    RELEASE,
    type Rendering,
    readObjects,
    runHelm,
    template,
} from "./helm.ts";
import { COMBINATIONS, GIVEN, OTHER_VALUES } from "./settings.ts";

/** The kinds that the chart has or looks up, by the path of their group. */
const KINDS: Record<string, [kind: string, plural: string, namespaced: boolean][]> = {
    "/api/v1": [
        ["Secret", "secrets", true],
        ["PersistentVolumeClaim", "persistentvolumeclaims", true],
        ["ServiceAccount", "serviceaccounts", true],
        ["ConfigMap", "configmaps", true],
        ["Service", "services", true],
    ],
    "/apis/apps/v1": [
        ["Deployment", "deployments", true],
        ["StatefulSet", "statefulsets", true],
    ],
    "/apis/storage.k8s.io/v1": [["StorageClass", "storageclasses", false]],
    "/apis/networking.k8s.io/v1": [
        ["NetworkPolicy", "networkpolicies", true],
        ["Ingress", "ingresses", true],
    ],
    "/apis/policy/v1": [["PodDisruptionBudget", "poddisruptionbudgets", true]],
};

/** The groups and kinds that the server says it has. */
function discovery(path: string): object | undefined {
    const kinds = KINDS[path];
    if (path === "/api") {
        return { kind: "APIVersions", versions: ["v1"] };
    }
    if (path === "/apis") {
        return {
            kind: "APIGroupList",
            groups: Object.keys(KINDS).flatMap((at) => {
                const [, groupVersion = "", name = ""] = /^\/apis\/((.+)\/v1)$/.exec(at) ?? [];
                const version = { groupVersion, version: "v1" };
                return name ? [{ name, versions: [version], preferredVersion: version }] : [];
            }),
        };
    }
    return (
        kinds && {
            kind: "APIResourceList",
            groupVersion: path.replace(/^\/apis?\//, ""),
            resources: kinds.map(([kind, name, namespaced]) => ({
                ...{ name, singularName: "", namespaced, kind },
                verbs: ["get", "list"],
            })),
        }
    );
}

/** An object without what {@link KINDS} says of it. */
interface PutObject {
    metadata: { name: string; labels?: Properties; annotations?: Properties };
    [field: string]: Value;
}

const CLAIM = "habit-tracker-database";
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the chart in a cluster", () => {
    let server: ApiServer;
    let helm: string;
    let folder: string;
    before(async function () {
        this.timeout(0);
        ({ helm } = await installGoTools());
        folder = await mkdtemp(join(tmpdir(), "habit-tracker-chart-"));
    });
    after(() => rm(folder, { recursive: true }));
    beforeEach(async () => {
        server = await ApiServer.start();
        await writeFile(join(folder, "config"), server.kubeconfig);
        server.answer = ({ method, path }) => {
            const body =
                path === "/version"
                    ? { major: "1", minor: "34", gitVersion: "v1.34.2" }
                    : discovery(path);
            return method === "GET" && body !== undefined
                ? { status: 200, body: { ...body } }
                : undefined;
        };
        put("serviceaccounts", { metadata: { name: "default" } });
    });
    afterEach(() => server.stop());

    /** Puts an object into the namespace default, as one of the release's unless it says otherwise. */
    function put(plural: string, { metadata, ...rest }: PutObject): void {
        const [path = "", kinds = []] =
            Object.entries(KINDS).find(([, of]) => of.some(([, name]) => name === plural)) ?? [];
        const [kind = "", , namespaced = false] = kinds.find(([, name]) => name === plural) ?? [];
        const place = namespaced ? `${path}/namespaces/default` : path;
        server.objects.set(`${place}/${plural}/${metadata.name}`, {
            apiVersion: path.replace(/^\/apis?\//, ""),
            kind,
            metadata: {
                namespace: "default",
                labels: { "app.kubernetes.io/part-of": "habit-tracker" },
                annotations: { "meta.helm.sh/release-name": RELEASE },
                ...metadata,
            },
            ...rest,
        });
    }

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
    const usingVolume = (claimName = CLAIM) =>
        put("statefulsets", {
            metadata: { name: "habit-tracker-database" },
            spec: {
                template: {
                    spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] },
                },
            },
        });
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
            args: ["--dry-run=server", ...(upgrade ? ["--is-upgrade"] : [])],
            env: { KUBECONFIG: join(folder, "config") },
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
        it("declares its own again, to be kept whatever happens", async () => {
            claim(writtenBy("17"));
            const found = find(await objects(), "PersistentVolumeClaim", CLAIM);
            expect(found?.metadata.annotations).to.include({ "helm.sh/resource-policy": "keep" });
        });

        it("refuses one that an uninstall left, and takes it up where it is told to", async () => {
            claim();
            expect(await refusal({}, false))
                .to.contain(`The volume default/${CLAIM} was kept`)
                .and.to.contain(`--set databaseExistingClaim=${CLAIM}`);
            for (const upgrade of [false, true]) {
                const all = await objects({ settings: { databaseExistingClaim: CLAIM } }, upgrade);
                expect(find(all, "PersistentVolumeClaim", CLAIM)).to.equal(undefined);
                expect(JSON.stringify(find(all, "StatefulSet", CLAIM))).to.contain(
                    `"claimName":"${CLAIM}"`,
                );
            }
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
                await objects({ settings: { ...settings, ...abandon } });
            }
        });

        it("refuses what its PostgreSQL could not read", async () => {
            claim(writtenBy("16"));
            expect(await refusal({})).to.contain("was written by PostgreSQL 16");
            claim(writtenBy("17", "70"));
            expect(await refusal({})).to.contain("belongs to user 70");
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

    /** What Helm prints after an installation. */
    async function notes(settings: Record<string, string>): Promise<string> {
        const { stdout, stderr } = await runHelm(helm, ["install", RELEASE], {
            settings,
            args: ["--dry-run=client", "--disable-openapi-validation"],
            env: { KUBECONFIG: join(folder, "config") },
        });
        return stdout.split("NOTES:\n")[1] ?? stderr;
    }

    it("says how to open it, and what an uninstall leaves", async () => {
        const text = await notes({});
        expect(text).to.contain(":30080").and.to.contain("http://localhost:3000");
        expect(text).to.contain("leaves the database's volume");
        expect(text).to.contain(`--set databaseExistingClaim=${CLAIM}`);
        const tunnel = await notes({ frontendServiceType: "LoadBalancer" });
        expect(tunnel).to.contain("http://localhost:3000").and.to.contain("minikube tunnel");
        expect(await notes({ ...COMBINATIONS["an Ingress with a certificate"] })).to.contain(
            "https://habits.example.org",
        );
        const own = await notes({ databaseUrl: "postgresql://u:p@elsewhere/d" });
        expect(own).to.contain("The JWT secret").and.not.to.contain("volume");
    });

    it("refuses to put an empty database in the place of somebody's own", async () => {
        secrets({ DATABASE_URL: "postgresql://u:p@elsewhere/d" });
        expect(await refusal({})).to.contain("databaseUrl is not set any more");
        await objects({ settings: { databaseUrl: "postgresql://u:p@elsewhere/d" } });
    });
});
