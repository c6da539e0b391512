import type { IncomingMessage, ServerResponse } from "node:http";

import { apiCall, type ApiCall } from "./api-call";
import { isApiPath } from "./api-path";
import { buildId } from "./build";
import { API_POLICY } from "./content-security-policy";
import { failureProblem, forgeryProblem } from "./failure";
import { mayBeForged } from "./forgery";
import { logOut } from "./logout";
import { problem } from "./problem";
import { proxy } from "./proxy";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

export function isForApi(request: IncomingMessage): boolean {
    return request.url?.startsWith("/api/") ?? false;
}

/** Answers whatever is below `/api/`. */
export async function handleApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = apiCall(request, response);
    response.setHeader("Content-Security-Policy", API_POLICY);
    response.setHeader("X-Request-Id", call.requestId);
    const build = buildId();
    if (build) response.setHeader("X-Build-Id", build);
    try {
        await route(call);
    } catch (error) {
        // Whoever has hung up needs no answer.
        if (!call.signal.aborted) failureProblem(call, error);
    }
}

async function route(call: ApiCall): Promise<void> {
    const { method, pathname } = call;
    const isLogout = pathname === "/api/logout";
    if (!isLogout && !isApiPath(pathname)) {
        return problem(call, {
            status: 404,
            title: "Not Found",
            detail: "There is no such address here. The API is under /api/v1/.",
        });
    }
    const allowed = isLogout ? ["POST"] : METHODS;
    if (!allowed.includes(method)) {
        call.response.setHeader("Allow", allowed.join(", "));
        return problem(call, {
            status: 405,
            title: "Method Not Allowed",
            detail: `This address takes ${allowed.join(", ")}.`,
        });
    }
    if (mayBeForged(call)) return forgeryProblem(call);
    return isLogout ? logOut(call) : proxy(call);
}
