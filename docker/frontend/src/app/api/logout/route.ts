import { NextResponse, type NextRequest } from "next/server";

import { forgeryProblem } from "@/server/failure";
import { mayBeForged } from "@/server/forgery";
import { requestIdOf } from "@/server/request-id";
import { endSession, sessionToken } from "@/server/session";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

/** Takes the session cookie away. The backend keeps no sessions, so it need not be asked, nor even be up. */
export async function POST(request: NextRequest): Promise<NextResponse> {
    const hasSession = sessionToken(request) !== undefined;
    if (mayBeForged({ method: request.method, headers: request.headers, hasSession })) {
        return forgeryProblem(requestIdOf(request.headers));
    }
    const response = new NextResponse(null, { status: 204 });
    endSession(response);
    return response;
}
