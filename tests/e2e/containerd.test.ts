// The main job on what a newcomer has, a Minikube with containerd; then the same cluster by its context alone, with a registry.
// The tests depend on each other in this order; the first failure ends the run.
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { BACKEND_APP } from "../../components/backend.ts";
import { FRONTEND_APP } from "../../components/frontend.ts";
import { within } from "../../scripts/within.ts";
import { decoded } from "../conformance/live.ts";
import { Installation } from "./installation.ts";
import { openLocally, startContainerd } from "./minikubes.ts";
import { followQuickstart } from "./quickstart.ts";
import { TestRegistry } from "./registry.ts";
import { withoutFailedRequests } from "./traffic.ts";

const PLACE = { profile: "habit-tracker-containerd", namespace: "habit-tracker-containerd" };
/** The last command of quickstart.md. */
const TAKE_AWAY = "npm run down";
/** Names of the test's own: they are built in this host's Docker, where a developer's may be. */
const [BACKEND_IMAGE, FRONTEND_IMAGE] = ["containerd-backend", "containerd-frontend"];

describe("the product on a Minikube with containerd", function () {
    this.bail(true);
    let installation: Installation;
    let registry: TestRegistry | undefined;
    let url: string;
    let server: Server | undefined;
    before(async () => {
        installation = await Installation.make(PLACE);
        await startContainerd(installation);
    });
    after(async () => {
        server?.close();
        try {
            await registry?.stop();
        } finally {
            await installation.remove();
        }
    });

    const pulumiUp = () => installation.shell("pulumi up --yes --skip-preview 2>&1");
    const output = async (name: string) =>
        (await installation.shell(`pulumi stack output ${name}`)).trim();
    const unchanged = () =>
        installation.shell("pulumi preview --expect-no-changes --non-interactive");
    /** The names of the product's images on the node. */
    const onNode = async () =>
        (
            await installation.node(
                "sudo ctr --namespace k8s.io images ls -q | grep -E 'containerd-(back|front)end' || true",
            )
        )
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean)
            .sort();
    /** The IDs of images on the node that have neither a name nor a digest. */
    const nameless = async () => {
        const output = await installation.node("sudo crictl images -o json");
        const { images } = JSON.parse(output) as {
            images: { id: string; repoTags?: string[]; repoDigests?: string[] }[];
        };
        return images
            .filter(
                ({ repoTags = [], repoDigests = [] }) => !repoTags.length && !repoDigests.length,
            )
            .map(({ id }) => id);
    };
    const onHost = () =>
        installation.shell(
            `docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -E '^(${registry?.address ?? "none"}/)?containerd-(back|front)end' || true`,
        );
    /** What the pods of a tier run, those that go left aside. */
    const image = (app: string) =>
        installation.kubectl(
            `get deployment ${app} -n ${PLACE.namespace} -o jsonpath={.spec.template.spec.containers[0].image}`,
        );
    const editBackend = () =>
        appendFile(
            join(installation.folder, "docker/backend/src/habit_tracker/main.py"),
            "\n# changed by the end-to-end test\n",
        );
    /** Opens the page at the stack's URL, from this host. */
    async function open(): Promise<void> {
        server?.close();
        ({ url, server } = await openLocally(await output("url")));
        expect((await fetch(url)).status).to.equal(200);
    }

    it("comes up by quickstart.md, its images copied onto the node", async () => {
        await installation.set({
            backendImageName: BACKEND_IMAGE,
            frontendImageName: FRONTEND_IMAGE,
            backendCpuRequest: "100m",
            frontendCpuRequest: "100m",
        });
        const key = randomBytes(32).toString("hex");
        const file = join(installation.folder, ".env");
        const secret = async () => {
            const [found] = await installation.get<{ data: Record<string, string> }>(
                "secrets --field-selector metadata.name=habit-tracker-secrets",
            );
            return decoded(found?.data);
        };
        let generated: Record<string, string> = {};
        const ran = await followQuickstart(installation, (command) => command !== TAKE_AWAY, {
            // as its text says
            "install -m 600 .env.example .env": async () => {
                generated = await secret();
                const example = await readFile(file, "utf8");
                const filled = example
                    .replace(/^GEMINI_API_KEY=.*$/m, `GEMINI_API_KEY=${key}`)
                    .replace(/^JWT_SECRET=.*$/m, "JWT_SECRET=")
                    .replace(/^DATABASE_URL=.*$/m, "DATABASE_URL=");
                await writeFile(file, filled);
            },
        });
        expect(ran).to.have.length(5);
        expect(generated["JWT_SECRET"]).to.match(/^\w{32,}$/);
        expect(await secret()).to.deep.equal({ ...generated, GEMINI_API_KEY: key });
        expect(await installation.shell("cat Pulumi.local.yaml")).not.to.contain(key);
        await open();
        expect(await output("backendImageDelivery")).to.contain("its nodes run containerd");
        expect((await onNode()).map((name) => name.replace(/-[0-9a-f]{12}$/, "-…"))).to.deep.equal(
            [BACKEND_IMAGE, FRONTEND_IMAGE].flatMap((name) => [
                `docker.io/library/${name}:v1.0.0`,
                `docker.io/library/${name}:v1.0.0-…`,
            ]),
        );
    });

    it("changes nothing when nothing changed", async () => {
        await unchanged();
    });

    it("rolls a changed source and a changed secret, without a failed request", async () => {
        const [before, frontend] = [
            await installation.pods(BACKEND_APP),
            await installation.pods(FRONTEND_APP),
        ];
        const images = await onNode();
        await editBackend();
        const secret = randomBytes(24).toString("hex");
        await installation.shell("pulumi config set --secret jwtSecret", { input: secret });
        await withoutFailedRequests(url, pulumiUp);
        expect(await installation.pods(BACKEND_APP)).not.to.deep.equal(before);
        expect(await installation.pods(FRONTEND_APP)).to.deep.equal(frontend);
        const now = await onNode();
        expect(now).to.include.members(images);
        expect(now).to.have.length(images.length + 1);
    });

    it("brings an image back that somebody removed from the node", async () => {
        const images = await onNode();
        await installation.node(
            `sudo ctr --namespace k8s.io images rm ${images.filter((name) => name.includes(BACKEND_IMAGE)).join(" ")}`,
        );
        await installation.shell("pulumi up --refresh --yes --skip-preview 2>&1");
        expect(await onNode()).to.include(`docker.io/library/${BACKEND_IMAGE}:v1.0.0`);
        await installation.shell("pulumi preview --refresh --expect-no-changes --non-interactive");
    });

    it("comes back in a Minikube that was deleted and made anew", async () => {
        await installation.shell(`minikube delete -p ${PLACE.profile}`);
        await startContainerd(installation);
        await installation.npm("up", "--", "--yes");
        await open();
        await unchanged();
    });

    it("names the tunnel that a LoadBalancer needs, and is reached through it", async () => {
        await installation.set({ frontendServiceType: "LoadBalancer" });
        const start = Date.now();
        await pulumiUp();
        // its address is not waited for, which nothing gives it before the tunnel
        expect(Date.now() - start).to.be.lessThan(120_000);
        const command = await output("accessCommand");
        expect(command).to.equal(`minikube -p ${PLACE.profile} tunnel`);
        const way = await output("url");
        const answer = () =>
            within(5, (signal) => fetch(way, { signal })).then(
                ({ status }) => String(status),
                (error: unknown) => String((error as Error).cause ?? error),
            );
        expect(await answer()).not.to.equal("200");
        // it sets a route with sudo, which root needs not have
        const sudo = join(installation.folder, ".local/bin/sudo");
        await mkdir(dirname(sudo));
        await writeFile(sudo, '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
        const tunnel = execa("bash", ["-c", `source .local/env && exec ${command}`], {
            cwd: installation.folder,
            env:
                process.getuid?.() === 0 ? { PATH: `${dirname(sudo)}:${process.env["PATH"]}` } : {},
            reject: false,
            all: true,
        });
        try {
            for (const end = Date.now() + 60_000; ;) {
                const said = await answer();
                if (said === "200") {
                    break;
                }
                expect(Date.now(), `${way} does not answer: ${said}`).to.be.lessThan(end);
                await sleep(1000);
            }
        } finally {
            tunnel.kill("SIGINT");
            const end = setTimeout(() => tunnel.kill("SIGKILL"), 20_000);
            await tunnel;
            clearTimeout(end);
        }
        await installation.unset(["frontendServiceType"]);
        await pulumiUp();
        await open();
    });

    it("goes over to a registry, the cluster named by its context: pushed, pulled with a Secret, by digest", async () => {
        registry = await TestRegistry.start(randomBytes(12).toString("hex"));
        await registry.openTo(installation);
        await installation.set({
            kubeContext: PLACE.profile,
            imageRegistry: registry.address,
            imageRegistryUser: registry.user,
        });
        await installation.shell("pulumi config set --secret imageRegistryPassword", {
            input: registry.password,
        });
        await withoutFailedRequests(url, () => installation.npm("up", "--", "--yes"));
        expect(await output("backendImageDelivery")).to.contain(`pushed to ${registry.address}`);
        for (const [app, name] of [
            [BACKEND_APP, BACKEND_IMAGE],
            [FRONTEND_APP, FRONTEND_IMAGE],
        ] as const) {
            expect(await registry.tags(name)).to.deep.equal(["v1.0.0"]);
            expect(await image(app)).to.match(
                new RegExp(`^${registry.address}/${name}@sha256:[0-9a-f]{64}$`),
            );
        }
        // what was copied onto the node is taken away with the way it came
        expect((await onNode()).filter((name) => name.startsWith("docker.io/"))).to.deep.equal([]);
        expect(await nameless()).to.deep.equal([]);
        await open();
        await unchanged();
    });

    it("rolls what is pushed anew, without a failed request", async () => {
        const before = await image(BACKEND_APP);
        await editBackend();
        await withoutFailedRequests(url, pulumiUp);
        expect(await image(BACKEND_APP)).not.to.equal(before);
    });

    it("shows the registry's password nowhere", async () => {
        const { password } = registry ?? { password: "" };
        expect(password).to.match(/^[0-9a-f]{24}$/);
        const state = await installation.shell("pulumi stack export");
        expect(state).not.to.contain(password);
        const encoded = Buffer.from(`robot:${password}`).toString("base64");
        expect(state).not.to.contain(encoded);
        const objects = await installation.kubectl(
            `get deployments,configmaps,services,serviceaccounts -n ${PLACE.namespace} -o yaml`,
        );
        expect(objects).not.to.contain(password).and.not.to.contain(encoded);
    });

    it("leaves nothing behind once it is down, but what the registry has", async () => {
        expect(
            await followQuickstart(installation, (command) => command === TAKE_AWAY),
        ).to.deep.equal([TAKE_AWAY]);
        const all = "all,secrets,configmaps,pvc,networkpolicies,poddisruptionbudgets";
        const ours = "-A -l app.kubernetes.io/part-of=habit-tracker -o name";
        expect(await installation.kubectl(`get ${all} ${ours}`)).to.equal("");
        const space = `get namespace ${PLACE.namespace} --ignore-not-found`;
        expect(await installation.kubectl(space)).to.equal("");
        expect(await onHost()).to.equal("");
        expect(await registry?.tags(BACKEND_IMAGE)).to.deep.equal(["v1.0.0"]);
    });
});
