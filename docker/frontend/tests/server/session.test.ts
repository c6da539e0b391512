import { describe, expect, it } from "vitest";

import { json } from "../support/backend-stub";
import { fromPage, send } from "../support/http";
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
        expect(cookies).toHaveLength(1);
        const [pair, ...attributes] = cookies[0]?.split("; ") ?? [];
        expect(pair).toBe(`session=${TOKEN}`);
        expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "Path=/", "Max-Age=3600"]));
        expect(attributes.map((attribute) => attribute.toLowerCase())).toContain("samesite=lax");
        expect(attributes).not.toContain("Secure");
        expect(JSON.stringify(otherHeaders)).not.toContain(TOKEN);
        expect(app.output()).not.toContain(TOKEN);
    });

    it("marks the cookie Secure when COOKIE_SECURE is true", async () => {
        const { app } = secure;
        backendAnswers(secure, status, GRANT);
        const answer = await send(app.url, `/api/v1/auth/${action}`, {
            method: "POST",
            ...fromPage(app.url, CREDENTIALS),
        });
        expect(answer.headers["set-cookie"]?.[0]).toContain("; Secure");
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

    it("ends on logout, without asking the backend", async () => {
        const { app, backend } = plain;
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: app.url, cookie: `session=${TOKEN}` },
        });
        expect(answer.status).toBe(204);
        expect(answer.headers["set-cookie"]?.[0]).toMatch(/^session=;.*Max-Age=0/);
        expect(backend.received).toEqual([]);
    });

    it("is not ended by another site", async () => {
        const { app } = plain;
        const answer = await send(app.url, "/api/logout", {
            method: "POST",
            headers: { origin: "http://evil.example", cookie: `session=${TOKEN}` },
        });
        expect(answer.status).toBe(403);
        expect(answer.headers["set-cookie"]).toBeUndefined();
    });
});
