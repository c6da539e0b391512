import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";

import { json } from "../support/backend-stub";
import { fromPage, send, type Answer } from "../support/http";
import { appWithBackend } from "../support/suite";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl";
const USER = { id: "u1", email: "anna@example.org" };
const GRANT = { access_token: TOKEN, token_type: "bearer", expires_in: 3600, user: USER };
const CREDENTIALS = { email: USER.email, password: "correct horse" };

const plain = appWithBackend();
const secure = appWithBackend({ COOKIE_SECURE: "true" });

function backendAnswers({ backend }: typeof plain, status: number, body: unknown) {
    backend.answer((response) => json(response, status, body));
}

/** Every cookie that an answer sets, by name. */
function cookiesOf({ headers }: Answer): Record<string, string> {
    return Object.fromEntries(
        (headers["set-cookie"] ?? []).map((cookie) => [cookie.split("=")[0] ?? "", cookie]),
    );
}

const ENDED = {
    session: expect.stringMatching(/^session=;.*Max-Age=0/),
    session_fresh: expect.stringMatching(/^session_fresh=;.*Max-Age=0/),
};

describe.each([
    ["login", 200],
    ["register", 201],
])("%s", (action, status) => {
    it("puts the token into a cookie that no script can read, and into nothing else", async () => {
        const { app, backend } = plain;
        backendAnswers(plain, status, GRANT);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...fromPage(app.url, CREDENTIALS),
        });

        expect(answer.status).toBe(status);
        expect(JSON.parse(answer.body)).toEqual({ user: USER });
        expect(JSON.parse(backend.received[0]?.body ?? "")).toEqual(CREDENTIALS);

        const { "set-cookie": cookies = [], ...otherHeaders } = answer.headers;
        expect(cookies).toHaveLength(2);
        expect(cookies[1]).toMatch(/^session_fresh=1; .*Max-Age=1800; .*HttpOnly/);
        const [pair, ...attributes] = cookies[0]?.split("; ") ?? [];
        expect(pair).toBe(`session=${TOKEN}`);
        expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "Path=/", "Max-Age=3600"]));
        expect(attributes.map((attribute) => attribute.toLowerCase())).toContain("samesite=lax");
        expect(attributes).not.toContain("Secure");
        expect(JSON.stringify(otherHeaders)).not.toContain(TOKEN);
        expect(app.output()).not.toContain(TOKEN);
    });

    it("keeps the browser’s own token beyond the session, and sends it along", async () => {
        const { app, backend } = plain;
        backendAnswers(plain, status, { ...GRANT, device_token: "a.device.token" });
        const sent = fromPage(app.url, CREDENTIALS);
        const answer = await send(app.url, `/api/v1/auth/${action}`, { method: "POST", ...sent });
        expect(JSON.parse(answer.body)).toEqual({ user: USER });
        expect(cookiesOf(answer).device).toMatch(
            /^device=a\.device\.token; Max-Age=31536000; .*HttpOnly/,
        );

        backendAnswers(plain, 401, {});
        const headers = { ...sent.headers, cookie: "device=a.device.token" };
        await send(app.url, `/api/v1/auth/${action}`, { method: "POST", ...sent, headers });
        expect(backend.received[1]?.headers["x-device-token"]).toBe("a.device.token");
    });

    it("marks the cookie Secure when COOKIE_SECURE is true", async () => {
        const { app } = secure;
        backendAnswers(secure, status, GRANT);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...fromPage(app.url, CREDENTIALS),
        });
        expect(Object.values(cookiesOf(answer)).map((cookie) => /; Secure/.test(cookie))).toEqual([
            true,
            true,
        ]);
    });

    it.each([
        ["no token", { ...GRANT, access_token: undefined }],
        ["no expiry", { ...GRANT, expires_in: 0 }],
        ["no object", "hello"],
    ])("is a 502 when the backend’s answer has %s", async (_what, body) => {
        const { app } = plain;
        backendAnswers(plain, status, body);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...fromPage(app.url, CREDENTIALS),
        });
        expect(answer.status).toBe(502);
        expect(answer.headers["set-cookie"]).toBeUndefined();
        expect(answer.body).not.toContain(TOKEN);
    });

    it("that is refused says why, and leaves a session as it is", async () => {
        const { app } = plain;
        backendAnswers(plain, 401, { detail: "The e-mail or the password is wrong." });
        const sent = fromPage(app.url, CREDENTIALS);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...sent,
            headers: { ...sent.headers, cookie: "session=older" },
        });
        expect(answer.status).toBe(401);
        expect(JSON.parse(answer.body).detail).toBe("The e-mail or the password is wrong.");
        expect(answer.headers["set-cookie"]).toBeUndefined();
    });

    it("from another site is refused: it would log the victim in as somebody else", async () => {
        const { app, backend } = plain;
        backendAnswers(plain, status, GRANT);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...fromPage("http://evil.example", CREDENTIALS),
        });
        expect(answer.status).toBe(403);
        expect(backend.received).toEqual([]);
    });
});

describe("a session", () => {
    it("ends in the browser when the backend no longer accepts its token", async () => {
        const { app } = plain;
        backendAnswers(plain, 401, { detail: "Log in again." });
        const answer = await send(app.url, "/api/v1/me", {
            headers: { cookie: `session=${TOKEN}` },
        });
        expect(answer.status).toBe(401);
        expect(answer.headers["set-cookie"]?.[0]).toMatch(/^session=;.*Max-Age=0/);
    });

    it("that is not there is not ended", async () => {
        const { app } = plain;
        backendAnswers(plain, 401, { detail: "Log in." });
        expect((await send(app.url, "/api/v1/me")).headers["set-cookie"]).toBeUndefined();
    });

    it("stays when the backend fails in another way", async () => {
        const { app } = plain;
        backendAnswers(plain, 500, {});
        const answer = await send(app.url, "/api/v1/me", {
            headers: { cookie: `session=${TOKEN}` },
        });
        expect(answer.headers["set-cookie"]).toBeUndefined();
    });

    it("ends on logout, at the backend too", async () => {
        const { app, backend } = plain;
        backend.answer((response) => response.writeHead(204).end());
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: app.url, cookie: `session=${TOKEN}; session_fresh=1` },
        });
        expect(answer.status).toBe(204);
        expect(cookiesOf(answer)).toEqual(ENDED);
        expect(backend.received).toMatchObject([
            {
                method: "POST",
                url: "/api/v1/auth/logout",
                headers: { authorization: `Bearer ${TOKEN}` },
            },
        ]);
    });

    it.each([
        ["fails", (response: ServerResponse) => json(response, 500, {})],
        ["is down", (response: ServerResponse) => response.destroy()],
    ])("ends on logout in the browser even when the backend %s", async (_what, fail) => {
        const { app, backend } = plain;
        backend.answer(fail);
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: app.url, cookie: `session=${TOKEN}`, "x-request-id": "bye" },
        });
        expect(answer.status).toBe(204);
        expect(cookiesOf(answer)).toEqual(ENDED);
        expect(app.output()).toMatch(/"request_id":"bye","message":"logging out/);
    });

    it("is not ended by another site", async () => {
        const { app, backend } = plain;
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: "http://evil.example", cookie: `session=${TOKEN}` },
        });
        expect(answer.status).toBe(403);
        expect(answer.headers["set-cookie"]).toBeUndefined();
        expect(backend.received).toEqual([]);
    });

    it("ends with the account, and only with it", async () => {
        const { app } = plain;
        const remove = async (status: number) => {
            backendAnswers(plain, status, {});
            return send(app.url, "/api/v1/me", {
                method: "DELETE",
                headers: { origin: app.url, cookie: `session=${TOKEN}` },
            });
        };
        expect(cookiesOf(await remove(403))).toEqual({});
        expect(cookiesOf(await remove(200))).toEqual(ENDED);
    });

    it("goes on with another token when the password is changed, sent once only", async () => {
        const { app, backend } = plain;
        backendAnswers(plain, 200, { ...GRANT, access_token: "next.token" });
        const sent = fromPage(app.url, { current_password: "a", new_password: "b" });
        const change = () =>
            send(app.url, "/api/v1/me/password", {
                method: "PUT",
                ...sent,
                headers: { ...sent.headers, cookie: `session=${TOKEN}` },
            });
        const answer = await change();
        expect(cookiesOf(answer).session).toMatch(/^session=next.token;/);
        expect(JSON.parse(answer.body)).toEqual({ user: USER });
        expect(backend.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);

        backend.reset();
        backend.answer((response) => response.destroy());
        expect((await change()).status).toBe(502);
        expect(backend.received).toHaveLength(1);
    });
});

describe("a session past half of its life", () => {
    const ask = (cookie: string, path = "/api/v1/me") =>
        send(plain.app.url, path, { headers: { cookie } });

    it("is renewed when the page asks who is logged in", async () => {
        plain.backend.answer((response, count) =>
            json(response, 200, count === 1 ? USER : { ...GRANT, access_token: "next.token" }),
        );
        const answer = await ask(`session=${TOKEN}`);
        expect(JSON.parse(answer.body)).toEqual(USER);
        expect(cookiesOf(answer)).toEqual({
            session: expect.stringMatching(/^session=next.token; .*Max-Age=3600/),
            session_fresh: expect.stringMatching(/^session_fresh=1; .*Max-Age=1800/),
        });
        expect(plain.backend.received[1]).toMatchObject({
            method: "POST",
            url: "/api/v1/auth/refresh",
            headers: { authorization: `Bearer ${TOKEN}` },
        });
    });

    it("stays as it is when that fails", async () => {
        plain.backend.answer((response, count) =>
            count === 1 ? json(response, 200, USER) : response.destroy(),
        );
        const answer = await ask(`session=${TOKEN}`);
        expect(answer.status).toBe(200);
        expect(cookiesOf(answer)).toEqual({});
    });

    it.each([
        ["a fresh one", `session=${TOKEN}; session_fresh=1`, "/api/v1/me"],
        ["one that asks for something else", `session=${TOKEN}`, "/api/v1/today"],
        ["none", "session_fresh=1", "/api/v1/me"],
    ])("is not %s", async (_what, cookie, path) => {
        const answer = await ask(cookie, path);
        expect(cookiesOf(answer)).toEqual({});
        expect(plain.backend.received).toHaveLength(1);
    });
});
