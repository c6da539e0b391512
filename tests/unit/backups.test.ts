import { expect } from "chai";
import { KEPT_ANNOTATION, STACK_LABEL } from "../../components/contents.ts";
import {
    type FakeMinikube,
    type ListedObject,
    type Registered,
    STACK_ID,
    installFakeMinikube,
    plain,
    runProgram,
} from "./harness.ts";

describe("scheduled backups", () => {
    let minikube: FakeMinikube;
    let spec: Record<string, unknown> & {
        jobTemplate: { spec: { template: { spec: Record<string, unknown> } } };
    };
    let claim: Registered | undefined;
    before(async () => {
        minikube = await installFakeMinikube();
        const { resources } = await runProgram({ backupSchedule: "0 3 * * *", backupKeep: "3" });
        const find = (name: string) => resources.find((resource) => resource.name === name);
        spec = plain(find("backups-schedule")?.inputs["spec"]) as typeof spec;
        claim = find("backups-volume");
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
