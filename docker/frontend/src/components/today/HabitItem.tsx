import { memo, type CSSProperties } from "react";

import { unskipping, type DayChange } from "@/lib/days";
import { late } from "@/lib/late";
import type { Day, Habit } from "@/lib/types";
import { streakText, texts as habitTexts } from "@/texts/en/habits";
import { texts } from "@/texts/en/today";

import { Part } from "../shared/Part";
import { Ring } from "../shared/Ring";
import { ScreenLink } from "../shared/ScreenLink";
import styles from "./HabitItem.module.css";

const WeekDots = late(() => import("./WeekDots"));

interface HabitItemProps {
    habit: Habit;
    today: Day;
    onRecord: (habit: Habit, change: DayChange) => void;
    onOpen: (habit: Habit, day: Day) => void;
}

/** A habit of today. The whole row ticks it, or counts one more; what is beside does something else. */
export const HabitItem = memo(
    function HabitItem({ habit, today, onRecord, onOpen }: HabitItemProps) {
        const { name, goal, checked_today: done } = habit;
        const skipped = habit.today?.status === "skip";
        const state = skipped ? "skipped" : done ? "done" : "open";
        const count = habit.today && !skipped ? habit.today.count : 0;
        const amount = habitTexts.amount(count, goal);

        return (
            <li
                className={styles.item}
                data-state={state}
                style={{ "--habit": habit.color } as CSSProperties}
            >
                {goal ? (
                    <button
                        type="button"
                        className={styles.tick}
                        data-tick={habit.id}
                        aria-label={texts.addOne(name, amount)}
                        // A skip counts once at the backend: from there on, this is that one.
                        onClick={() =>
                            onRecord(habit, {
                                set: { status: "done", ...(!skipped && { add: 1 }) },
                            })
                        }
                    >
                        <Ring share={done ? 1 : count / goal.target} className={styles.ring} />
                    </button>
                ) : (
                    <input
                        type="checkbox"
                        className={styles.tick}
                        data-tick={habit.id}
                        aria-label={name}
                        checked={done}
                        onChange={({ target }) =>
                            onRecord(habit, target.checked ? { set: { status: "done" } } : "clear")
                        }
                    />
                )}
                <span className={styles.name}>
                    <span className={styles.title}>
                        {habit.icon && <span aria-hidden="true">{habit.icon} </span>}
                        {name}
                    </span>
                    <span className={styles.detail}>
                        {goal && !skipped && <span>{amount}</span>}
                        <span>{skipped ? texts.skippedToday : streakText(habit)}</span>
                    </span>
                </span>
                <span className={styles.week}>
                    <Part dispensable>
                        <WeekDots
                            habit={habit}
                            today={today}
                            onOpen={(day) => onOpen(habit, day)}
                        />
                    </Part>
                </span>
                <span className={styles.actions}>
                    <button
                        type="button"
                        className="quiet"
                        data-skip={habit.id}
                        aria-pressed={skipped}
                        aria-label={texts.skipHabit(name)}
                        onClick={() =>
                            onRecord(
                                habit,
                                skipped ? unskipping(habit) : { set: { status: "skip" } },
                            )
                        }
                    >
                        {texts.skip}
                    </button>
                    <ScreenLink
                        href={`/habits/${habit.id}`}
                        className={styles.more}
                        aria-label={texts.details(name)}
                    >
                        <span aria-hidden="true">›</span>
                    </ScreenLink>
                </span>
            </li>
        );
    },
    // An answer brings every habit anew; only those that differ are drawn again.
    (before, after) =>
        before.today === after.today &&
        before.onRecord === after.onRecord &&
        before.onOpen === after.onOpen &&
        (before.habit === after.habit ||
            JSON.stringify(before.habit) === JSON.stringify(after.habit)),
);
