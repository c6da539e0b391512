import { expect, onTestFinished, vi } from "vitest";

import { lastDays } from "@/lib/dates";
import type {
    ChatAction,
    ChatConfirmation,
    ChatTurn,
    CheckIn,
    DayRecord,
    Habit,
    HabitFields,
    LoggedIn,
    User,
} from "@/lib/types";

import { violationsOf } from "./api-document";

export interface Call {
    method: string;
    path: string;
    body: unknown;
    headers: Record<string, string>;
}

interface Reply {
    status: number;
    body?: unknown;
    headers?: Record<string, string>;
}

/** Answers one call in place of the usual answer; a promise keeps it waiting. */
type Override = (call: Call) => Reply | Response | Promise<Reply | Response>;

/** The date where ANNA is. The clock of the machine that runs the tests plays no part. */
export const TODAY = "2026-11-23";

export const ANNA: User = {
    id: "u1",
    email: "anna@example.org",
    time_zone: "Europe/Berlin",
    week_start: 1,
    day_ends_at: 0,
    created_at: "2026-01-01T08:00:00Z",
};

export function aHabit(difference: Partial<Habit> = {}): Habit {
    return {
        id: "h1",
        name: "Read",
        color: "#2b6cb0",
        icon: null,
        schedule: { kind: "daily" },
        goal: null,
        position: 0,
        archived: false,
        paused: false,
        created_at: "2025-11-01T08:00:00Z",
        version: 1,
        due_today: true,
        checked_today: false,
        today: null,
        streak: 0,
        best_streak: 0,
        streak_unit: "days",
        rate_30: 0,
        score: 0,
        checkins: [],
        skips: [],
        ...difference,
    };
}

export function aSession(difference: Partial<LoggedIn> = {}): LoggedIn {
    return {
        id: "s1",
        created_at: "2026-11-01T08:00:00Z",
        last_used_at: "2026-11-23T08:00:00Z",
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        current: false,
        ...difference,
    };
}

export function aCheckIn(difference: Partial<CheckIn> = {}): CheckIn {
    return { habit_id: "h1", date: TODAY, status: "done", count: 1, note: "", ...difference };
}

/** The events of a chat answer: text in pieces, or what the assistant did or asks. */
export function chatStream(
    ...events: (string | { action: ChatAction } | { confirmation: ChatConfirmation })[]
): Response {
    const lines = events.map((event) => {
        if (typeof event === "string") return serverEvent("delta", { text: event });
        return "action" in event
            ? serverEvent("action", event.action)
            : serverEvent("confirmation", event.confirmation);
    });
    return eventStream(lines.join("") + serverEvent("done", {}));
}

export function serverEvent(event: string, data: unknown): string {
    return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function eventStream(text: string | ReadableStream): Response {
    return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

/** The calls whose token the server keeps for itself. */
const GRANTING = /\/auth\/(login|register)|\/me\/password/;
const GRANT = { access_token: "", expires_in: 3600 };

/**
 * The API as the page sees it, in memory, behind `fetch`. What it does not know is a 404, so that a wrong address
 * in the page fails its test; so does whatever is sent or answered that openapi.json does not have. It works out by
 * itself what a check-in changes: where the page guesses otherwise, its test sees both.
 */
export class FakeBackend {
    user: User | null;
    habits: Habit[];
    checkIns: CheckIn[] = [];
    history: ChatTurn[] = [];
    questions: ChatConfirmation[] = [];
    /** Whether there is an assistant. */
    assistant = true;
    trash: Habit[] = [];
    sessions: LoggedIn[] = [aSession({ current: true })];
    password = "correct horse";
    /** The person's day. */
    date = TODAY;
    readonly calls: Call[] = [];
    private readonly violations: string[] = [];
    private readonly overrides = new Map<string, Override>();

    constructor({ user = ANNA as User | null, habits = [] as Habit[] } = {}) {
        this.user = user;
        this.habits = habits;
        vi.stubGlobal("fetch", (path: string, init?: RequestInit) => this.fetch(path, init));
        onTestFinished(() => expect(this.violations).toEqual([]));
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
            headers: { ...(init.headers as Record<string, string>) },
        };
        this.calls.push(call);
        const name = `${call.method} ${path}`;
        const override = [...this.overrides].find(([prefix]) => name.startsWith(prefix))?.[1];
        const reply = await (override ?? ((usual: Call) => this.answer(usual)))(call);
        if (reply instanceof Response) return reply;
        const { status, body, headers } = reply;
        if (path !== "/api/logout") {
            const grant = GRANTING.test(path) && status < 300 ? GRANT : {};
            const answered = Object.keys(grant).length > 0 ? { ...grant, ...Object(body) } : body;
            this.violations.push(
                ...violationsOf({ method: call.method, path, sent: call.body, status, answered }),
            );
        }
        return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
    }

    private answer({ method, path, body, headers }: Call): Reply | Response {
        const [address = "", query] = path.split("?");
        const route = `${method} ${address.replace("/api/v1", "")}`;
        const wanted = new URLSearchParams(query);
        const fields = (body ?? {}) as Record<string, string>;

        if (route === "POST /auth/login" || route === "POST /auth/register") {
            this.user = { ...ANNA, id: `id of ${fields.email}`, email: fields.email ?? "" };
            const status = route.endsWith("login") ? 200 : 201;
            return { status, body: { user: this.user } };
        }
        if (route === "POST /api/logout") {
            this.user = null;
            return { status: 204 };
        }
        if (!this.user) return problem(401, "Log in first.");

        switch (route) {
            case "GET /me":
                return { status: 200, body: this.user };
            case "PATCH /me":
                this.user = { ...this.user, ...fields };
                return { status: 200, body: this.user };
            case "PUT /me/password":
                if (fields.current_password !== this.password)
                    return problem(403, "The current password is wrong.");
                this.password = fields.new_password ?? "";
                return { status: 200, body: { user: this.user } };
            case "DELETE /me":
                if (fields.password !== this.password)
                    return problem(403, "The password is wrong.");
                this.user = null;
                return { status: 204 };
            case "GET /me/export":
                return { status: 200, body: anExport(this.habits) };
            case "POST /me/import":
                return { status: 200, body: { habits: 2, checkins: 30 } };
            case "GET /today":
                return {
                    status: 200,
                    body: {
                        date: this.date,
                        time_zone: this.user.time_zone,
                        habits: this.habits.filter(
                            ({ archived, due_today: due, today }) => !archived && (due || today),
                        ),
                    },
                };
            case "GET /habits":
                return {
                    status: 200,
                    body: this.habits.filter(
                        ({ archived }) => !archived || wanted.get("archived") === "all",
                    ),
                };
            case "POST /habits": {
                const id = `h${this.habits.length + 1}`;
                const habit = aHabit({ id, ...(body as HabitFields) });
                this.habits = [...this.habits, habit];
                return { status: 201, body: habit };
            }
            case "PUT /habits/order": {
                const { ids } = body as { ids: string[] };
                this.habits = [...this.habits].sort(
                    (one, other) => ids.indexOf(one.id) - ids.indexOf(other.id),
                );
                return { status: 204 };
            }
            case "GET /trash":
                return { status: 200, body: this.trash.map(trashed) };
            case "GET /me/sessions":
                return { status: 200, body: this.sessions };
            case "DELETE /me/sessions":
                this.sessions = this.sessions.filter(({ current }) => current);
                return { status: 204 };
            case "GET /chat":
                return { status: 200, body: { available: this.assistant } };
            case "GET /chat/history":
                return { status: 200, body: this.history };
            case "DELETE /chat/history":
                this.history = [];
                this.questions = [];
                return { status: 204 };
            case "GET /chat/confirmations":
                return { status: 200, body: this.questions };
            case "POST /chat/stream":
                return chatStream("Well ", "done!");
        }

        const [, session] = /^DELETE \/me\/sessions\/(.+)$/.exec(route) ?? [];
        if (session) {
            this.sessions = this.sessions.filter((one) => one.id !== session);
            return { status: 204 };
        }
        const [, verb, trashId] = /^(\w+) \/trash\/([^/]+)/.exec(route) ?? [];
        const found = this.trash.find((one) => one.id === trashId);
        if (found) {
            this.trash = this.trash.filter((one) => one !== found);
            if (verb === "DELETE") return { status: 204 };
            this.habits = [...this.habits, found];
            return { status: 200, body: found };
        }

        const [, id = "", rest = ""] =
            /^\/habits\/([^/]+)(.*)$/.exec(route.split(" ")[1] ?? "") ?? [];
        const habit = this.habits.find((one) => one.id === id);
        return habit
            ? this.answerFor(habit, `${method} ${rest}`, { body, headers, wanted })
            : problem(404, "The fake backend has no such address.");
    }

    private answerFor(
        habit: Habit,
        route: string,
        {
            body,
            headers,
            wanted,
        }: { body: unknown; headers: Record<string, string>; wanted: URLSearchParams },
    ): Reply {
        const [, date] = /\/checkins\/(.+)$/.exec(route) ?? [];
        if (route === "GET ") return { status: 200, body: habit };
        if (route === "PATCH ") {
            const base = headers["if-match"];
            if (base && base !== `"${habit.version}"`)
                return problem(412, "The habit was changed since it was read.");
            return { status: 200, body: this.replace({ ...habit, ...(body as HabitFields) }) };
        }
        if (route === "DELETE ") {
            this.habits = this.habits.filter(({ id }) => id !== habit.id);
            this.trash = [...this.trash, habit];
            return { status: 204 };
        }
        if (route === "GET /stats") return { status: 200, body: someStats() };
        if (route === "GET /heatmap") {
            const year = Number(wanted.get("year"));
            const days = this.checkIns.filter(({ date: day }) => day.startsWith(String(year)));
            return { status: 200, body: { year, days } };
        }
        if (route === "GET /checkins") {
            const found = this.checkIns.filter(
                ({ date: day }) =>
                    day >= (wanted.get("from") ?? "") && day <= (wanted.get("to") ?? ""),
            );
            return { status: 200, body: found };
        }
        if (date && route.startsWith("PUT ")) {
            return { status: 200, body: this.record(habit, date, body as Partial<CheckIn>) };
        }
        if (date && route.startsWith("PATCH ")) {
            const { add, ...fields } = body as Partial<DayRecord> & { add?: number };
            const known = this.known(habit, date);
            const count = known ? known.count + (add ?? 0) : (add ?? 1);
            return {
                status: 200,
                body: this.record(habit, date, { ...known, count, ...fields }),
            };
        }
        if (date && route.startsWith("DELETE ")) {
            this.record(habit, date, null);
            return { status: 204 };
        }
        return problem(404, "The fake backend has no such address.");
    }

    private known(habit: Habit, date: string): CheckIn | undefined {
        const kept = this.checkIns.find((one) => one.date === date && one.habit_id === habit.id);
        return kept ?? (date === this.date ? (habit.today ?? undefined) : undefined);
    }

    /** Keeps what became of a day, and what follows from it. */
    private record(habit: Habit, date: string, data: Partial<CheckIn> | null): CheckIn | null {
        const day = data && aCheckIn({ habit_id: habit.id, date, ...data });
        this.checkIns = this.checkIns.filter(
            (one) => one.date !== date || one.habit_id !== habit.id,
        );
        if (day) this.checkIns.push(day);
        const reached = habit.goal === null || (day?.count ?? 0) >= habit.goal.target;
        const isDone = day?.status === "done" && reached;
        const wasDone =
            habit.checkins.includes(date) || (date === this.date && habit.checked_today);
        this.replace({
            ...habit,
            ...(date === this.date && { today: day, checked_today: isDone }),
            checkins: [...habit.checkins.filter((one) => one !== date), ...(isDone ? [date] : [])],
            skips: [
                ...habit.skips.filter((one) => one !== date),
                ...(day?.status === "skip" ? [date] : []),
            ],
            streak: habit.streak + Number(isDone) - Number(wasDone),
        });
        return day;
    }

    private replace(habit: Habit): Habit {
        const changed = { ...habit, version: habit.version + 1 };
        this.habits = this.habits.map((one) => (one.id === habit.id ? changed : one));
        return changed;
    }
}

function trashed({ id, name, color, icon }: Habit) {
    const [deleted, purge] = ["2026-11-23T08:00:00Z", "2026-12-23T08:00:00Z"];
    return { id, name, color, icon, deleted_at: deleted, purge_at: purge };
}

function someStats() {
    return {
        totals: { done: 40, skipped: 2, count: 55 },
        weekdays: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
            weekday,
            done: weekday,
            due: 7,
            rate: weekday === 7 ? null : weekday / 7,
        })),
        best_weekday: 6,
        months: [],
        scores: [
            { date: "2026-11-16", score: 0.4 },
            { date: "2026-11-23", score: 0.5 },
        ],
    };
}

export function anExport(habits: Habit[]) {
    return {
        format: "habit-tracker",
        version: 1,
        habits: habits.map(({ name, color, schedule, archived, created_at: created }) => ({
            name,
            color,
            schedule,
            archived,
            created_at: created,
            checkins: [],
        })),
    };
}

export function problem(status: number, detail: string): Reply {
    return { status, body: { type: "about:blank", title: "Problem", status, detail } };
}

/** Check-ins of the last days up to TODAY. */
export function doneDays(count: number): CheckIn[] {
    return lastDays(TODAY, count).map((date) => aCheckIn({ date }));
}
