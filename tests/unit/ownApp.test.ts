// docs/own-app.md: what an app of your own has to do, tried with the two servers of tests/sample/.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type * as kubernetes from "@pulumi/kubernetes";
import { expect } from "chai";
import { type Registered, installFakeMinikube, plain, runProgram } from "./harness.ts";

const TIERS = ["backend", "frontend"] as const;
type Tier = (typeof TIERS)[number];

const folderOf = (tier: Tier) => `./tests/sample/${tier}`;

/** The program's inputs of a resource, without secret wrappings. */
function inputsOf(resources: readonly Registered[], name: string): unknown {
    return plain(resources.find((resource) => resource.name === name)?.inputs);
}

/** The container of a tier's pods, and what holds for all of the pod. */
function podOf(resources: readonly Registered[], tier: Tier) {
    const { spec } = inputsOf(resources, `${tier}-deployment`) as {
        spec: kubernetes.types.output.apps.v1.DeploymentSpec;
    };
    const pod = spec.template.spec;
    const [container] = pod.containers;
    if (container === undefined) {
        throw new Error(`${tier} has no container`);
    }
    return { pod, container };
}

/** Listens on a free port of 127.0.0.1. */
async function listen() {
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
    const { server, port } = await listen();
    server.close();
    await once(server, "close");
    return port;
}

describe("an app of your own", () => {
    let resources: Registered[];
    const servers: ChildProcess[] = [];

    before(async () => {
        const minikube = await installFakeMinikube();
        try {
            ({ resources } = await runProgram({
                backendContext: folderOf("backend"),
                backendBaseImage: "node:18-alpine",
                frontendContext: folderOf("frontend"),
            }));
        } finally {
            await minikube.uninstall();
        }
    });
    afterEach(() => servers.splice(0).forEach((server) => server.kill("SIGKILL")));

    /** Starts a tier's server as its pod would, and waits until its liveness probe passes. */
    async function start(tier: Tier, env: Record<string, string>) {
        const port = await freePort();
        const server = spawn(process.execPath, [`${folderOf(tier)}/server.mjs`], {
            env: { ...env, PORT: `${port}`, DRAIN_SECONDS: "1" },
            stdio: "inherit",
        });
        servers.push(server);
        const url = `http://127.0.0.1:${port}`;
        const { livenessProbe, readinessProbe } = podOf(resources, tier).container;
        const get = (path: string | undefined) => fetch(`${url}${path}`);
        for (let tries = 0; tries < 100; tries += 1) {
            if ((await get(livenessProbe.httpGet.path).catch(() => undefined))?.ok) {
                break;
            }
            await sleep(50);
        }
        return { server, url, get, readiness: readinessProbe.httpGet.path };
    }

    for (const tier of TIERS) {
        it(`is built from its folder, and has the port and the user that the pods have: ${tier}`, () => {
            const { build } = inputsOf(resources, `${tier}-image-build`) as {
                build: { context: string; args: Record<string, string> };
            };
            expect(build.context).to.equal(folderOf(tier));
            expect(build.args).to.deep.equal({ BASE_IMAGE: "node:18-alpine" });
            const dockerfile = readFileSync(`${folderOf(tier)}/Dockerfile`, "utf8");
            const { pod, container } = podOf(resources, tier);
            expect(dockerfile).to.contain(`EXPOSE ${container.ports[0]?.containerPort}\n`);
            const { runAsUser, runAsGroup } = pod.securityContext;
            expect(dockerfile).to.contain(`USER ${runAsUser}:${runAsGroup}\n`);
        });
    }

    it("passes the probes; a backend without its database is alive, and not ready", async () => {
        const database = await listen();
        const backend = await start("backend", {
            DATABASE_URL: `postgresql://user:password@127.0.0.1:${database.port}/app`,
        });
        expect((await backend.get(backend.readiness)).status).to.equal(200);
        database.server.close();
        expect((await backend.get(backend.readiness)).status).to.equal(503);
        const { livenessProbe } = podOf(resources, "backend").container;
        expect((await backend.get(livenessProbe.httpGet.path)).status).to.equal(200);
        const frontend = await start("frontend", {});
        expect((await frontend.get(frontend.readiness)).status).to.equal(200);
    });

    it("reaches the backend by NEXT_PUBLIC_API_URL, which the frontend's pods have", async () => {
        const { data } = inputsOf(resources, "configuration-config") as {
            data: Record<string, string>;
        };
        expect(data["NEXT_PUBLIC_API_URL"]).to.equal("http://habit-tracker-backend:8000");
        const backend = await start("backend", {});
        const frontend = await start("frontend", { NEXT_PUBLIC_API_URL: backend.url });
        expect(await (await frontend.get("/api/x")).text()).to.equal("Hello from the backend");
    });

    for (const tier of TIERS) {
        it(`serves for DRAIN_SECONDS after SIGTERM, and ends by itself: ${tier}`, async () => {
            const { container } = podOf(resources, tier);
            expect(container.env.map(({ name }) => name)).to.include("DRAIN_SECONDS");
            const { server, get } = await start(tier, {});
            const ended = once(server, "exit");
            server.kill("SIGTERM");
            await sleep(200);
            const answer = await get("/");
            expect(answer.status).to.equal(200);
            expect(answer.headers.get("connection")).to.equal("close");
            expect(await ended).to.deep.equal([0, null]);
        });
    }
});
