/** A call that failed, in words for the person; `status` is 0 when no answer came at all. */
export class ApiError extends Error {
    override name = "ApiError";

    constructor(
        message: string,
        readonly status: number,
    ) {
        super(message);
    }
}

export interface ApiCall {
    method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
    body?: unknown;
    headers?: Record<string, string>;
    signal?: AbortSignal;
}

let hearBuild: (build: string) => void = () => {};

/** Has somebody hear, in place of whoever did before, which build of the server has answered. */
export function listenForBuild(listener: typeof hearBuild): void {
    hearBuild = listener;
}

/** Calls this origin's `/api` and returns its JSON. Throws ApiError, and nothing else. */
export async function api<Answer>(path: string, call?: ApiCall): Promise<Answer> {
    const response = await apiResponse(path, call);
    if (response.status === 204) return undefined as Answer;
    return (await response.json().catch(() => {
        throw brokenOff();
    })) as Answer;
}

/** Like `api`, for an answer that is more than JSON. */
export async function apiResponse(
    path: string,
    { method = "GET", body, headers, signal }: ApiCall = {},
): Promise<Response> {
    const response = await fetch(path, {
        method,
        headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
    }).catch(() => {
        throw new ApiError(
            "The habit tracker cannot be reached. Check your connection, then try again.",
            0,
        );
    });
    // Whatever answers in the server's place, such as a proxy, does not say.
    const build = response.headers.get("x-build-id");
    if (build) hearBuild(build);
    if (!response.ok) {
        throw new ApiError(
            explanation(await response.json().catch(() => null), response.status),
            response.status,
        );
    }
    return response;
}

/** What to tell when an answer began but did not end. */
export function brokenOff(): ApiError {
    return new ApiError("The habit tracker’s answer broke off. Try again.", 0);
}

/** What a problem document (RFC 9457) says to the person, else the best that the status can say. */
export function explanation(problem: unknown, status: number): string {
    const { detail, title, errors } = (problem ?? {}) as Record<string, unknown>;
    const fields = Array.isArray(errors)
        ? errors.map((error: { message?: unknown }) => error?.message).filter(isText)
        : [];
    const said = [fields.join(" "), detail, title].find(isText);
    return said ?? `The habit tracker answered with an error (${status}). Try again in a moment.`;
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : "Something went wrong. Try again.";
}

function isText(value: unknown): value is string {
    return typeof value === "string" && value !== "";
}
