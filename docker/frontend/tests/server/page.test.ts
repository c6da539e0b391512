import { readdirSync, readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";

import { json } from "../support/backend-stub";
import { send } from "../support/http";
import { appWithBackend, appWithoutBackend } from "../support/suite";

describe("the page", () => {
    const suite = appWithoutBackend();

    it.each(["/", "/?ready=1"])(
        "answers %s without a backend: the probes ask for it",
        async (path) => {
            const { app } = suite;
            const { status, headers, body } = await send(app.url, path);
            expect(status).toBe(200);
            expect(headers["content-type"]).toContain("text/html");
            expect(body).toContain("Habit tracker");
            expect(body).toContain("<title>Habit tracker</title>");
        },
    );

    it("keeps a connection for longer than an ingress does, which would meet a closed one", async () => {
        const agent = new Agent({ keepAlive: true });
        const { headers } = await send(suite.app.url, "/robots.txt", { agent });
        agent.destroy();
        const [, seconds] = /timeout=(\d+)/.exec(String(headers["keep-alive"])) ?? [];
        expect(Number(seconds)).toBeGreaterThan(60);
    });

    it("comes with the security headers, and so does the API", async () => {
        const { app } = suite;
        for (const path of ["/", "/nowhere", "/api/v1/me", "/robots.txt"]) {
            const { headers } = await send(app.url, path);
            expect(headers["x-content-type-options"]).toBe("nosniff");
            expect(headers["x-frame-options"]).toBe("DENY");
            expect(headers["referrer-policy"]).toBe("same-origin");
            expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
            expect(headers["permissions-policy"]).toContain("camera=()");
            expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
            expect(headers["x-powered-by"]).toBeUndefined();
        }
        const { headers } = await send(app.url, "/api/v1/me");
        expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    });

    it.each(["/", "/habits", "/habits/h1", "/chat", "/settings", "/nowhere"])(
        "%s runs scripts with a nonce of its own only",
        async (path) => {
            const { app } = suite;
            const nonces = new Set<string>();
            for (let visit = 0; visit < 2; visit += 1) {
                const { headers, body } = await send(app.url, path);
                const policy = String(headers["content-security-policy"]);
                expect(policy).not.toContain("unsafe");
                const [, nonce = "none"] =
                    /script-src 'nonce-([^']{20,})' 'strict-dynamic';/.exec(policy) ?? [];
                nonces.add(nonce);
                const scripts = body.match(/<script\b[^>]*>/g) ?? [];
                expect(scripts.length).toBeGreaterThan(3);
                expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
                expect(body).not.toMatch(/<[^>]+ style=/);
            }
            expect(nonces.size).toBe(2);
        },
    );

    it("says which build it is of, and so does the API: an old page notices a new server", async () => {
        const { app } = suite;
        const { headers } = await send(app.url, "/api/v1/me");
        const build = String(headers["x-build-id"]);
        expect(build).toMatch(/^[\w-]{10,}$/);
        expect((await send(app.url, "/")).body).toContain(build);
    });

    it("can be put on the home screen", async () => {
        const { app } = suite;
        const { body } = await send(app.url, "/");
        const href = (rel: string) =>
            new RegExp(`<link rel="${rel}" href="([^"]+)"`).exec(body)?.[1] ?? "none";
        const manifest = JSON.parse((await send(app.url, href("manifest"))).body);
        expect(manifest).toMatchObject({ name: "Habit tracker", display: "standalone" });
        const icons = [...manifest.icons, { src: href("apple-touch-icon"), sizes: "180x180" }];
        for (const { src, sizes } of icons) {
            const answer = await fetch(new URL(src, app.url));
            expect(answer.status, src).toBe(200);
            if (sizes === "any") continue;
            const picture = Buffer.from(await answer.arrayBuffer());
            // Width and height are at the beginning of a PNG.
            expect(`${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`).toBe(sizes);
        }
        expect(icons).toHaveLength(5);
    });

    it("serves its own scripts and files", async () => {
        const { app } = suite;
        const { body } = await send(app.url, "/");
        const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(body)?.[1];
        expect((await send(app.url, script ?? "none")).status).toBe(200);
        expect((await send(app.url, "/robots.txt")).body).toContain("Disallow");
    });
});

describe("one build serves any backend", () => {
    const suites = { one: appWithBackend(), two: appWithBackend() };

    it("by the address it is started with", async () => {
        for (const [name, { app, backend }] of Object.entries(suites)) {
            backend.answer((response) => json(response, 200, { email: `${name}@example.org` }));
            expect(JSON.parse((await send(app.url, "/api/v1/me")).body)).toEqual({
                email: `${name}@example.org`,
            });
            expect(backend.received).toHaveLength(1);
        }
    });

    it("and holds no address: neither the one that test.sh sets while it builds nor the cluster’s", () => {
        const files = readdirSync(join(inject("appDir"), ".next"), {
            recursive: true,
            withFileTypes: true,
        }).filter((entry) => entry.isFile());
        expect(files.length).toBeGreaterThan(20);

        const offenders = files
            .map((file) => join(file.parentPath, file.name))
            .filter((file) => {
                const content = readFileSync(file, "utf8");
                if (content.includes("baked-in.invalid")) return true;
                // The server names the usual address in its advice; nothing that a browser gets does.
                return file.includes("/static/") && content.includes("habit-tracker-backend");
            });
        expect(offenders).toEqual([]);
    });
});
