import { createContext, useContext, useMemo, useRef, useState, type ReactNode } from "react";

import { api } from "@/lib/api";
import { changed, withDay, type DayChange } from "@/lib/days";
import type { Day, DayRecord, Habit } from "@/lib/types";

import { moment, useChange } from "./useApi";

interface Pending {
    habit: Habit["id"];
    date: Day;
    day: DayRecord | null;
    /** When the backend had it, by `moment`; undefined until then. */
    saved?: number;
}

interface Days {
    pending: ReadonlyMap<string, Pending>;
    /** Shows a change at once, and saves it. Throws ApiError when that fails; it is then no longer shown. */
    save: (
        id: Habit["id"],
        date: Day,
        before: DayRecord | null,
        change: DayChange,
    ) => Promise<void>;
}

const Context = createContext<Days | null>(null);

/**
 * Keeps what the person has just recorded in view until an answer that was asked for later shows it, or the backend has
 * refused it: answers that come in between, to other taps or to a refresh, are older and must not take it back.
 */
export function DayChanges({ children }: { children: ReactNode }) {
    const [pending, setPending] = useState<ReadonlyMap<string, Pending>>(new Map());
    const last = useRef(new Map<string, Promise<unknown>>());
    const change = useChange();

    const days = useMemo(() => {
        /** A day's changes go out one after the other: sent together, the last tap might not be the last to arrive. */
        function inTurn(key: string, send: () => Promise<unknown>): Promise<unknown> {
            const turn = (last.current.get(key) ?? Promise.resolve()).then(send);
            last.current.set(
                key,
                turn.catch(() => undefined),
            );
            return turn;
        }

        const save: Days["save"] = async (habit, date, before, wanted) => {
            const key = `${habit}/${date}`;
            const mine: Pending = { habit, date, day: changed(before, wanted) };
            setPending((all) => new Map(all).set(key, mine));
            /** Unless the person has changed their mind meanwhile. */
            const settle = (settled?: Pending) =>
                setPending((all) => {
                    if (all.get(key) !== mine) return all;
                    const next = new Map(all);
                    if (settled) next.set(key, settled);
                    else next.delete(key);
                    return next;
                });
            try {
                await change(async () => {
                    await inTurn(key, () => send(habit, date, wanted));
                    settle({ ...mine, saved: moment() });
                });
            } catch (failure) {
                settle();
                throw failure;
            }
        };
        return { pending, save };
    }, [pending, change]);

    return <Context value={days}>{children}</Context>;
}

export function useDays(): Days {
    const days = useContext(Context);
    if (!days) throw new Error("useDays needs DayChanges around it.");
    return days;
}

/** What is known of a day by an answer that was asked for at a moment, and by what was recorded here since. */
export function dayShown(
    { pending }: Days,
    id: Habit["id"],
    date: Day,
    recorded: DayRecord | null,
    asked: number,
): DayRecord | null {
    const mine = pending.get(`${id}/${date}`);
    return mine && isNewer(mine, asked) ? mine.day : recorded;
}

/** The same for a whole habit. */
export function habitShown({ pending }: Days, habit: Habit, today: Day, asked: number): Habit {
    return [...pending.values()]
        .filter((mine) => mine.habit === habit.id && isNewer(mine, asked))
        .reduce((shown, { date, day }) => withDay(shown, date, day, today), habit);
}

function isNewer({ saved }: Pending, asked: number): boolean {
    return saved === undefined || saved > asked;
}

function send(id: Habit["id"], date: Day, change: DayChange): Promise<unknown> {
    const path = `/api/v1/habits/${id}/checkins/${date}`;
    if (change === "clear") return api(path, { method: "DELETE" });
    return "replace" in change
        ? api(path, { method: "PUT", body: change.replace })
        : api(path, { method: "PATCH", body: change.set });
}
