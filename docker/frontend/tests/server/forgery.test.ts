import { expect, it } from "vitest";

import { mayBeForged } from "@/server/forgery";

const HOST = "habits.local:30080";

it.each<
    [
        what: string,
        method: string,
        headers: Record<string, string>,
        hasSession: boolean,
        refused: boolean,
    ]
>([
    ["the page’s own request", "POST", { origin: `http://${HOST}` }, true, false],
    ["the page behind a proxy that ends TLS", "POST", { origin: `https://${HOST}` }, true, false],
    ["another site", "POST", { origin: "http://evil.example" }, true, true],
    [
        "another site, before anybody is logged in",
        "POST",
        { origin: "http://evil.example" },
        false,
        true,
    ],
    [
        "another port of the same machine",
        "DELETE",
        { origin: "http://habits.local:8080" },
        true,
        true,
    ],
    ["a sandboxed frame", "PUT", { origin: "null" }, true, true],
    ["an Origin that is no address", "PATCH", { origin: "evil" }, true, true],
    [
        "another Origin whatever Sec-Fetch-Site says",
        "POST",
        { origin: "http://evil.example", "sec-fetch-site": "same-origin" },
        true,
        true,
    ],
    [
        "no Origin, same origin by Sec-Fetch-Site",
        "POST",
        { "sec-fetch-site": "same-origin" },
        true,
        false,
    ],
    [
        "no Origin, a sibling by Sec-Fetch-Site",
        "POST",
        { "sec-fetch-site": "same-site" },
        false,
        true,
    ],
    ["a script without a cookie", "POST", {}, false, false],
    ["a script with a cookie but no Origin", "POST", {}, true, true],
    ["reading, from anywhere", "GET", { origin: "http://evil.example" }, true, false],
])("%s", (_what, method, headers, hasSession, refused) => {
    const request = { headers: { host: HOST, ...headers } };
    const token = hasSession ? "the.token" : undefined;
    expect(mayBeForged({ method, request, token })).toBe(refused);
});
