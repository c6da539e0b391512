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

interface ApiCall {
    method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
    body?: unknown;
}

/** Calls this origin's `/api`. Throws ApiError, and nothing else. */
export async function api<Answer>(
    path: string,
    { method = "GET", body }: ApiCall = {},
): Promise<Answer> {
    const response = await fetch(path, {
        method,
        ...(body !== undefined && {
            body: JSON.stringify(body),
            headers: { "content-type": "application/json" },
        }),
    }).catch(() => {
        throw new ApiError(
            "The habit tracker cannot be reached. Check your connection, then try again.",
            0,
        );
    });

    if (!response.ok) throw new ApiError(await explanation(response), response.status);
    if (response.status === 204) return undefined as Answer;
    return (await response.json().catch(() => {
        throw new ApiError("The habit tracker’s answer broke off. Try again.", 0);
    })) as Answer;
}

/** The `detail` of a problem document, else the best that the status can say. */
async function explanation(response: Response): Promise<string> {
    const body = (await response.json().catch(() => null)) as {
        detail?: unknown;
        title?: unknown;
    } | null;
    for (const text of [body?.detail, body?.title]) {
        if (typeof text === "string" && text !== "") return text;
    }
    return `The habit tracker answered with an error (${response.status}). Try again in a moment.`;
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : "Something went wrong. Try again.";
}
