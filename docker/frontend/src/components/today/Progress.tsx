import type { Habit } from "@/lib/types";
import { texts } from "@/texts/en/today";

import { Ring } from "../shared/Ring";
import styles from "./Progress.module.css";

/** How much of the day is done; a small celebration once it is all. */
export function Progress({ habits }: { habits: Habit[] }) {
    const done = habits.filter((habit) => habit.checked_today).length;
    const skipped = habits.filter((habit) => habit.today?.status === "skip").length;
    const due = habits.length - skipped;
    const isAll = done === due && done > 0;

    return (
        <div className={isAll ? styles.all : styles.progress}>
            <Ring share={due > 0 ? done / due : 0} className={styles.ring} />
            <div>
                <p className={styles.figures}>{texts.progress(done, due, skipped)}</p>
                <p role="status" className={styles.praise}>
                    {isAll && texts.allDone}
                </p>
            </div>
        </div>
    );
}
