/** What the backend's API sends and takes (docker/backend, `/api/v1`). */

/** A calendar day of the person's own time zone: YYYY-MM-DD. */
export type Day = string;

export interface User {
    id: string;
    email: string;
    /** IANA name, such as Europe/Berlin. */
    time_zone: string;
    created_at: string;
}

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export type Schedule =
    | { kind: "daily" }
    | { kind: "weekdays"; weekdays: Weekday[] }
    /** So many times a week, on whichever days. */
    | { kind: "weekly"; times: number };

export type CheckInStatus = "done" | "skip";

export interface CheckIn {
    habit_id: string;
    date: Day;
    status: CheckInStatus;
    /** How often on that day, from 1. */
    count: number;
    note: string;
}

export interface Habit {
    id: string;
    name: string;
    /** #rrggbb */
    color: string;
    schedule: Schedule;
    position: number;
    archived: boolean;
    created_at: string;
    /** Rises with every change; the ETag. */
    version: number;
    due_today: boolean;
    checked_today: boolean;
    today: CheckIn | null;
    /** Without a miss, up to now; what is due today and still open does not break it. */
    streak: number;
    best_streak: number;
    streak_unit: "days" | "weeks";
    /** Share of what was due in the last 30 days that was done, from 0 to 1; null when nothing was. */
    rate_30: number | null;
    /** Strength of the habit, from 0 to 1: rises and falls slowly, so that one miss does not wipe it out. */
    score: number;
    /** The last 30 days' done days, oldest first. */
    checkins: Day[];
}

/** What a person decides about a habit. */
export interface HabitFields {
    name: string;
    color: string;
    schedule: Schedule;
}

export interface Today {
    date: Day;
    time_zone: string;
    /** Due today, or with a check-in today. */
    habits: Habit[];
}

export interface Heatmap {
    year: number;
    /** Days with a check-in only. */
    days: { date: Day; status: CheckInStatus; count: number }[];
}

/** Something that the assistant did for the person. */
export interface ChatAction {
    tool: string;
    habit: string;
    habit_id: string | null;
}

/** Something that the assistant does only if the person agrees. */
export interface ChatConfirmation {
    id: string;
    tool: string;
    habit: string;
    habit_id: string;
    /** The day that it is about, if it is about one. */
    date?: string | null;
}

export interface ChatReply {
    reply: string;
    actions: ChatAction[];
    confirmation: ChatConfirmation | null;
}

export interface ChatTurn {
    id: number;
    role: "user" | "assistant";
    text: string;
    actions: ChatAction[];
    created_at: string;
}

/** How much an import brought in. */
export interface ImportCounts {
    habits: number;
    checkins: number;
}
