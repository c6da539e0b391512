import type { ApiCall } from "./api-call";

export interface Problem {
    status: number;
    title: string;
    /** What went wrong and what to do next: the page shows it to the person. */
    detail: string;
}

/** Answers with an error as RFC 9457 describes it. */
export function problem(
    { response, requestId }: ApiCall,
    { status, title, detail }: Problem,
): void {
    response.writeHead(status, {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
    });
    response.end(
        JSON.stringify({ type: "about:blank", title, status, detail, request_id: requestId }),
    );
}
