/** What the server reads from its environment, on every request: one image serves any backend. */

const DEFAULT_TIMEOUT_MS = 25_000;

/** A setting that is missing or wrong. The message says which, and what to do; it is safe to show. */
export class SettingError extends Error {
    override name = "SettingError";
}

/** Where the backend is: NEXT_PUBLIC_API_URL. Throws SettingError. */
export function backendUrl(): URL {
    const value = variable("NEXT_PUBLIC_API_URL");
    if (!value) {
        throw new SettingError(
            "NEXT_PUBLIC_API_URL is not set, so the frontend does not know its backend. " +
                "Set it to the backend’s address, such as http://habit-tracker-backend:8000, and restart the frontend.",
        );
    }
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !["http:", "https:"].includes(url.protocol)) {
        throw new SettingError(
            "NEXT_PUBLIC_API_URL is not an http:// or https:// address. " +
                "Set it to one, such as http://habit-tracker-backend:8000, and restart the frontend.",
        );
    }
    return url;
}

/** Where a path of the API is on the backend. Throws SettingError. */
export function backendAddress(pathname: string, search = ""): URL {
    const url = backendUrl();
    url.pathname = url.pathname.replace(/\/$/, "") + pathname;
    url.search = search;
    return url;
}

/** How long the backend may take until its answer begins, in milliseconds: API_TIMEOUT_MS. Throws SettingError. */
export function backendTimeoutMs(): number {
    const value = variable("API_TIMEOUT_MS");
    if (!value) return DEFAULT_TIMEOUT_MS;
    const milliseconds = Number(value);
    if (!(milliseconds > 0 && milliseconds <= 600_000)) {
        throw new SettingError(
            `API_TIMEOUT_MS is not a number of milliseconds from 1 to 600000. Set one, or unset it for ${DEFAULT_TIMEOUT_MS}.`,
        );
    }
    return milliseconds;
}

/** Whether the session cookie is for https only: COOKIE_SECURE=true. On plain http a browser would drop such a cookie. */
export function cookieSecure(): boolean {
    return variable("COOKIE_SECURE") === "true";
}

/**
 * Next replaces `process.env.NEXT_PUBLIC_…` by its value at build time, in server code too, and sees through
 * `const environment = process.env`. A name that it learns only when the function runs, it leaves alone.
 */
function variable(name: string): string | undefined {
    return process.env[name];
}
