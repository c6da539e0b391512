import { expect } from "chai";
import { DUMP_SCRIPT } from "../../components/backups.ts";
import { KEPT_ANNOTATION, STACK_LABEL } from "../../components/contents.ts";
import { DNS_EGRESS, egressTo } from "../../components/pods.ts";
import {
    type FakeMinikube,
    type ListedObject,
    type Registered,
    STACK_ID,
    installFakeMinikube,
    plain,
    runProgram,
} from "./harness.ts";

interface PodSpec {
    restartPolicy?: string;
    containers: {
        command?: string[];
        workingDir?: string;
        env: { name: string; value: string }[];
        volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
    }[];
    volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
}

describe("scheduled backups", () => {
    let minikube: FakeMinikube;
    let spec: Record<string, unknown> & {
        jobTemplate: {
            spec: {
                template: {
                    metadata: { labels: Record<string, string> };
                    spec: Record<string, unknown>;
                };
            };
        };
    };
    let claim: Registered | undefined;
    let network: Registered | undefined;
    /** PostgreSQL's pod. */
    let server: PodSpec;
    before(async () => {
        minikube = await installFakeMinikube();
        const { resources } = await runProgram({ backupSchedule: "0 3 * * *", backupKeep: "3" });
        const find = (name: string) => resources.find((resource) => resource.name === name);
        spec = plain(find("backups-schedule")?.inputs["spec"]) as typeof spec;
        claim = find("backups-volume");
        network = find("backups-network");
        ({ spec: server } = (
            plain(find("database-server")?.inputs["spec"]) as { template: { spec: PodSpec } }
        ).template);
    });
    after(() => minikube.uninstall());

    it("run one at a time, and for a bounded time", () => {
        expect(spec).to.include({ schedule: "0 3 * * *", concurrencyPolicy: "Forbid" });
        expect(spec.jobTemplate.spec).to.include({ backoffLimit: 4, activeDeadlineSeconds: 1800 });
    });

    it("run under the restricted Pod Security profile, without a token", () => {
        const pod = spec.jobTemplate.spec.template.spec;
        expect(pod["automountServiceAccountToken"]).to.equal(false);
        expect(pod["serviceAccountName"]).to.equal("habit-tracker-backup");
        expect(pod["securityContext"]).to.include({ runAsNonRoot: true, runAsUser: 999 });
        const [container] = pod["containers"] as Record<string, unknown>[];
        expect(container?.["securityContext"]).to.deep.equal({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        });
    });

    it("are written where they are brought back from, which cannot change them", () => {
        const pod = spec.jobTemplate.spec.template.spec as unknown as PodSpec;
        const [dump, postgres] = [pod, server].map(({ containers, volumes }) => {
            const { name } = volumes.find(
                ({ persistentVolumeClaim: of }) => of?.claimName === "habit-tracker-backups",
            ) ?? { name: "" };
            return containers[0]?.volumeMounts.find((mount) => mount.name === name);
        });
        const held = server.volumes.find(({ name }) => name === dump?.name);
        expect(held?.persistentVolumeClaim).to.include({ readOnly: true });
        const { workingDir, env } = pod.containers[0] ?? {};
        expect(dump).to.deep.equal({ name: dump?.name, mountPath: workingDir });
        expect(postgres).to.deep.equal({ name: dump?.name, mountPath: workingDir, readOnly: true });
        expect(env).to.deep.include({ name: "KEEP", value: "3" });
        expect(env).to.deep.include({ name: "PGHOST", value: "habit-tracker-database" });
    });

    it("are the script's, once and anew by the Job alone, with the password from a file", () => {
        const pod = spec.jobTemplate.spec.template.spec as unknown as PodSpec;
        const { command, env = [], volumeMounts = [] } = pod.containers[0] ?? {};
        expect(command).to.deep.equal(["sh", "-c", DUMP_SCRIPT]);
        expect(pod.restartPolicy).to.equal("Never");
        const file = env.find(({ name }) => name === "PASSWORD_FILE")?.value ?? "";
        const mount = volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
        expect(mount).to.include({ readOnly: true });
        expect(pod.volumes.find(({ name }) => name === mount?.name)).to.have.nested.property(
            "secret.secretName",
            "habit-tracker-database",
        );
    });

    it("have the label that lets them to PostgreSQL", () => {
        const { template } = spec.jobTemplate.spec;
        expect(template.metadata.labels).to.include({ app: "habit-tracker-backup" });
    });

    it("run on the node of PostgreSQL's pod, which has their volume too", () => {
        const pod = spec.jobTemplate.spec.template.spec;
        expect(pod["affinity"]).to.deep.equal({
            podAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                    {
                        topologyKey: "kubernetes.io/hostname",
                        labelSelector: { matchLabels: { app: "habit-tracker-database" } },
                    },
                ],
            },
        });
    });

    it("reach PostgreSQL and names, and are reached by nobody", () => {
        expect(plain(network?.inputs["spec"])).to.deep.equal({
            podSelector: { matchLabels: { app: "habit-tracker-backup" } },
            policyTypes: ["Ingress", "Egress"],
            ingress: [],
            egress: [DNS_EGRESS, egressTo({ app: "habit-tracker-database", port: 5432 })],
        });
    });

    it("keep their volume when the schedule goes", () => {
        expect(claim?.options.retainOnDelete).to.equal(true);
    });

    /** Names of the resources in a cluster that has the claim already. */
    const withClaim = async (claim: Partial<ListedObject["metadata"]>, own = {}) => {
        minikube.setContents({
            persistentvolumeclaims: [
                {
                    metadata: { name: "habit-tracker-backups", namespace: "default", ...claim },
                    spec: { resources: { requests: { storage: "1Gi" } } },
                },
            ],
        });
        const { resources } = await runProgram(own);
        return resources.map(({ name }) => name).filter((name) => name.startsWith("backups-"));
    };

    it("keep their volume declared when the schedule goes, so that it can come back", async () => {
        expect(await withClaim({ labels: { [STACK_LABEL]: STACK_ID } })).to.deep.equal([
            "backups-volume",
        ]);
    });

    it("use the volume that a destroyed stack kept, and declare it not", async () => {
        expect(
            await withClaim(
                { annotations: { [KEPT_ANNOTATION]: "2026-11-24" } },
                { backupSchedule: "0 3 * * *" },
            ),
        ).to.have.members([...["backups-account", "backups-network", "backups-schedule"]]);
    });
});
