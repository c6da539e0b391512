import { useState } from "react";

import { messageOf } from "@/lib/api";
import type { Day, Habit } from "@/lib/types";

import { HabitItem } from "./HabitItem";
import styles from "./HabitList.module.css";

interface HabitListProps {
    habits: Habit[];
    today: Day;
    onCheck: (habit: Habit, checked: boolean) => Promise<void>;
    onDelete: (habit: Habit) => Promise<void>;
}

/** What last happened, said aloud to screen readers as well. */
interface News {
    text: string;
    /** Takes the change back, where that is possible. */
    undo?: () => void;
}

export function HabitList({ habits, today, onCheck, onDelete }: HabitListProps) {
    const [news, setNews] = useState<News>();
    const done = habits.filter((habit) => habit.checked_today).length;

    async function check(habit: Habit, checked: boolean) {
        setNews({
            text: checked ? `“${habit.name}” is done for today.` : `“${habit.name}” is open again.`,
            undo: () => void check(habit, !checked),
        });
        try {
            await onCheck(habit, checked);
        } catch (error) {
            setNews({ text: `“${habit.name}” could not be saved. ${messageOf(error)}` });
        }
    }

    async function remove(habit: Habit) {
        setNews({ text: `“${habit.name}” is deleted.` });
        try {
            await onDelete(habit);
        } catch (error) {
            setNews({ text: `“${habit.name}” could not be deleted. ${messageOf(error)}` });
        }
    }

    return (
        <>
            {habits.length === 0 ? (
                <div className={styles.empty}>
                    <p>No habits yet.</p>
                    <p>
                        Add one above: something small that you can do every day. Or ask the
                        assistant to add it for you.
                    </p>
                </div>
            ) : (
                <>
                    <p className={styles.progress}>
                        {done} of {habits.length} done
                    </p>
                    <ul className={styles.list}>
                        {habits.map((habit) => (
                            <HabitItem
                                key={habit.id}
                                habit={habit}
                                today={today}
                                onCheck={(checked) => void check(habit, checked)}
                                onDelete={() => void remove(habit)}
                            />
                        ))}
                    </ul>
                </>
            )}
            <p className={styles.news} role="status">
                {news?.text}
                {news?.undo && (
                    <button type="button" className="quiet" onClick={news.undo}>
                        Undo
                    </button>
                )}
            </p>
        </>
    );
}
