import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { startMinikube } from "../../scripts/minikube.ts";

describe("startMinikube", () => {
    const path = process.env["PATH"] ?? "";
    let project: string;

    /** A program in front of all others, for as long as a test takes. */
    const program = (name: string, script: string) =>
        writeFile(join(project, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const start = () =>
        startMinikube(project, {
            name: "habits",
            memory: "2g",
            publish: "127.0.0.1:30080:30080",
            flags: [],
            env: { PATH: process.env["PATH"] ?? "" },
            listener: () => undefined,
        });
    const started = () => readFile(join(project, "started"), "utf8").catch(() => "");

    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "minikube-test-"));
        process.env["PATH"] = [project, path].join(delimiter);
        // 85: there is no such profile
        await program(
            "minikube",
            `[ "$1" = status ] && exit 85; [ "$1" = start ] && echo "$@" > ${project}/started`,
        );
    });
    afterEach(async () => {
        process.env["PATH"] = path;
        await rm(project, { recursive: true });
    });

    it("makes a profile where there is none", async () => {
        await program("docker", "exit 0");
        await start();
        expect(await started()).to.match(/^start -p habits .*--ports=127\.0\.0\.1:30080:30080/);
    });

    it("starts one that it made again on the ports that it has", async () => {
        await program("docker", "exit 0");
        await start();
        await program(
            "minikube",
            `[ "$1" = status ] && { echo Stopped Stopped; exit 7; }; [ "$1" = start ] && echo "$@" > ${project}/started`,
        );
        await start();
        expect(await started()).to.match(/^start -p habits /);
        expect(await started()).not.to.contain("--ports");
    });

    it("makes none on the volume that a deleted one left", async () => {
        await program(
            "docker",
            '[ "$*" = "volume ls --quiet --filter label=name.minikube.sigs.k8s.io=habits" ] && echo habits',
        );
        const refused = await start().then(
            () => "",
            (error: unknown) => (error as Error).message,
        );
        expect(refused).to.contain("deleted only by half").and.to.contain("volume habits");
        expect(refused).to.contain("minikube delete -p habits");
        expect(await started()).to.equal("");
    });
});
