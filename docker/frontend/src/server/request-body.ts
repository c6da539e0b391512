import { hasBody } from "./headers";

/** Up to here a body is kept in memory, so that it can be sent twice. */
const REPEATABLE_BYTES = 64 * 1024;

/** The methods whose requests may be repeated (RFC 9110, section 9.2.2). */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** What to send on: the stream itself, or, for a small body of an idempotent request, a copy that can be repeated. */
export async function bodyForBackend(
    request: Request,
): Promise<ReadableStream | Uint8Array | null> {
    if (!hasBody(request.headers)) return null;
    const length = Number(request.headers.get("content-length") ?? Infinity);
    if (!IDEMPOTENT_METHODS.has(request.method) || length > REPEATABLE_BYTES) return request.body;
    return new Uint8Array(await request.arrayBuffer());
}
