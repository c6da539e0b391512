/** What the server reads from its environment; what concerns the backend on every request: one image serves any. */

const DEFAULT_TIMEOUT_MS = 25_000;
const DEFAULT_DRAIN_SECONDS = 8;

/** A setting that is missing or wrong. The message says which, and what to do: it is for the log. */
export class SettingError extends Error {
    override name = "SettingError";
}

/** Where the backend is: NEXT_PUBLIC_API_URL. Throws SettingError. */
export function backendUrl(): URL {
    const value = process.env.NEXT_PUBLIC_API_URL;
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
    const value = process.env.API_TIMEOUT_MS;
    if (!value) return DEFAULT_TIMEOUT_MS;
    const milliseconds = Number(value);
    if (!(milliseconds > 0 && milliseconds <= 600_000)) {
        throw new SettingError(
            `API_TIMEOUT_MS is not a number of milliseconds from 1 to 600000. Set one, or unset it for ${DEFAULT_TIMEOUT_MS}.`,
        );
    }
    return milliseconds;
}

/** Whether browsers come by https only: COOKIE_SECURE=true. On plain http a browser would drop the session cookie then. */
export function cookieSecure(): boolean {
    return process.env.COOKIE_SECURE === "true";
}

/** How many reverse proxies of one's own are between the browser and this server: TRUSTED_PROXIES. Throws SettingError. */
export function trustedProxies(): number {
    const value = process.env.TRUSTED_PROXIES || "0";
    if (!/^[0-9]$/.test(value)) {
        throw new SettingError(
            "TRUSTED_PROXIES is not a number from 0 to 9. Set how many reverse proxies of yours are in front of the frontend, or unset it for none.",
        );
    }
    return Number(value);
}

/** How long to go on answering after SIGTERM, in seconds: DRAIN_SECONDS. Throws SettingError. */
export function drainSeconds(): number {
    const value = process.env.DRAIN_SECONDS ?? String(DEFAULT_DRAIN_SECONDS);
    const seconds = Number(value);
    if (value.trim() === "" || !(seconds >= 0 && seconds <= 600)) {
        throw new SettingError(
            `DRAIN_SECONDS is "${value}", which is not a number of seconds from 0 to 600. Set one, or unset it for ${DEFAULT_DRAIN_SECONDS}.`,
        );
    }
    return seconds;
}

/** Where to listen: HOSTNAME and PORT. Throws SettingError. */
export function listenAddress(): { hostname: string; port: number } {
    const { HOSTNAME: hostname = "0.0.0.0", PORT: value = "3000" } = process.env;
    const port = Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
        throw new SettingError(
            `PORT is "${value}", which is not a port from 1 to 65535. Set one, or unset it for 3000.`,
        );
    }
    return { hostname, port };
}
