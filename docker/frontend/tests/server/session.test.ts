import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";

import { json } from "../support/backend-stub";
import { fromPage, send, type Answer } from "../support/http";
import { appWithBackend } from "../support/suite";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl";
const USER = { id: "u1", email: "anna@example.org" };
const GRANT = { access_token: TOKEN, token_type: "bearer", expires_in: 3600, user: USER };
const COOKIE = "habit_tracker_session";
const FRESH = `${COOKIE}_fresh`;
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

const ended = (...names: string[]) =>
    Object.fromEntries(
        names.map((name) => [name, expect.stringMatching(new RegExp(`^${name}=;.*Max-Age=0`))]),
    );
const ENDED = ended(COOKIE, FRESH);

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
        expect(cookies[1]).toMatch(/^habit_tracker_session_fresh=1; .*Max-Age=1800; .*HttpOnly/);
        const [pair, ...attributes] = cookies[0]?.split("; ") ?? [];
        expect(pair).toBe(`${COOKIE}=${TOKEN}`);
        expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "Path=/", "Max-Age=3600"]));
        expect(attributes.map((attribute) => attribute.toLowerCase())).toContain("samesite=lax");
        expect(attributes).not.toContain("Secure");
        expect(otherHeaders).not.toHaveProperty("strict-transport-security");
        expect(JSON.stringify(otherHeaders)).not.toContain(TOKEN);
        expect(app.output()).not.toContain(TOKEN);
    });

    it("keeps the browser’s own token beyond the session, and sends it along", async () => {
        const { app, backend } = plain;
        backendAnswers(plain, status, { ...GRANT, device_token: "a.device.token" });
        const sent = fromPage(app.url, CREDENTIALS);
        const answer = await send(app.url, `/api/v1/auth/${action}`, { method: "POST", ...sent });
        expect(JSON.parse(answer.body)).toEqual({ user: USER });
        expect(cookiesOf(answer).habit_tracker_device).toMatch(
            /^habit_tracker_device=a\.device\.token; Max-Age=31536000; .*HttpOnly/,
        );

        backendAnswers(plain, 401, {});
        const headers = { ...sent.headers, cookie: "habit_tracker_device=a.device.token" };
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
        const cookies = cookiesOf(answer);
        expect(Object.keys(cookies)).toEqual([`__Host-${COOKIE}`, `__Host-${FRESH}`]);
        for (const cookie of Object.values(cookies)) expect(cookie).toContain("; Secure");
        expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
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
            headers: { ...sent.headers, cookie: `${COOKIE}=older` },
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
    it("is not ended by a 401: it may come late, after a new login", async () => {
        const { app } = plain;
        backendAnswers(plain, 401, { detail: "Log in again." });
        const answer = await send(app.url, "/api/v1/today", {
            headers: { cookie: `${COOKIE}=${TOKEN}` },
        });
        expect(answer.status).toBe(401);
        expect(answer.headers["set-cookie"]).toBeUndefined();
    });

    it("stays when the backend fails in another way", async () => {
        const { app } = plain;
        backendAnswers(plain, 500, {});
        const answer = await send(app.url, "/api/v1/me", {
            headers: { cookie: `${COOKIE}=${TOKEN}` },
        });
        expect(answer.headers["set-cookie"]).toBeUndefined();
    });

    it("ends on logout, at the backend too", async () => {
        const { app, backend } = plain;
        backend.answer((response) => response.writeHead(204).end());
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: app.url, cookie: `${COOKIE}=${TOKEN}; ${FRESH}=1` },
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
            headers: { origin: app.url, cookie: `${COOKIE}=${TOKEN}`, "x-request-id": "bye" },
        });
        expect(answer.status).toBe(204);
        expect(cookiesOf(answer)).toEqual(ENDED);
        expect(app.output()).toMatch(/"request_id":"bye","message":"logging out/);
    });

    it("is not ended by another site", async () => {
        const { app, backend } = plain;
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: "http://evil.example", cookie: `${COOKIE}=${TOKEN}` },
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
                headers: { origin: app.url, cookie: `${COOKIE}=${TOKEN}` },
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
                headers: { ...sent.headers, cookie: `${COOKIE}=${TOKEN}` },
            });
        const answer = await change();
        expect(cookiesOf(answer)[COOKIE]).toMatch(/^habit_tracker_session=next.token;/);
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
        const answer = await ask(`${COOKIE}=${TOKEN}`);
        expect(JSON.parse(answer.body)).toEqual(USER);
        expect(cookiesOf(answer)).toEqual({
            [COOKIE]: expect.stringMatching(/^\w+=next.token; .*Max-Age=3600/),
            [FRESH]: expect.stringMatching(/^\w+=1; .*Max-Age=1800/),
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
        const answer = await ask(`${COOKIE}=${TOKEN}`);
        expect(answer.status).toBe(200);
        expect(cookiesOf(answer)).toEqual({});
    });

    it.each([
        ["a fresh one", `${COOKIE}=${TOKEN}; ${FRESH}=1`, "/api/v1/me"],
        ["one that asks for something else", `${COOKIE}=${TOKEN}`, "/api/v1/today"],
        ["none", `${FRESH}=1`, "/api/v1/me"],
    ])("is not %s", async (_what, cookie, path) => {
        const answer = await ask(cookie, path);
        expect(cookiesOf(answer)).toEqual({});
        expect(plain.backend.received).toHaveLength(1);
    });
});

it.each(["%0d%0aX-Evil:1", "Gr%C3%BC%C3%9Fe"])(
    "a cookie with %s is as good as none",
    async (value) => {
        backendAnswers(plain, 401, { detail: "Log in." });
        const cookie = `${COOKIE}=${value}; habit_tracker_device=${value}`;
        const asked = await send(plain.app.url, "/api/v1/me", { headers: { cookie } });
        expect(asked.status).toBe(401);
        const form = fromPage(plain.app.url, CREDENTIALS);
        const entered = await send(plain.app.url, "/api/v1/auth/login", {
            ...form,
            method: "POST",
            headers: { ...form.headers, cookie },
        });
        expect(entered.status).toBe(401);
        expect(plain.backend.received.map(({ headers }) => headers.authorization)).toEqual([
            undefined,
            undefined,
        ]);
    },
);

describe("a session under the old name, which is any other app’s too", () => {
    const ask = (cookie: string) => send(plain.app.url, "/api/v1/me", { headers: { cookie } });

    it("goes on under the new one", async () => {
        plain.backend.answer((response, count) =>
            json(response, 200, count === 1 ? USER : { ...GRANT, access_token: "next.token" }),
        );
        const answer = await ask(`session=${TOKEN}; session_fresh=1`);
        expect(plain.backend.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
        expect(cookiesOf(answer)).toEqual({
            [COOKIE]: expect.stringContaining("next.token"),
            [FRESH]: expect.stringContaining("=1;"),
            ...ended("session", "session_fresh"),
        });
    });

    it("counts no longer beside the new one, and ends with it", async () => {
        plain.backend.answer((response) => response.writeHead(204).end());
        const answer = await send(plain.app.url, "/api/logout", {
            method: "POST",
            headers: { origin: plain.app.url, cookie: `session=old.to.ken; ${COOKIE}=${TOKEN}` },
        });
        expect(plain.backend.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
        expect(cookiesOf(answer)).toEqual({ ...ENDED, ...ended("session", "session_fresh") });
    });

    it("is not believed by https: any host of the domain can have set it", async () => {
        const { app, backend } = secure;
        backendAnswers(secure, 200, { ...GRANT, ...USER });
        const cookie = `session=${TOKEN}; ${COOKIE}=${TOKEN}`;
        const asked = await send(app.url, "/api/v1/me", { headers: { cookie } });
        expect(backend.received[0]?.headers.authorization).toBeUndefined();
        expect(backend.received).toHaveLength(1);
        expect(cookiesOf(asked)).toEqual({});
    });

    it("that cannot be ours is neither sent on nor ended", async () => {
        backendAnswers(plain, 401, { detail: "Log in." });
        const answer = await ask("session=of-another-app");
        expect(plain.backend.received[0]?.headers.authorization).toBeUndefined();
        expect(cookiesOf(answer)).toEqual({});
    });
});
