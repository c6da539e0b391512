import { vi } from "vitest";

import { localDay } from "@/lib/dates";
import { withHabitToday, withoutHabit } from "@/lib/habits";
import type { ChatReply, Habit, User } from "@/lib/types";

export interface Call {
    method: string;
    path: string;
    body: unknown;
}

interface Reply {
    status: number;
    body?: unknown;
}

/** Answers one call in place of the usual answer; a promise keeps it waiting. */
type Override = (call: Call) => Reply | Promise<Reply>;

export const ANNA: User = { id: "u1", email: "anna@example.org" };

export function aHabit(difference: Partial<Habit> = {}): Habit {
    return {
        id: "h1",
        name: "Read",
        color: "#2b6cb0",
        created_at: "2026-11-01T08:00:00Z",
        checked_today: false,
        streak: 0,
        checkins: [],
        ...difference,
    };
}

/**
 * The API as the page sees it, in memory, behind `fetch`. What it does not know is a 404, so that a wrong address
 * in the page fails its test.
 */
export class FakeBackend {
    user: User | null;
    habits: Habit[];
    chatReply: ChatReply = { reply: "Well done!", actions: [] };
    readonly calls: Call[] = [];
    private readonly overrides = new Map<string, Override>();

    constructor({ user = ANNA as User | null, habits = [] as Habit[] } = {}) {
        this.user = user;
        this.habits = habits;
        vi.stubGlobal("fetch", (path: string, init?: RequestInit) => this.fetch(path, init));
    }

    /** Makes calls such as `PUT /api/v1/habits` (a prefix) answer otherwise, until `heal`. */
    override(prefix: string, answer: Override) {
        this.overrides.set(prefix, answer);
    }

    heal() {
        this.overrides.clear();
    }

    callsTo(prefix: string): Call[] {
        return this.calls.filter(({ method, path }) => `${method} ${path}`.startsWith(prefix));
    }

    private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
        const call: Call = {
            method: init.method ?? "GET",
            path,
            body: init.body ? JSON.parse(String(init.body)) : undefined,
        };
        this.calls.push(call);
        const name = `${call.method} ${path}`;
        const override = [...this.overrides].find(([prefix]) => name.startsWith(prefix))?.[1];
        const { status, body } = await (override ?? ((usual: Call) => this.answer(usual)))(call);
        return new Response(body === undefined ? null : JSON.stringify(body), { status });
    }

    private answer({ method, path, body }: Call): Reply {
        const route = `${method} ${path.split("?")[0]}`;
        const fields = (body ?? {}) as Record<string, string>;
        const [, id = "", day] = /\/habits\/([^/]+)(?:\/checkins\/(.+))?$/.exec(path) ?? [];

        if (route === "POST /api/v1/auth/login" || route === "POST /api/v1/auth/register") {
            this.user = { id: `id of ${fields.email}`, email: fields.email ?? "" };
            return { status: 200, body: { user: this.user } };
        }
        if (route === "POST /api/logout") {
            this.user = null;
            return { status: 204 };
        }
        if (!this.user) return problem(401, "Log in first.");
        if (route === "GET /api/v1/me") return { status: 200, body: this.user };
        if (route === "GET /api/v1/habits") return { status: 200, body: this.habits };
        if (route === "POST /api/v1/habits") {
            const habit = aHabit({
                id: `h${this.habits.length + 1}`,
                name: fields.name,
                color: fields.color,
            });
            this.habits = [...this.habits, habit];
            return { status: 201, body: habit };
        }
        if (route === "POST /api/v1/chat") return { status: 200, body: this.chatReply };
        if (day) {
            this.habits = withHabitToday(this.habits, id, localDay(new Date()), method === "PUT");
            return method === "PUT"
                ? { status: 200, body: { habit_id: id, date: day } }
                : { status: 204 };
        }
        if (id && method === "DELETE") {
            this.habits = withoutHabit(this.habits, id);
            return { status: 204 };
        }
        return problem(404, "The fake backend has no such address.");
    }
}

export function problem(status: number, detail: string): Reply {
    return { status, body: { type: "about:blank", title: "Problem", status, detail } };
}
