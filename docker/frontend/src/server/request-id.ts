import { randomUUID } from "node:crypto";

const PLAIN = /^[\w.:-]{1,128}$/;

/** The id that this request already carries, if it is safe to log, else a new one. */
export function requestIdOf(headers: Headers): string {
    const given = headers.get("x-request-id");
    return given && PLAIN.test(given) ? given : randomUUID();
}
