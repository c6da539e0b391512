import { useState } from "react";

import { messageOf } from "@/lib/api";
import type { CheckInStatus, Habit, Today } from "@/lib/types";

import { HabitItem } from "./HabitItem";
import styles from "./HabitList.module.css";
import { NothingDue } from "./NothingDue";

interface HabitListProps {
    today: Today;
    onCheck: (habit: Habit, status: CheckInStatus | null) => Promise<void>;
}

/** What last happened, said aloud to screen readers as well. */
interface News {
    text: string;
    /** Takes the change back, where that is possible. */
    undo?: () => void;
}

export function HabitList({ today: { date, habits }, onCheck }: HabitListProps) {
    const [news, setNews] = useState<News>();
    const done = habits.filter((habit) => habit.checked_today).length;
    const skipped = habits.filter((habit) => habit.today?.status === "skip").length;

    async function check(
        habit: Habit,
        status: CheckInStatus | null,
        before: CheckInStatus | null = habit.today?.status ?? null,
    ) {
        setNews({
            text: newsOf(habit.name, status),
            undo: () => void check(habit, before, status),
        });
        try {
            await onCheck(habit, status);
        } catch (error) {
            setNews({ text: `“${habit.name}” could not be saved. ${messageOf(error)}` });
        }
    }

    if (habits.length === 0) return <NothingDue />;

    return (
        <>
            <p className={styles.progress}>
                {done} of {habits.length - skipped} done
                {skipped > 0 && `, ${skipped} skipped`}
            </p>
            <ul className={styles.list}>
                {habits.map((habit) => (
                    <HabitItem
                        key={habit.id}
                        habit={habit}
                        today={date}
                        onCheck={(status) => void check(habit, status)}
                    />
                ))}
            </ul>
            <div className={styles.news}>
                <p role="status">{news?.text}</p>
                {news?.undo && (
                    <button type="button" className="quiet" onClick={news.undo}>
                        Undo
                    </button>
                )}
            </div>
        </>
    );
}

function newsOf(name: string, status: CheckInStatus | null): string {
    if (status === "done") return `“${name}” is done for today.`;
    if (status === "skip") return `“${name}” is skipped today; its streak stays.`;
    return `“${name}” is open again.`;
}
