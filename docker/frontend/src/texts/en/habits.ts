import type { CheckInStatus, Goal, Habit } from "@/lib/types";

export function counted(count: number, one: string, many = `${one}s`): string {
    return `${count} ${count === 1 ? one : many}`;
}

/** “5-day streak”, or in weeks for a weekly habit. */
export function streakText({ streak, streak_unit: unit }: Pick<Habit, "streak" | "streak_unit">) {
    if (streak === 0) return "No streak yet";
    if (unit === "times") return `${counted(streak, "time")} in a row`;
    return `${streak}-${unit === "weeks" ? "week" : "day"} streak`;
}

/** What is said after a day of a habit was changed. `day` is undefined for today. */
export function newsOf(
    name: string,
    status: CheckInStatus | null,
    { day, amount }: { day?: string; amount?: string } = {},
): string {
    const when = day ?? "today";
    if (status === "done" && amount) return `“${name}”: ${amount} ${day ? `on ${day}` : "today"}.`;
    if (status === "done")
        return day ? `“${name}” is done on ${day}.` : `“${name}” is done for today.`;
    if (status === "skip")
        return `“${name}” is skipped ${day ? `on ${when}` : when}; its streak stays.`;
    return day ? `“${name}” is open again on ${day}.` : `“${name}” is open again.`;
}

export const texts = {
    undo: "Undo",
    tryAgain: "Try again",
    notSaved: (name: string, why: string) => `“${name}” could not be saved. ${why}`,
    amount: (count: number, goal: Goal | null) =>
        goal ? `${count} of ${goal.target} ${goal.unit}` : `${count} times`,
};
