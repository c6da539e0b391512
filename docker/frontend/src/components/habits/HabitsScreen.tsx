"use client";

import { useState } from "react";

import { useToast } from "@/components/shell/Toast";
import { useHabitChanges, useHabits, useTrash } from "@/hooks/useHabits";
import { useTask } from "@/hooks/useTask";
import { moved, nextColor } from "@/lib/habits";
import { late } from "@/lib/late";
import type { Habit, HabitFields } from "@/lib/types";
import { texts } from "@/texts/en/manage";

import { Failure } from "../shared/Failure";
import { Part } from "../shared/Part";
import { Trouble } from "../shared/Trouble";
import { HabitRow } from "./HabitRow";
import styles from "./HabitsScreen.module.css";
import { TrashSection } from "./TrashSection";

const HabitForm = late(() => import("./HabitForm"));

const NEW: Omit<HabitFields, "color"> = {
    name: "",
    icon: null,
    schedule: { kind: "daily" },
    goal: null,
};

/** All habits: add, edit, order, pause, archive; and the trash. */
export function HabitsScreen() {
    const { habits, error, loading, reload, set } = useHabits();
    const { data: trash = [] } = useTrash();
    const { add, setArchived, setPaused, remove, restore, purge, reorder } = useHabitChanges();
    const [adding, setAdding] = useState(false);
    const { busy, failure, run } = useTask();
    const tell = useToast();

    const active = habits?.filter(({ archived }) => !archived) ?? [];
    const archived = habits?.filter((habit) => habit.archived) ?? [];

    async function change(task: () => Promise<unknown>, text: string, undo?: () => void) {
        const pressed = document.activeElement;
        if (await run(task)) tell({ text, action: undo && { text: texts.undo, run: undo } });
        restoreFocus(pressed);
    }

    function move(index: number, by: -1 | 1) {
        const order = moved(active, index, by);
        void change(
            async () => {
                await set(() => [...order, ...archived]);
                // Refused or not: what the backend says is then shown.
                await reorder(order).catch(async (refusal: unknown) => {
                    await set(() => habits ?? []);
                    throw refusal;
                });
            },
            texts.isNumber(active[index]?.name ?? "", index + by + 1),
        );
    }

    const bringBack = (habit: Pick<Habit, "id" | "name">) =>
        void change(() => restore(habit), texts.isBack(habit.name));

    const actionsOf = (habit: Habit) => ({
        onPause: (paused: boolean) =>
            void change(
                () => setPaused(habit, paused),
                paused ? texts.isPaused(habit.name) : texts.isResumed(habit.name),
            ),
        onArchive: (away: boolean) =>
            void change(
                () => setArchived(habit, away),
                away ? texts.isArchived(habit.name) : texts.isBack(habit.name),
            ),
        onDelete: () =>
            void change(
                () => remove(habit),
                texts.isTrashed(habit.name),
                () => bringBack(habit),
            ),
    });

    return (
        <div className={styles.screen}>
            <div className={styles.title}>
                <h1>{texts.habits}</h1>
                {!adding && (
                    <button type="button" className="primary" onClick={() => setAdding(true)}>
                        {texts.add}
                    </button>
                )}
            </div>
            {adding && (
                <Part>
                    <HabitForm
                        label={texts.add}
                        initial={{ ...NEW, color: nextColor(active) }}
                        submitText={texts.addIt}
                        onSubmit={add}
                        onDone={() => setAdding(false)}
                    />
                </Part>
            )}
            {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
            {!habits && !error && (
                <p role="status" className={styles.muted}>
                    {texts.loading}
                </p>
            )}
            {habits && active.length === 0 && !adding && (
                <p className={styles.empty}>
                    {archived.length > 0 ? texts.allArchived : texts.none}
                </p>
            )}
            {active.length > 0 && (
                <ol className={styles.list} aria-label={texts.active}>
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
            {archived.length > 0 && (
                <section aria-labelledby="archived" className={styles.screen}>
                    <h2 id="archived">{texts.archived}</h2>
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
            {trash.length > 0 && (
                <TrashSection
                    trash={trash}
                    busy={busy}
                    onRestore={bringBack}
                    onPurge={(habit) => void change(() => purge(habit), texts.isPurged(habit.name))}
                />
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
