import { once } from "node:events";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";

import { json } from "../support/backend-stub";
import { fromPage, send } from "../support/http";
import { appWithBackend, appWithoutBackend } from "../support/suite";

const suite = appWithBackend();

describe("a request", () => {
    it("reaches the backend with its method, path, query and body", async () => {
        const { app, backend } = suite;
        backend.answer((response) => json(response, 201, { id: "h1" }));
        const answer = await send(app.url, "/api/v1/habits?today=2026-11-23", {
            method: "POST",
            ...fromPage(app.url, { name: "Läufe" }),
        });

        expect(answer.status).toBe(201);
        expect(JSON.parse(answer.body)).toEqual({ id: "h1" });
        expect(backend.received).toMatchObject([
            { method: "POST", url: "/api/v1/habits?today=2026-11-23", body: '{"name":"Läufe"}' },
        ]);
    });

    it("carries the token from the cookie, and only what the API uses", async () => {
        const { app, backend } = suite;
        await send(app.url, "/api/v1/me", {
            headers: {
                cookie: "theme=dark; habit_tracker_session=the.token",
                authorization: "Bearer forged",
                "accept-language": "de",
                "if-match": '"7"',
                connection: "keep-alive, x-hop",
                "x-hop": "1",
                "x-internal": "1",
                te: "trailers",
            },
        });

        const headers = backend.received[0]?.headers ?? {};
        expect(headers.authorization).toBe("Bearer the.token");
        expect(headers["accept-language"]).toBe("de");
        expect(headers["if-match"]).toBe('"7"');
        expect(headers.host).toBe(new URL(backend.url).host);
        for (const name of ["cookie", "x-hop", "x-internal", "te"])
            expect(headers[name]).toBeUndefined();
    });

    it("says where the browser is, whatever the browser says", async () => {
        const { app, backend } = suite;
        await send(app.url, "/api/v1/me", { headers: { "x-forwarded-for": "203.0.113.7" } });
        expect(backend.received[0]?.headers["x-forwarded-for"]).toMatch(/^(::ffff:)?127\.0\.0\.1$/);
    });

    it("keeps a request id, or gets one, on both sides", async () => {
        const { app, backend } = suite;
        const kept = await send(app.url, "/api/v1/me", { headers: { "x-request-id": "given-1" } });
        const made = await send(app.url, "/api/v1/me", {
            headers: { "x-request-id": 'not "safe" to log' },
        });

        expect(kept.headers["x-request-id"]).toBe("given-1");
        expect(made.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
        expect(backend.received.map(({ headers }) => headers["x-request-id"])).toEqual([
            "given-1",
            made.headers["x-request-id"],
        ]);
    });

    it.each([
        "/api/v2/me",
        "/api/v1",
        "/api/v1/../../admin",
        "/api/v1/%2e%2e/%2e%2e/admin",
        "/api/v1/..%2f..%2fadmin",
        "/api/v1/habits%00",
        "/api/v1/habits%3Fx=1",
        "/api/v1//evil.example/x",
        "/api/v1/http:%2F%2Fevil.example",
        "/api//evil.example/v1/x",
    ])("for %s never reaches the backend", async (path) => {
        const { app, backend } = suite;
        const { status } = await send(app.url, path);
        expect([308, 400, 404]).toContain(status);
        expect(backend.received).toEqual([]);
    });

    it.each([
        ["TRACE", "/api/v1/me", "GET, HEAD, POST, PUT, PATCH, DELETE"],
        ["GET", "/api/logout", "POST"],
    ])("%s %s is not allowed, and the answer says what is", async (method, path, allow) => {
        const { app, backend } = suite;
        const answer = await send(app.url, path, { method });
        expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
        expect(backend.received).toEqual([]);
    });

    it("cannot hide another in its body", async () => {
        const { app, backend } = suite;
        const hidden = "GET /api/v1/hidden HTTP/1.1\r\nHost: backend\r\n\r\n";
        for (const method of ["DELETE", "GET"]) {
            await send(app.url, "/api/v1/habits/h1", {
                method,
                headers: { origin: app.url, "transfer-encoding": "chunked" },
                body: hidden,
            });
        }
        expect(backend.received.map(({ method, url, body }) => [method, url, body])).toEqual([
            ["DELETE", "/api/v1/habits/h1", hidden],
            ["GET", "/api/v1/habits/h1", hidden],
        ]);
    });

    it("from another site never reaches the backend", async () => {
        const { app, backend } = suite;
        const answer = await send(app.url, "/api/v1/habits/h1", {
            method: "DELETE",
            headers: { origin: "http://evil.example", cookie: "habit_tracker_session=t" },
        });
        expect(answer.status).toBe(403);
        expect(answer.headers["content-type"]).toBe("application/problem+json");
        expect(backend.received).toEqual([]);
    });
});

describe("behind a reverse proxy of one’s own", () => {
    const behind = appWithBackend({ TRUSTED_PROXIES: "1" });

    it.each([
        ["203.0.113.7", "203.0.113.7"],
        ["forged, 203.0.113.7", "203.0.113.7"],
        ["203.0.113.7, forged", expect.stringContaining("127.0.0.1")],
        ["", expect.stringContaining("127.0.0.1")],
    ])("a request forwarded for %j is from %j", async (forwarded, address) => {
        const { app, backend } = behind;
        await send(app.url, "/api/v1/me", { headers: { "x-forwarded-for": forwarded } });
        expect(backend.received[0]?.headers["x-forwarded-for"]).toEqual(address);
    });
});

describe("an answer", () => {
    it("comes back without what belongs to the backend’s connection", async () => {
        const { app, backend } = suite;
        backend.answer((response) => {
            response.writeHead(200, {
                "content-type": "application/json",
                "set-cookie": "backend=1",
                "x-secret-internal": "1",
                etag: '"7"',
            });
            response.end("{}");
        });
        const { headers } = await send(app.url, "/api/v1/me");

        expect(headers.etag).toBe('"7"');
        expect(headers["cache-control"]).toBe("no-store");
        for (const name of ["set-cookie", "x-secret-internal"])
            expect(headers[name]).toBeUndefined();
    });

    it("that is compressed stays so, and says so", async () => {
        const { app, backend } = suite;
        backend.answer((response) => {
            response.writeHead(200, { "content-encoding": "gzip" });
            response.end(gzipSync('{"packed":true}'));
        });
        const answer = await fetch(`${app.url}/api/v1/me`);
        expect(await answer.json()).toEqual({ packed: true });
    });

    it("that breaks off is not taken for a whole one", async () => {
        const { app, backend } = suite;
        backend.answer((response) => {
            response.writeHead(200).write("half", () => response.destroy());
        });
        const answer = await fetch(`${app.url}/api/v1/export`);
        await expect(answer.text()).rejects.toThrow();
    });

    it.each([
        ['</api/v1/habits?cursor=2>; rel="next"', '</api/v1/habits?cursor=2>; rel="next"'],
        [
            "<http://habits:8000/api/v1/habits?cursor=2>; rel=next",
            "</api/v1/habits?cursor=2>; rel=next",
        ],
    ])("that links to more, %s, does so on this origin", async (link, expected) => {
        const { app, backend } = suite;
        backend.answer((response) => response.writeHead(200, { link }).end("[]"));
        expect((await send(app.url, "/api/v1/habits")).headers.link).toBe(expected);
    });

    it("of status 204 has no body", async () => {
        const { app, backend } = suite;
        backend.answer((response) => response.writeHead(204).end());
        const { status, body } = await send(app.url, "/api/v1/habits/h1", {
            method: "DELETE",
            ...fromPage(app.url),
        });
        expect([status, body]).toEqual([204, ""]);
    });

    it("that reports a problem comes back as it is", async () => {
        const { app, backend } = suite;
        backend.answer((response) => {
            response.writeHead(503, {
                "content-type": "application/problem+json",
                "retry-after": "5",
            });
            response.end(
                '{"title":"Service Unavailable","status":503,"detail":"The chatbot is not configured."}',
            );
        });
        const answer = await send(app.url, "/api/v1/chat", {
            method: "POST",
            ...fromPage(app.url, { message: "Hello" }),
        });
        expect(answer.status).toBe(503);
        expect(answer.headers).toMatchObject({
            "content-type": "application/problem+json",
            "retry-after": "5",
        });
        expect(JSON.parse(answer.body).detail).toBe("The chatbot is not configured.");
    });

    it("that redirects is not followed, and its address does not leave the cluster", async () => {
        const { app, backend } = suite;
        const location = `${backend.url}/elsewhere`;
        backend.answer((response, count) =>
            count === 1 ? response.writeHead(307, { location }).end() : json(response, 200, {}),
        );
        const answer = await send(app.url, "/api/v1/me");
        expect(answer.status).toBe(502);
        expect(JSON.stringify(answer)).not.toContain(backend.url);
        expect(backend.received).toHaveLength(1);
    });
});

describe("bodies stream", () => {
    it("from the backend, piece by piece", async () => {
        let finish = () => {};
        const { app, backend } = suite;
        backend.handle((_request, response) => {
            response.writeHead(200, { "content-type": "text/plain" });
            response.write("first");
            finish = () => response.end("second");
        });
        const answer = await fetch(`${app.url}/api/v1/export`);
        const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
        expect((await reader.read()).value).toBe("first");
        finish();
        expect((await reader.read()).value).toBe("second");
    });

    it("to the backend, piece by piece", async () => {
        let arrived = (_piece: string) => {};
        const firstPiece = new Promise<string>((resolve) => (arrived = resolve));
        const { app, backend } = suite;
        backend.handle((incoming, response) => {
            incoming.on("data", (chunk) => arrived(String(chunk)));
            incoming.on("end", () => json(response, 200, {}));
        });
        const upload = request(`${app.url}/api/v1/import`, {
            method: "POST",
            headers: { origin: app.url, "transfer-encoding": "chunked" },
        });
        upload.write("first");
        expect(await firstPiece).toBe("first");
        upload.end("second");
        const [response] = await once(upload, "response");
        expect(response.statusCode).toBe(200);
    });

    it("and the backend learns that the client has hung up", async () => {
        let hungUp = () => {};
        const noticed = new Promise<void>((resolve) => (hungUp = resolve));
        const { app, backend } = suite;
        backend.handle((_request, response) => {
            response.on("close", hungUp);
            response.writeHead(200).write("first");
        });
        const client = new AbortController();
        await fetch(`${app.url}/api/v1/export`, { signal: client.signal });
        client.abort();
        await noticed;
    });
});

describe("when the connection to the backend breaks", () => {
    const dropFirst = () =>
        suite.backend.answer((response, count) =>
            count === 1 ? response.destroy() : json(response, 200, { count }),
        );

    it.each(["GET", "PUT", "DELETE"])("%s is sent once more", async (method) => {
        const { app } = suite;
        dropFirst();
        const answer = await send(app.url, "/api/v1/habits/h1/checkins/2026-11-23", {
            method,
            ...fromPage(app.url),
        });
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.body)).toEqual({ count: 2 });
    });

    it("PUT is sent once more with the same body", async () => {
        const { app, backend } = suite;
        dropFirst();
        const answer = await send(app.url, "/api/v1/habits/h1/checkins/2026-11-23", {
            method: "PUT",
            ...fromPage(app.url, { status: "skip", note: "müde" }),
        });
        expect(answer.status).toBe(200);
        const bodies = backend.received.map(({ body }) => JSON.parse(body));
        expect(bodies).toEqual(Array(2).fill({ status: "skip", note: "müde" }));
    });

    it.each([
        ["POST", undefined],
        ["POST", { name: "Read" }],
        ["PATCH", { name: "Read" }],
        ["PUT", { name: "R".repeat(70_000) }],
    ])(
        "%s with body %.40j is not: it may have been done, or its body is gone",
        async (method, body) => {
            const { app, backend } = suite;
            dropFirst();
            const answer = await send(app.url, "/api/v1/habits", {
                method,
                ...fromPage(app.url, body),
            });
            expect(answer.status).toBe(502);
            expect(backend.received).toHaveLength(1);
        },
    );

    it("a connection that is refused is tried once more as well", async () => {
        const { app, backend } = suite;
        await backend.stop();
        const answer = send(app.url, "/api/v1/me");
        await sleep(50);
        await backend.listen();
        expect((await answer).status).toBe(200);
    });

    it("only once more: then the answer is a 502 that says what to do", async () => {
        const { app, backend } = suite;
        backend.answer((response) => response.destroy());
        expect((await send(app.url, "/api/v1/me")).status).toBe(502);
        expect(backend.received).toHaveLength(2);
    });
});

describe("when the backend does not answer", () => {
    const deserted = appWithBackend();
    const impatient = appWithBackend({ API_TIMEOUT_MS: "300" });

    it("because nobody listens, the answer is a 502 with the request’s id, which is in the log too", async () => {
        const { app, backend } = deserted;
        const address = backend.url;
        await backend.stop();
        const answer = await send(app.url, "/api/v1/me", {
            headers: { "x-request-id": "trace-me" },
        });
        expect(answer.status).toBe(502);
        expect(answer.headers["content-type"]).toBe("application/problem+json");
        expect(JSON.parse(answer.body)).toMatchObject({
            type: "about:blank",
            title: "Bad Gateway",
            status: 502,
            request_id: "trace-me",
        });
        expect(app.output()).toMatch(/"request_id":"trace-me".*ECONNREFUSED/);
        expect(answer.body).not.toContain(new URL(address).host);
    });

    it("in time, the answer is a 504", async () => {
        const { app, backend } = impatient;
        backend.handle(() => {});
        const started = Date.now();
        const answer = await send(app.url, "/api/v1/me");
        expect(answer.status).toBe(504);
        expect(Date.now() - started).toBeLessThan(5_000);
    });

    it("the time-out is for the beginning only: a slow stream goes on", async () => {
        const { app, backend } = impatient;
        backend.handle(async (_request, response) => {
            response.writeHead(200).write("a");
            await sleep(900);
            response.end("b");
        });
        expect((await send(app.url, "/api/v1/export")).body).toBe("ab");
    });
});

describe("when NEXT_PUBLIC_API_URL", () => {
    const unset = appWithoutBackend();
    const below = appWithBackend({}, "/behind/");

    it("is unset, the log says what to do, and a person nothing that they cannot do", async () => {
        const answer = await send(unset.app.url, "/api/v1/me");
        expect(answer.status).toBe(500);
        expect(JSON.parse(answer.body)).toMatchObject({ title: "Frontend Not Configured" });
        expect(answer.body).not.toContain("NEXT_PUBLIC");
        await expect
            .poll(() => unset.app.output())
            .toMatch(/NEXT_PUBLIC_API_URL is not set.*Set it to/);
    });

    it("has a path, the API is below it", async () => {
        await send(below.app.url, "/api/v1/me");
        expect(below.backend.received[0]?.url).toBe("/behind/api/v1/me");
    });
});
