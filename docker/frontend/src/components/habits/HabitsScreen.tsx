"use client";

import { useState } from "react";

import { useHabitChanges, useHabits } from "@/hooks/useHabits";
import { useTask } from "@/hooks/useTask";
import { moved, nextColor } from "@/lib/habits";
import type { Habit } from "@/lib/types";

import { Failure } from "../shared/Failure";
import { Trouble } from "../shared/Trouble";
import { HabitForm } from "./HabitForm";
import { HabitRow } from "./HabitRow";
import styles from "./HabitsScreen.module.css";

/** All habits: add, edit, order, archive. */
export function HabitsScreen() {
    const { habits, error, loading, mutate } = useHabits();
    const { add, edit, setArchived, remove, reorder } = useHabitChanges();
    const [adding, setAdding] = useState(false);
    const [news, setNews] = useState("");
    const { busy, failure, run } = useTask();

    const active = habits?.filter(({ archived }) => !archived) ?? [];
    const archived = habits?.filter((habit) => habit.archived) ?? [];

    async function change(task: () => Promise<unknown>, text: string) {
        const pressed = document.activeElement;
        setNews("");
        if (await run(task)) setNews(text);
        restoreFocus(pressed);
    }

    function move(index: number, by: -1 | 1) {
        const order = moved(active, index, by);
        const place = index + by + 1;
        void change(
            () =>
                mutate(
                    async () => {
                        await reorder(order);
                        return [...order, ...archived];
                    },
                    {
                        optimisticData: [...order, ...archived],
                        rollbackOnError: true,
                        revalidate: false,
                    },
                ),
            `“${active[index]?.name}” is now number ${place}.`,
        );
    }

    const actionsOf = (habit: Habit) => ({
        onEdit: (fields: Parameters<typeof edit>[1]) => edit(habit, fields),
        onArchive: (away: boolean) =>
            void change(
                () => setArchived(habit, away),
                `“${habit.name}” is ${away ? "archived" : "back"}.`,
            ),
        onDelete: () => void change(() => remove(habit), `“${habit.name}” is deleted.`),
    });

    return (
        <div className={styles.screen}>
            <div className={styles.title}>
                <h1>Habits</h1>
                {!adding && (
                    <button type="button" className="primary" onClick={() => setAdding(true)}>
                        Add a habit
                    </button>
                )}
            </div>
            {adding && (
                <HabitForm
                    label="Add a habit"
                    initial={{ name: "", color: nextColor(active), schedule: { kind: "daily" } }}
                    submitText="Add"
                    onSubmit={add}
                    onDone={() => setAdding(false)}
                />
            )}
            {error && <Trouble message={error.message} busy={loading} onRetry={() => mutate()} />}
            {!habits && !error && (
                <p role="status" className={styles.muted}>
                    Loading your habits…
                </p>
            )}
            {habits && active.length === 0 && !adding && (
                <p className={styles.empty}>
                    {archived.length > 0
                        ? "All your habits are archived. Bring one back below, or add a new one."
                        : "No habits yet. Press “Add a habit”, name something small, and choose how often."}
                </p>
            )}
            {active.length > 0 && (
                <ol className={styles.list} aria-label="Active habits">
                    {active.map((habit, index) => (
                        <HabitRow
                            key={habit.id}
                            habit={habit}
                            busy={busy}
                            onMoveUp={index > 0 ? () => move(index, -1) : undefined}
                            onMoveDown={
                                index < active.length - 1 ? () => move(index, 1) : undefined
                            }
                            {...actionsOf(habit)}
                        />
                    ))}
                </ol>
            )}
            <Failure text={failure} />
            <p role="status" className={styles.news}>
                {news}
            </p>
            {archived.length > 0 && (
                <section aria-labelledby="archived" className={styles.screen}>
                    <h2 id="archived">Archived</h2>
                    <ul className={styles.list}>
                        {archived.map((habit) => (
                            <HabitRow
                                key={habit.id}
                                habit={habit}
                                busy={busy}
                                {...actionsOf(habit)}
                            />
                        ))}
                    </ul>
                </section>
            )}
        </div>
    );
}

/** A button that moved with its row, or was disabled meanwhile, has lost the keyboard's focus: gives it back. */
function restoreFocus(pressed: Element | null) {
    requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !(pressed instanceof HTMLButtonElement))
            return;
        const row = pressed.closest("li");
        (pressed.disabled ? row?.querySelector<HTMLElement>("button:enabled") : pressed)?.focus();
    });
}
