import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const PLAIN = /^[\w.:-]{1,128}$/;

/** The id that this request already carries, if it is safe to log, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
    const given = headers["x-request-id"];
    return typeof given === "string" && PLAIN.test(given) ? given : randomUUID();
}
