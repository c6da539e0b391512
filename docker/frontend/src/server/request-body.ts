import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

/** Up to here a body is kept in memory, so that it can be sent twice. */
const REPEATABLE_BYTES = 64 * 1024;

/** The methods whose requests may be repeated (RFC 9110, section 9.2.2). */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** What to send on: the stream itself, or, for a small body of an idempotent request, a copy that can be repeated. */
export async function bodyForBackend(
    request: IncomingMessage,
): Promise<IncomingMessage | Buffer | null> {
    const { "transfer-encoding": chunked, "content-length": length = "0" } = request.headers;
    // HTTP's own rule: without either header there is no body.
    if (chunked === undefined && Number(length) === 0) return null;
    const isSmall = chunked === undefined && Number(length) <= REPEATABLE_BYTES;
    return isSmall && IDEMPOTENT_METHODS.has(request.method ?? "") ? buffer(request) : request;
}
