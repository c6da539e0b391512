import { afterEach, describe, expect, it, vi } from "vitest";

import { backendTimeoutMs, backendUrl, cookieSecure, trustedProxies } from "@/server/settings";

afterEach(() => vi.unstubAllEnvs());

describe("NEXT_PUBLIC_API_URL", () => {
    it("is read anew each time", () => {
        for (const url of ["http://one:8000/", "https://two/"]) {
            vi.stubEnv("NEXT_PUBLIC_API_URL", url);
            expect(backendUrl().href).toBe(url);
        }
    });

    it.each([
        [undefined, "is not set"],
        ["", "is not set"],
        ["habit-tracker-backend", "is not an http:// or https:// address"],
        ["habit-tracker-backend:8000", "is not an http:// or https:// address"],
        ["/api", "is not an http:// or https:// address"],
        ["file:///etc/passwd", "is not an http:// or https:// address"],
    ])("%j is refused, with what to do", (value, why) => {
        vi.stubEnv("NEXT_PUBLIC_API_URL", value);
        expect(backendUrl).toThrow(why);
        expect(backendUrl).toThrow(/such as http:\/\/habit-tracker-backend:8000/);
    });
});

describe("API_TIMEOUT_MS", () => {
    it("is 25 s unless set", () => {
        expect(backendTimeoutMs()).toBe(25_000);
        vi.stubEnv("API_TIMEOUT_MS", "300");
        expect(backendTimeoutMs()).toBe(300);
    });

    it.each(["soon", "0", "-1", "600001"])("%j is refused", (value) => {
        vi.stubEnv("API_TIMEOUT_MS", value);
        expect(backendTimeoutMs).toThrow(
            "API_TIMEOUT_MS is not a number of milliseconds from 1 to 600000",
        );
    });
});

describe("TRUSTED_PROXIES", () => {
    it("is none unless set", () => {
        expect(trustedProxies()).toBe(0);
        vi.stubEnv("TRUSTED_PROXIES", "2");
        expect(trustedProxies()).toBe(2);
    });

    it.each(["all", "-1", "10", "1.5"])("%j is refused", (value) => {
        vi.stubEnv("TRUSTED_PROXIES", value);
        expect(trustedProxies).toThrow("TRUSTED_PROXIES is not a number from 0 to 9");
    });
});

it("COOKIE_SECURE is off unless it is true", () => {
    expect(cookieSecure()).toBe(false);
    vi.stubEnv("COOKIE_SECURE", "true");
    expect(cookieSecure()).toBe(true);
});
