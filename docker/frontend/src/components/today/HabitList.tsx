import { useCallback, useEffect, useRef, useState } from "react";

import { useToast } from "@/components/shell/Toast";
import { useRecord } from "@/hooks/useRecord";
import { holdsMore, type DayChange } from "@/lib/days";
import { late } from "@/lib/late";
import type { CheckIn, Day, Habit, Today } from "@/lib/types";
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

    // What was taken away here: a tap by mistake and another to mend it must not cost the note.
    const cleared = useRef(new Map<Habit["id"], CheckIn>());

    /** The change, with count and note from before the day was cleared. */
    function restoring({ id, today }: Habit, wanted: DayChange): DayChange {
        if (wanted === "clear" && today) cleared.current.set(id, today);
        const before = cleared.current.get(id);
        const isAgain = !today && before?.date === date && holdsMore(before);
        if (!isAgain || wanted === "clear" || !("set" in wanted)) return wanted;
        return { set: { count: before.count, note: before.note, ...wanted.set } };
    }

    function change(habit: Habit, wanted: DayChange) {
        // A page left open over midnight: the tap was meant for a day that the person has not seen yet.
        if (isOver()) {
            tell({ text: texts.newDay, failure: true });
            void reload();
            return;
        }
        void record(habit, date, habit.today, restoring(habit, wanted));
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
