import { mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../scripts/failure.ts";
import {
    keepStackFile,
    readStackFile,
    requireStackFile,
    stackFileName,
} from "../../scripts/stackFile.ts";

describe("a stack's file", () => {
    let project: string;
    const SALTED = "encryptionsalt: v1:abc\nconfig:\n  habit-tracker:backendReplicas: 2\n";
    const write = (text: string) => writeFile(join(project, "Pulumi.local.yaml"), text);
    const failure = async (promise: Promise<unknown>) => {
        const error: unknown = await promise.then(
            () => undefined,
            (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(Failure);
        return (error as Failure).message;
    };
    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "stack-file-test-"));
    });
    afterEach(() => rm(project, { recursive: true }));

    it("has the stack's name, without its organization", () => {
        expect(
            ["local", "myorg/prod", "myorg/habit-tracker/prod"].map(stackFileName),
        ).to.deep.equal(["Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.prod.yaml"]);
    });

    it("is read, or is not there, or cannot be read: never taken for an empty one", async () => {
        expect(await readStackFile(project, "local")).to.equal(undefined);
        await write("");
        expect(await readStackFile(project, "local")).to.deep.equal({});
        await write(SALTED);
        expect(await readStackFile(project, "org/local")).to.deep.equal({
            encryptionsalt: "v1:abc",
            config: { "habit-tracker:backendReplicas": 2 },
        });
        await write("config:\n  habit-tracker:geminiApiKey: canary: x\n");
        expect(await failure(readStackFile(project, "local")))
            .to.match(/^Pulumi\.local\.yaml is no YAML: line 2, column \d+\n/)
            .and.not.to.contain("canary");
        // a folder is what root cannot read either
        expect(await failure(readStackFile(join(project, "Pulumi.local.yaml"), "x"))).to.contain(
            "Pulumi.x.yaml cannot be read",
        );
    });

    it("is missed where its salt is gone, with the way back", async () => {
        await requireStackFile(project, "local");
        await write(SALTED);
        await keepStackFile(project, "local");
        await requireStackFile(project, "local");
        // as an older version has it in git
        await write("config:\n  habit-tracker:minikubeProfile: minikube\n");
        expect(await failure(requireStackFile(project, "local")))
            .to.contain("Pulumi.local.yaml has lost")
            .and.to.contain("cp .local/Pulumi.local.yaml Pulumi.local.yaml");
        await unlink(join(project, "Pulumi.local.yaml"));
        expect(await failure(requireStackFile(project, "local"))).to.contain("has lost");
        // nothing is kept of a file that is not there
        await keepStackFile(project, "local");
        expect(await readFile(join(project, ".local/Pulumi.local.yaml"), "utf8")).to.equal(SALTED);
        await write("secretsprovider: awskms://key\n");
        await requireStackFile(project, "local");
    });
});
