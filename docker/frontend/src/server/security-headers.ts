import { cookieSecure } from "./settings";

const ALWAYS = [
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", "DENY"],
    ["Referrer-Policy", "same-origin"],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["Permissions-Policy", "camera=(), geolocation=(), microphone=()"],
] as const;

/** A year, as browsers want it at least; of this host alone: what else its domain serves is not ours to say. */
const HTTPS_ONLY = ["Strict-Transport-Security", "max-age=31536000"] as const;

/** What every answer says, whoever makes it; the Content-Security-Policy comes on top. */
export function securityHeaders(): readonly (readonly [string, string])[] {
    return cookieSecure() ? [...ALWAYS, HTTPS_ONLY] : ALWAYS;
}
