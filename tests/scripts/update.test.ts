import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../scripts/failure.ts";
import { saveAbandoned, update } from "../../scripts/update.ts";

describe("a volume that the settings let the database leave behind", () => {
    const path = process.env["PATH"] ?? "";
    let project: string;

    const program = (name: string, script: string) =>
        writeFile(join(project, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    /** The stack's StatefulSet, on that claim. */
    const statefulSet = (claim: string) =>
        JSON.stringify({
            metadata: { name: "habit-tracker-database", labels: { "habit-tracker/stack": "id" } },
            spec: {
                template: {
                    spec: {
                        volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
                    },
                },
            },
        });
    /** A Minikube that runs, whose kubectl does that. */
    const minikube = (kubectl: string) =>
        program("minikube", `[ "$1" = status ] && { echo Running Running; exit; }\n${kubectl}`);
    const abandon = (value: string) =>
        writeFile(
            join(project, "Pulumi.local.yaml"),
            `config:\n  habit-tracker:databaseAbandon: ${value}\n`,
        );
    const save = () => saveAbandoned({ project, name: "local" });

    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "update-test-"));
        await symlink(join(process.cwd(), "node_modules"), join(project, "node_modules"));
        await symlink(join(process.cwd(), "Pulumi.yaml"), join(project, "Pulumi.yaml"));
        await program(
            "pulumi",
            `case "$*" in
            *"stack output"*) echo '{"namespace":"default"}' ;;
            *"stack export"*) echo '{"deployment":{"resources":[{"urn":"u","type":"random:index/randomUuid:RandomUuid","id":"id"}]}}' ;;
            esac`,
        );
        process.env["PATH"] = [project, path].join(delimiter);
    });
    afterEach(async () => {
        process.env["PATH"] = path;
        await rm(project, { recursive: true });
    });

    it("is not looked for where no setting names one", async () => {
        await writeFile(join(project, "Pulumi.local.yaml"), "config: {}\n");
        await minikube("exit 1");
        expect(await save()).to.equal(undefined);
    });

    it("is none where the database is on another, or is not there", async () => {
        await abandon("default/old");
        await minikube(`echo '${statefulSet("new")}'`);
        expect(await save()).to.equal(undefined);
        await minikube("exit 0");
        expect(await save()).to.equal(undefined);
    });

    it("is not left without a backup: neither where that fails, nor where nobody can tell", async () => {
        await abandon("default/old");
        for (const kubectl of [
            // found, and nothing answers in its pod
            `case "$*" in *" exec "*) echo gone >&2; exit 1 ;; esac; echo '${statefulSet("old")}'`,
            "echo 'connection refused' >&2; exit 1",
        ]) {
            await minikube(kubectl);
            const error: unknown = await save().catch((reason: unknown) => reason);
            expect(error).to.be.instanceOf(Failure);
            expect((error as Failure).what).to.equal(
                "There is no backup of default/old, which the settings let the database leave behind",
            );
        }
    });
});

describe("an update", () => {
    let project: string;
    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "update-test-"));
        // a pulumi that is content with everything
        await writeFile(
            join(project, "pulumi"),
            `#!/bin/sh\ncase "$*" in "stack output"*) echo '{"url":"http://here"}' ;; esac\n`,
            { mode: 0o755 },
        );
    });
    afterEach(() => rm(project, { recursive: true }));

    /** Updates, on a cluster whose kubectl says that of the rollout of a Deployment, and nothing of all else. */
    const updateWhere = (said: (deployment: string) => string) =>
        update(
            {
                name: "local",
                project,
                env: { PATH: [project, process.env["PATH"]].join(delimiter) },
                listener: () => undefined,
            },
            (verb = "", ...args) =>
                Promise.resolve({
                    exitCode: 0,
                    stdout: verb === "rollout" ? said(args.join(" ")) : "",
                    stderr: verb === "rollout" ? "1 old replica is pending termination" : "",
                }),
        );

    it("is done once both tiers have rolled out", async () => {
        expect(await updateWhere(() => "successfully rolled out")).to.deep.equal({
            url: "http://here",
        });
    });

    for (const tier of ["backend", "frontend"]) {
        it(`fails where the ${tier} has not, although Pulumi saw it done`, async () => {
            const error: unknown = await updateWhere((deployment) =>
                deployment.includes(tier) ? "Waiting" : "successfully rolled out",
            ).catch((reason: unknown) => reason);
            expect(error).to.be.instanceOf(Failure);
            expect((error as Failure).message)
                .to.contain(`deployment/habit-tracker-${tier} did not roll out`)
                .and.to.contain("1 old replica is pending termination");
        });
    }
});
