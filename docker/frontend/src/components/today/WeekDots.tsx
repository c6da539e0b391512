import { inWords, longDate } from "@/lib/dates";
import type { Day, Habit } from "@/lib/types";
import { lastWeek } from "@/lib/week";
import { texts } from "@/texts/en/day";

import styles from "./WeekDots.module.css";

interface WeekDotsProps {
    habit: Habit;
    today: Day;
    onOpen: (day: Day) => void;
}

/** The last seven days, today rightmost; each opens to be filled in. */
export default function WeekDots({ habit, today, onOpen }: WeekDotsProps) {
    const days = lastWeek(habit, today);
    const done = days.filter(({ state }) => state === "done").length;
    const due = days.filter(({ state }) => state === "done" || state === "open").length;

    return (
        <div className={styles.week} role="group" aria-label={texts.lastDays(done, due)}>
            {days.map(({ day, state }) => (
                <button
                    key={day}
                    type="button"
                    className={styles.day}
                    data-state={state}
                    aria-label={`${longDate(day)}: ${texts.states[state]}`}
                    onClick={() => onOpen(day)}
                >
                    <span aria-hidden="true">{inWords(day, { weekday: "narrow" })}</span>
                </button>
            ))}
        </div>
    );
}
