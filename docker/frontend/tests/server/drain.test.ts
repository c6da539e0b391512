import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, it, onTestFinished } from "vitest";

import { startApp, type AppOptions } from "../support/app-server";
import { BackendStub, json } from "../support/backend-stub";
import { send } from "../support/http";
import { startLoad } from "../support/load";
import { nodeVersions } from "../support/node-versions";
import { startService } from "../support/service";

async function backendForThisTest() {
    const backend = await BackendStub.start();
    onTestFinished(() => backend.stop());
    return backend;
}

async function appForThisTest(options: Omit<AppOptions, "appDir">) {
    const app = await startApp({ appDir: inject("appDir"), ...options });
    onTestFinished(app.stop);
    return app;
}

describe.each(nodeVersions())("on SIGTERM, on $name", ({ binary: node, available }) => {
    it.skipIf(!available)("a rolling update under load fails no request", async ({ annotate }) => {
        const backend = await backendForThisTest();
        const env = { NEXT_PUBLIC_API_URL: backend.url, DRAIN_SECONDS: "2" };
        const [oldPod, newPod] = [
            await appForThisTest({ node, env }),
            await appForThisTest({ node, env }),
        ];
        const service = await startService(oldPod.port);
        onTestFinished(service.stop);

        const load = startLoad(service.url);
        await load.answered(150);
        const terminated = Date.now();
        oldPod.terminate();
        // The cluster takes its time to learn that the pod is going.
        await sleep(1_000);
        service.port = newPod.port;
        const { code } = await oldPod.ended;
        const seconds = (Date.now() - terminated) / 1_000;
        await load.answered(150);
        const total = await load.stop();

        expect(load.failures).toEqual([]);
        expect(code).toBe(0);
        expect(seconds).toBeGreaterThanOrEqual(2);
        expect(seconds).toBeLessThan(5);
        await annotate(`${total} requests, 0 failed; exit after ${seconds.toFixed(1)} s`);
    });

    it.skipIf(!available)(
        "it says that it is not ready, still answers, and finishes what it has begun",
        async () => {
            const backend = await backendForThisTest();
            const app = await appForThisTest({
                node,
                env: { NEXT_PUBLIC_API_URL: backend.url, DRAIN_SECONDS: "1" },
            });
            // Neither a connection that a browser opened in advance nor one between two requests may hold up the exit.
            const unused = connect(app.port, "127.0.0.1");
            onTestFinished(() => void unused.destroy());
            await once(unused, "connect");
            const idle = new Agent({ keepAlive: true });
            onTestFinished(() => idle.destroy());
            await send(app.url, "/robots.txt", { agent: idle });

            const asked = new Promise<void>((resolve) => {
                backend.handle(async (_request, response) => {
                    resolve();
                    await sleep(2_000);
                    json(response, 200, { slow: true });
                });
            });
            const inFlight = send(app.url, "/api/v1/me");
            await asked;

            app.terminate();
            await expect.poll(() => app.output()).toContain("drain: SIGTERM");
            const [ready, page] = [await send(app.url, "/?ready=1"), await send(app.url, "/")];
            expect([ready.status, ready.headers.connection]).toEqual([503, "close"]);
            expect([page.status, page.headers.connection]).toEqual([200, "close"]);

            const answer = await inFlight;
            expect([answer.status, answer.headers.connection, answer.body]).toEqual([
                200,
                "close",
                '{"slow":true}',
            ]);
            const answered = Date.now();
            expect(await app.ended).toEqual({ code: 0, signal: null });
            expect(
                Date.now() - answered,
                "ms from the last answer to the exit; Node gives idle connections 5 s",
            ).toBeLessThan(2_000);
        },
    );
});

it.each([
    ["DRAIN_SECONDS", "soon", "a number of seconds from 0 to 600"],
    ["DRAIN_SECONDS", "-1", "a number of seconds from 0 to 600"],
    ["DRAIN_SECONDS", "", "a number of seconds from 0 to 600"],
    ["PORT", "http", "a port from 1 to 65535"],
    ["PORT", "70000", "a port from 1 to 65535"],
])("%s %j is refused at start", async (name, value, what) => {
    await expect(startApp({ appDir: inject("appDir"), env: { [name]: value } })).rejects.toThrow(
        `${name} is "${value}", which is not ${what}`,
    );
});
