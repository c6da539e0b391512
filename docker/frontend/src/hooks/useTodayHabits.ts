import { useEffect } from "react";

import { dayAt } from "@/lib/dates";
import type { Today } from "@/lib/types";

import { habitShown, useDays } from "./DayChanges";
import { useApi } from "./useApi";
import { useUser } from "./UserContext";

const MINUTE_MS = 60_000;

/** Today's habits, with what was recorded here since they were asked for. */
export function useTodayHabits() {
    const { data, asked, at, error, loading, reload } = useApi<Today>("/api/v1/today");
    const user = useUser();
    const days = useDays();

    /** Whether the person's day has ended since. By this device's clock twice: a wrong one is wrong by the same. */
    const isOver = () => data !== undefined && dayAt(user, at) !== dayAt(user, Date.now());

    const date = data?.date;
    useEffect(() => {
        const timer = setInterval(() => {
            // Until it comes: the backend's clock may be some seconds behind this one.
            if (date && date !== dayAt(user, Date.now())) void reload();
        }, MINUTE_MS);
        return () => clearInterval(timer);
    }, [user, date, reload]);

    return {
        today: data && {
            ...data,
            habits: data.habits.map((habit) => habitShown(days, habit, data.date, asked)),
        },
        error,
        loading,
        reload,
        isOver,
    };
}
