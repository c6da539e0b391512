import { NextResponse } from "next/server";

export interface Problem {
    status: number;
    title: string;
    /** What went wrong and what to do next: the page shows it to the person. */
    detail: string;
    requestId: string;
}

/** An error answer as RFC 9457 describes it. */
export function problem({ status, title, detail, requestId }: Problem): NextResponse {
    return NextResponse.json(
        { type: "about:blank", title, status, detail, request_id: requestId },
        {
            status,
            headers: {
                "content-type": "application/problem+json",
                "cache-control": "no-store",
                "x-request-id": requestId,
            },
        },
    );
}
