import { useCallback, useEffect, useRef, useState } from "react";

import { useToast } from "@/components/shell/Toast";
import { useRecord } from "@/hooks/useRecord";
import type { DayChange } from "@/lib/days";
import { late } from "@/lib/late";
import type { Day, Habit, Today } from "@/lib/types";
import { texts } from "@/texts/en/today";

import { Part } from "../shared/Part";
import { HabitItem } from "./HabitItem";
import styles from "./HabitList.module.css";
import { useKeys } from "./useKeys";

const DaySheet = late(() => import("../habit/DaySheet"));

interface HabitListProps {
    today: Today;
    /** Whether that day has ended meanwhile. */
    isOver: () => boolean;
    reload: () => unknown;
}

export function HabitList({ today: { date, habits }, isOver, reload }: HabitListProps) {
    const record = useRecord(date);
    const tell = useToast();
    const [opened, setOpened] = useState<{ habit: Habit; day: Day }>();
    const list = useRef<HTMLUListElement>(null);

    function change(habit: Habit, wanted: DayChange) {
        // A page left open over midnight: the tap was meant for a day that the person has not seen yet.
        if (isOver()) {
            tell({ text: texts.newDay, failure: true });
            void reload();
            return;
        }
        void record(habit, date, habit.today, wanted);
    }
    // The same functions each time: a row is drawn again only when its habit changes.
    const latest = useRef(change);
    useEffect(() => {
        latest.current = change;
    });
    const onRecord = useCallback(
        (habit: Habit, wanted: DayChange) => latest.current(habit, wanted),
        [],
    );
    const onOpen = useCallback((habit: Habit, day: Day) => setOpened({ habit, day }), []);

    const row = (by: number) => {
        const rows = [...(list.current?.children ?? [])];
        const here = rows.findIndex((one) => one.contains(document.activeElement));
        return rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
    };
    const focus = (by: number) => row(by)?.querySelector<HTMLElement>("[data-tick]")?.focus();
    useKeys({
        j: () => focus(1),
        k: () => focus(-1),
        x: () => row(0)?.querySelector<HTMLElement>("[data-tick]")?.click(),
        s: () => row(0)?.querySelector<HTMLElement>("[data-skip]")?.click(),
    });

    return (
        <>
            <ul className={styles.list} ref={list}>
                {habits.map((habit) => (
                    <HabitItem
                        key={habit.id}
                        habit={habit}
                        today={date}
                        onRecord={onRecord}
                        onOpen={onOpen}
                    />
                ))}
            </ul>
            {opened && (
                <Part>
                    <DaySheet
                        habit={opened.habit}
                        date={opened.day}
                        today={date}
                        onClose={() => setOpened(undefined)}
                    />
                </Part>
            )}
        </>
    );
}
