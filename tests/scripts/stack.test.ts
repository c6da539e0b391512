import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Host, freePort, intentions } from "../../scripts/host.ts";
import { releases } from "../../scripts/releases.ts";
import {
    adoptPending,
    belongings,
    isHeld,
    lockHolders,
    pendingId,
    plainSettings,
    setting,
} from "../../scripts/stack.ts";

describe("stack", () => {
    let project: string;
    before(async () => {
        project = await mkdtemp(join(tmpdir(), "stack-test-"));
        await writeFile(
            join(project, "Pulumi.yaml"),
            "config: { a: { default: 1 }, b: { default: x } }",
        );
        await writeFile(
            join(project, "Pulumi.s.yaml"),
            "config: { habit-tracker:b: own, habit-tracker:c: { secure: v1:abc } }",
        );
    });
    after(() => rm(project, { recursive: true }));

    it("reads a setting from the stack, else its default", async () => {
        expect(await setting(project, "s", "a")).to.equal("1");
        expect(await setting(project, "s", "b")).to.equal("own");
        expect(await plainSettings(project, "s")).to.deep.equal({ b: "own" });
        expect(await plainSettings(project, "none")).to.deep.equal({});
    });

    it("knows the ID of an object whose creation was cut off", () => {
        const pending = (type: string, metadata: object) =>
            pendingId({ type: "creating", resource: { urn: "u", type, inputs: { metadata } } });
        expect(pending("kubernetes:core/v1:Secret", { name: "a", namespace: "n" })).to.equal("n/a");
        expect(pending("kubernetes:core/v1:Namespace", { name: "a" })).to.equal("a");
        expect(pending("docker:index/image:Image", {})).to.equal(undefined);
    });

    it("takes creations that were cut off into the state, by the IDs that they must have", () => {
        const operation = (type: string, urn: string, kind: string) => ({
            type,
            resource: { urn, type: kind, inputs: { metadata: { name: "a", namespace: "n" } } },
        });
        const secret = operation("creating", "urn:secret", "kubernetes:core/v1:Secret");
        const image = operation("creating", "urn:image", "docker:index/image:Image");
        const update = operation("updating", "urn:other", "kubernetes:core/v1:Secret");
        const state = (pending_operations: object[], resources: object[] = [{ urn: "urn:old" }]) =>
            ({ version: 3, deployment: { resources, pending_operations } }) as Parameters<
                typeof adoptPending
            >[0];

        expect(adoptPending(state([]))).to.equal(undefined);
        expect(adoptPending(state([update]))).to.equal(undefined);
        expect(adoptPending(state([secret, image, update]))).to.deep.equal({
            urns: ["urn:secret"],
            state: state([update], [{ urn: "urn:old" }, { ...secret.resource, id: "n/a" }]),
        });
    });

    it("knows where a stack lives, and which volumes it has", () => {
        const keepers = { profile: "minikube", authority: "AA" };
        const resource = (type: string, more = {}) => ({ urn: `urn::${type}`, type, ...more });
        const resources = [
            resource("random:index/randomUuid:RandomUuid", { id: "id", outputs: { keepers } }),
            resource("kubernetes:core/v1:PersistentVolumeClaim", { id: "default/data" }),
            resource("kubernetes:core/v1:Secret", { id: "default/secret" }),
        ];
        const known = { home: keepers, id: "id", volumes: ["default/data"] };
        expect(belongings({ deployment: { resources } })).to.deep.equal({
            ...known,
            guarded: false,
        });
        resources.push(resource("pulumi-nodejs:dynamic/teardown:removeData"));
        expect(belongings({ deployment: { resources } }).guarded).to.equal(true);
        expect(belongings({})).to.deep.equal({
            home: undefined,
            id: undefined,
            guarded: false,
            volumes: [],
        });
    });

    it("finds who holds the stack's lock in Pulumi's message", () => {
        const message =
            "error: the stack is currently locked by 1 lock(s). Either wait …\n" +
            "  file:///x/.pulumi/locks/…: created by root@host (pid 4711) at 2026-11-23T05:00:00Z";
        expect(lockHolders(message)).to.deep.equal([{ host: "host", pid: 4711 }]);
        const other = "  s3://x/.pulumi/locks/…: created by me@mac.local (pid 12) at 2026-11-23";
        expect(lockHolders(`${message}\n${other}`)).to.deep.equal([
            { host: "host", pid: 4711 },
            { host: "mac.local", pid: 12 },
        ]);
        expect(lockHolders("error: something else: created by a@b (pid 1)")).to.deep.equal([]);
    });

    it("takes a lock away where its holder is known to be gone, and nowhere else", () => {
        const here = { host: hostname(), pid: process.pid };
        // a process that has ended
        const { pid } = spawnSync("true");
        expect(isHeld({ ...here, pid })).to.equal(false);
        expect(isHeld(here)).to.equal(true);
        // of another host's processes nothing is known
        expect(isHeld({ host: "another", pid })).to.equal(true);
    });

    it("publishes the wanted port, or a free one where it is taken", async () => {
        const server = createServer();
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        const { port } = server.address() as { port: number };
        expect(await freePort(port)).not.to.equal(port);
        await new Promise((closed) => server.close(closed));
        expect(await freePort(port)).to.equal(port);
    });

    it("says what would be installed before it is", async () => {
        const host: Host = {
            env: {},
            supply: await releases("/home/me/.pulumi"),
            missing: [],
            hasPlugins: true,
            cluster: "running",
            lacksEngine: undefined,
        };
        expect(intentions(host, "p")).to.deep.equal([]);
        const bare: Host = {
            ...host,
            missing: [{ name: "minikube", version: "1.2.3", url: "", sha256: "" }],
            cluster: "absent",
            lacksEngine: {
                engine: { state: "absent", reason: "" },
                machine: { platform: "linux", kernel: "", debianRoot: true },
            },
        };
        expect(intentions(bare, "p").join("\n"))
            .to.match(/^download minikube 1\.2\.3 from its official release into /)
            .and.to.contain("apt-get")
            .and.to.contain('profile "p"');
    });
});
