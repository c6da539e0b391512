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

    return (
        <>
            <ul className={styles.list}>
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
